"""Which permissions CloudWatch Logs' calls need (Service Authorization Reference)."""

from __future__ import annotations

from typing import Any

from emulator.core.permissions.authorization_requests import AuthorizationRequest, UnknownCallError, named

Json = dict[str, Any]


def needs(operation: str, body: Json) -> list[AuthorizationRequest]:
    """Calls about a log group or a stream in it."""
    group = body.get("logGroupName") or body.get("logGroupIdentifier")
    if not group:
        raise UnknownCallError(f"logs:{operation} without a log group")
    resource = named("logs", "log-group:", group)
    if operation in ("CreateLogStream", "PutLogEvents", "GetLogEvents"):
        return [AuthorizationRequest(f"logs:{operation}", f"{resource}:log-stream:{body['logStreamName']}")]
    if operation in ("CreateLogGroup", "DescribeLogStreams", "FilterLogEvents"):
        return [AuthorizationRequest(f"logs:{operation}", f"{resource}:log-stream:")]
    raise UnknownCallError(f"logs:{operation}")
