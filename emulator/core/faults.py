"""Faults on demand: the next matching requests fail as an overloaded AWS would."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from emulator.core import descriptors
from emulator.core.descriptors import Descriptor

_REASONS = {
    400: "Bad Request",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}
_CODES = {
    400: "ThrottlingException",
    429: "TooManyRequestsException",
    500: "InternalError",
    503: "SlowDown",
}


@dataclass
class Fault:
    """Fails `times` requests of one operation with an HTTP status.

    bucket and key_prefix narrow S3 faults; empty means any. code is the AWS
    error code of the answer. partial fails so many entries of batches, of
    which the others go on, where AWS answers that way.
    """

    service: str
    operation: str
    status: int
    times: int
    bucket: str = ""
    key_prefix: str = ""
    code: str = ""
    partial: bool = False

    def answer(self, service: Descriptor, start: Callable[..., Any]) -> list[bytes]:
        """Write the error in the form the service's clients parse."""
        code = self.code or _CODES.get(self.status, "InternalError")
        message = "injected fault"
        if service.errors != "json":
            inner = f"<Code>{code}</Code><Message>{message}</Message>"
            text = (
                f"<Error>{inner}</Error>"
                if service.errors == "xml"
                else f"<ErrorResponse><Error>{inner}</Error></ErrorResponse>"
            )
            kind = "application/xml"
        else:
            text, kind = (
                json.dumps({"__type": code, "message": message}),
                "application/x-amz-json-1.1",
            )
        body = text.encode()
        headers = [
            ("Content-Type", kind),
            ("Content-Length", str(len(body))),
            ("x-amzn-ErrorType", code),
        ]
        start(f"{self.status} {_REASONS.get(self.status, 'Error')}", headers)
        return [body]


_faults: list[Fault] = []
_lock = threading.Lock()


def add(spec: dict[str, Any]) -> None:
    """Add a fault from its JSON form; ValueError or TypeError names what is wrong."""
    known = {"service", "operation", "status", "times", "bucket", "keyPrefix", "code", "partial"}
    if unknown := set(spec) - known:
        raise ValueError(f"unknown fields {sorted(unknown)}; known: {sorted(known)}")
    for field in ("service", "operation"):
        if not isinstance(spec.get(field), str):
            raise TypeError(f"{field} must be a string")
    service = descriptors.called(spec["service"])
    fault = Fault(
        service=service.name,
        operation=spec["operation"],
        status=int(spec.get("status", 503)),
        times=int(spec.get("times", 1)),
        bucket=spec.get("bucket", ""),
        key_prefix=spec.get("keyPrefix", ""),
        code=spec.get("code", ""),
        partial=bool(spec.get("partial", False)),
    )
    if fault.partial and fault.operation not in service.partial:
        failing = [f"{one.name} {operation}" for one in descriptors.every() for operation in sorted(one.partial)]
        raise ValueError(f"{fault.service} {fault.operation} has no entries to fail here; known: {', '.join(failing)}")
    with _lock:
        _faults.append(fault)


def clear() -> None:
    """Forget every fault."""
    with _lock:
        _faults.clear()


def matching(service: str, operation: str, environ: dict[str, Any]) -> Fault | None:
    """The fault that this request meets, counted down; None for most."""
    if not _faults:
        return None
    bucket, _, key = unquote(environ.get("PATH_INFO", "")).lstrip("/").partition("/")
    with _lock:
        for fault in _faults:
            if fault.partial or (fault.service, fault.operation) != (service, operation):
                continue
            if fault.bucket not in ("", bucket) or not key.startswith(fault.key_prefix):
                continue
            return _used(fault)
    return None


def of_entry(service: str, operation: str) -> Fault | None:
    """The fault that an entry of a batch meets; None for most."""
    if not _faults:
        return None
    with _lock:
        for fault in _faults:
            if fault.partial and (fault.service, fault.operation) == (service, operation):
                return _used(fault)
    return None


def _used(fault: Fault) -> Fault:
    fault.times -= 1
    if fault.times <= 0:
        _faults.remove(fault)
    return fault
