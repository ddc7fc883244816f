"""The Invoke call, and moto's own invocations: at once or later."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import unquote

from moto.awslambda.models import LambdaFunction
from moto.awslambda.responses import LambdaResponse
from moto.core.exceptions import JsonRESTError

from emulator.core import locks
from emulator.core.settings import Settings
from emulator.services.awslambda import asynchronous, runtime
from emulator.services.awslambda.runtime_api import error_payload

_MAX_SYNC_PAYLOAD = 6 * 1024 * 1024
_MAX_ASYNC_PAYLOAD = 1024 * 1024


def install(settings: Settings) -> None:
    """Run functions for whoever invokes them."""
    runtime.install(settings)
    asynchronous.install(settings)


def _answer_invoke(self: Any) -> tuple[int, dict[str, str], bytes]:
    """The Invoke call: by kind, and with the size limits of AWS."""
    name = unquote(self.path.rsplit("/", 2)[-2])
    qualifier = self._get_param("Qualifier") or None
    kind = self.headers.get("X-Amz-Invocation-Type", "RequestResponse")
    payload = self.raw_body or b""
    limit = _MAX_ASYNC_PAYLOAD if kind == "Event" else _MAX_SYNC_PAYLOAD
    if len(payload) > limit:
        raise _TooLarge(
            f"{len(payload)} byte payload is too large for the {kind} invocation type (limit {limit} bytes)"
        )
    if kind != "RequestResponse":
        with locks.holding("awslambda"):
            self.backend.get_function(name, qualifier)
        if kind == "Event":
            asynchronous.enqueue(name, payload, qualifier)
        status = 202 if kind == "Event" else 204
        return status, {"status": str(status)}, b""
    result = runtime.invoke(name, payload, qualifier)
    headers = {
        "content-type": "application/json",
        "x-amz-executed-version": result.version,
    }
    if result.error:
        headers["x-amz-function-error"] = result.error
    if self.headers.get("X-Amz-Log-Type") == "Tail":
        headers["x-amz-log-result"] = base64.b64encode(result.log_tail).decode()
    if len(result.payload) > _MAX_SYNC_PAYLOAD:
        headers["x-amz-function-error"] = "Unhandled"
        message = f"Response payload size exceeded maximum allowed payload size ({_MAX_SYNC_PAYLOAD} bytes)."
        return 200, headers, error_payload("Function.ResponseSizeTooLarge", message)
    return 200, headers, result.payload


LambdaResponse.invoke = _answer_invoke  # type: ignore[assignment,method-assign]


class _TooLarge(JsonRESTError):
    """The event is larger than Lambda takes."""

    code = 413

    def __init__(self, message: str) -> None:
        super().__init__("RequestTooLargeException", message)


def _invoke_from_moto(self: Any, body: Any, _request_headers: Any, _response_headers: Any) -> bytes:
    """Services inside moto invoke as theirs do in AWS: asynchronously."""
    asynchronous.enqueue(self.function_arn, body.encode() if isinstance(body, str) else body, None)
    return b""


LambdaFunction.invoke = _invoke_from_moto  # type: ignore[method-assign]
