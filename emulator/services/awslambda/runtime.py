"""Runs functions: the built binaries, warm processes, one a concurrent invocation.

Deviations from AWS: the memory limit is passed on but not enforced; processes stay
warm until the function changes or goes; there is no account-wide limit of
concurrency, only a function's reserved one.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from dataclasses import dataclass
from typing import Any

from moto.awslambda.models import LambdaFunction
from moto.awslambda.utils import get_backend
from moto.awslambda_simple.models import LambdaSimpleBackend
from moto.core.exceptions import JsonRESTError

from emulator.core import locks, log_streams
from emulator.core.patch import wrap
from emulator.core.settings import Settings
from emulator.services.awslambda.code import FunctionConfig, StartError
from emulator.services.awslambda.process import FunctionProcess
from emulator.services.awslambda.runtime_api import Invocation, error_payload

log = logging.getLogger(__name__)

_TAIL = 4096  # bytes of log that Invoke gives back

_settings: Settings
_pools: dict[str, _Pool] = {}
_pools_lock = threading.Lock()


@dataclass(frozen=True)
class Result:
    """What an invocation came to; error is the X-Amz-Function-Error or None."""

    payload: bytes
    error: str | None
    log_tail: bytes
    request_id: str
    version: str


class Throttled(JsonRESTError):
    """All the concurrency that is reserved for the function is in use."""

    code = 429

    def __init__(self) -> None:
        super().__init__("TooManyRequestsException", "Rate Exceeded.")


class _Pool:
    """The processes of one function."""

    def __init__(self) -> None:
        self.idle: list[FunctionProcess] = []
        self.running = 0
        self.stopped = False
        self.lock = threading.Lock()

    def enter(self, limit: int | None) -> None:
        """Count an invocation in; Throttled when the limit is reached."""
        with self.lock:
            if limit is not None and self.running >= limit:
                raise Throttled
            self.running += 1

    def take(self, config: FunctionConfig) -> FunctionProcess:
        """A warm process of this configuration, or a new one; StartError."""
        with self.lock:
            stale = [process for process in self.idle if process.config != config]
            self.idle = [process for process in self.idle if process.config == config and process.alive]
            process = self.idle.pop() if self.idle else None
        for old in stale:
            old.stop()
        if process is None:
            process = FunctionProcess(config, _settings)
        process.busy = True
        return process

    def give_back(self, process: FunctionProcess | None) -> None:
        """Keep a process that still lives for the next invocation."""
        if process is not None:
            process.rest()
        with self.lock:
            self.running -= 1
            if process is None:
                return
            if process.alive and not self.stopped:
                self.idle.append(process)
                return
        process.stop()

    def stop(self) -> None:
        """The function is gone: end its processes."""
        with self.lock:
            self.stopped = True
            idle, self.idle = self.idle, []
        for process in idle:
            process.stop()


def install(settings: Settings) -> None:
    """Run functions for whoever invokes them."""
    global _settings
    _settings = settings


def invoke(function: str, payload: bytes, qualifier: str | None = None) -> Result:
    """Run a function and wait; Throttled, or moto's error for an unknown one.

    function is a name or an ARN. The caller must hold no lock.
    """
    with locks.holding("awslambda"):
        found = get_backend(_settings.account, _settings.region).get_function(function, qualifier)
        config, limit = _config(found), found.reserved_concurrency
    with _pools_lock:
        pool = _pools.setdefault(config.name, _Pool())
    try:
        pool.enter(None if limit is None else int(limit))
    except Throttled:
        _count(config.name, "Throttles")
        raise
    process, lines = None, []
    invocation = Invocation(str(uuid.uuid4()), config.arn, payload or b"{}", 0)
    begun, at = time.monotonic(), time.time()
    try:
        process = pool.take(config)
        process.run(invocation)
        lines = process.flush()
    except StartError as error:
        message = f"RequestId: {invocation.request_id} {error}"
        invocation.fail(error.error_type, error_payload(error.error_type, message))
        log_streams.LogStream(_settings, config.log_group, config.version, config.role).write([message])
    finally:
        pool.give_back(process)
    _measure(
        config.name,
        (time.monotonic() - begun) * 1000,
        invocation.error_type is not None,
        at,
    )
    return Result(
        payload=invocation.payload,
        error=None if invocation.error_type is None else "Unhandled",
        log_tail="\n".join(lines).encode()[-_TAIL:],
        request_id=invocation.request_id,
        version=config.version,
    )


def _config(function: LambdaFunction) -> FunctionConfig:
    return FunctionConfig(
        name=function.function_name,
        arn=function.function_arn,
        version=str(function.version),
        handler=function.handler or "",
        runtime=function.run_time or "",
        architecture=function.architectures[0],
        timeout=float(function.timeout),
        memory_mb=int(function.memory_size),
        log_group=function.kept.get("LoggingConfig", {}).get("LogGroup") or function.logs_group_name,
        role=function.role,
        environment=tuple(sorted(function.environment_vars.items())),
        code_sha=function.code_sha_256,
        code=function.code_bytes,
    )


def _count(name: str, metric: str) -> None:
    dimensions = [{"Name": "FunctionName", "Value": name}]
    log_streams.put_metrics(
        "AWS/Lambda",
        [{"MetricName": metric, "Value": 1, "Unit": "Count", "Dimensions": dimensions}],
    )


def _measure(name: str, milliseconds: float, failed: bool, begun: float) -> None:
    # Stamped with the invocation's start (AWS Lambda Developer Guide, "Viewing metrics for Lambda functions").
    dimensions = [{"Name": "FunctionName", "Value": name}]
    data: list[dict[str, Any]] = [
        {"MetricName": "Invocations", "Value": 1, "Unit": "Count"},
        {"MetricName": "Errors", "Value": int(failed), "Unit": "Count"},
        {"MetricName": "Duration", "Value": milliseconds, "Unit": "Milliseconds"},
    ]
    shared = {"Dimensions": dimensions, "Timestamp": log_streams.utc(begun)}
    log_streams.put_metrics("AWS/Lambda", [{**datum, **shared} for datum in data])


@wrap(LambdaSimpleBackend)
def delete_function(moto: Any, self: Any, function_name: str, qualifier: str | None = None) -> None:
    """Ends the function's processes with it."""
    name = function_name.split(":function:")[-1].split(":")[0]
    moto(self, function_name, qualifier)
    with _pools_lock:
        pool = _pools.pop(name, None)
    if pool is not None:
        pool.stop()
