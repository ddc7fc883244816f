"""Lambda's API: settings of functions and mappings that moto forgets."""

from __future__ import annotations

from typing import Any

from moto.awslambda.models import (
    EventInvokeConfig,
    EventSourceMapping,
    LambdaBackend,
    LambdaFunction,
)

from emulator.core.patch import replace, wrap

# Fields kept as given and shown as given.
_KEPT = ("DeadLetterConfig", "LoggingConfig", "FileSystemConfigs")


@wrap(LambdaFunction)
def __init__(
    moto: Any,
    self: Any,
    account_id: str,
    spec: dict[str, Any],
    *args: Any,
    **kwargs: Any,
) -> None:
    """Keeps the dead letter queue and the log settings."""
    moto(self, account_id, spec, *args, **kwargs)
    self.kept = {field: spec[field] for field in _KEPT if spec.get(field)}


@wrap(LambdaFunction)
def get_configuration(moto: Any, self: Any, on_create: bool = False) -> dict[str, Any]:
    """Shows them, with the log group that AWS uses unless another is named."""
    shown = moto(self, on_create)
    shown.update(self.kept)
    shown["LoggingConfig"] = {
        "LogFormat": "Text",
        "LogGroup": self.logs_group_name,
        **self.kept.get("LoggingConfig", {}),
    }
    return {key: value for key, value in shown.items() if value is not None}


@wrap(LambdaFunction)
def update_configuration(moto: Any, self: Any, updates: dict[str, Any]) -> dict[str, Any]:
    """Changes every setting, not only those that moto knows."""
    if "TracingConfig" in updates:
        self.tracing_config = updates["TracingConfig"]
    if "EphemeralStorage" in updates:
        self.ephemeral_storage = updates["EphemeralStorage"]["Size"]
    if "KMSKeyArn" in updates:
        self.kms_key_arn = updates["KMSKeyArn"] or None
    for field in _KEPT:
        if field in updates:
            self.kept[field] = updates[field]
    if "Environment" in updates:
        updates = {
            **updates,
            "Environment": {"Variables": updates["Environment"].get("Variables", {})},
        }
    return moto(self, updates)


@wrap(LambdaFunction)
def update_function_code(moto: Any, self: Any, spec: dict[str, Any]) -> dict[str, Any]:
    """New code can bring another architecture."""
    if spec.get("Architectures"):
        self.architectures = spec["Architectures"]
    return moto(self, spec)


@replace(LambdaBackend)
def put_function_event_invoke_config(self: Any, function_name: str, config: dict[str, Any]) -> dict[str, Any]:
    """Replaces the function's one configuration; moto keeps showing the first."""
    function = self.get_function(function_name)
    kept = EventInvokeConfig(function.function_arn, function.last_modified, config)
    function.event_invoke_config = [kept]
    return kept.response()


@replace(LambdaBackend)
def update_function_event_invoke_config(self: Any, function_name: str, config: dict[str, Any]) -> dict[str, Any]:
    """Changes only what is given."""
    old = self.get_function_event_invoke_config(function_name)
    merged = {
        **{k: v for k, v in old.items() if k not in ("FunctionArn", "LastModified")},
        **config,
    }
    return self.put_function_event_invoke_config(function_name, merged)


@wrap(EventSourceMapping)
def get_configuration(moto: Any, self: Any) -> dict[str, Any]:  # noqa: F811
    """Stream mappings show AWS's defaults, so nothing looks changed later."""
    shown = moto(self)
    if "kinesis" in self.event_source_arn.split(":")[2]:
        defaults = {
            "MaximumBatchingWindowInSeconds": 0,
            "ParallelizationFactor": 1,
            "MaximumRecordAgeInSeconds": -1,
            "MaximumRetryAttempts": -1,
            "BisectBatchOnFunctionError": False,
            "TumblingWindowInSeconds": 0,
        }
        shown = {**defaults, **shown}
        shown.setdefault("DestinationConfig", {"OnFailure": {}})
    shown.setdefault("FunctionResponseTypes", [])
    shown["LastProcessingResult"] = getattr(self, "last_processing_result", "No records processed")
    return shown
