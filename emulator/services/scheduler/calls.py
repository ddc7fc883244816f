"""Which permissions EventBridge Scheduler's calls need (Service Authorization Reference)."""

from __future__ import annotations

from urllib.parse import parse_qs, unquote

from emulator.core.descriptors import Environ
from emulator.core.permissions.authorization_requests import AuthorizationRequest, UnknownCallError, arn


def needs(operation: str, environ: Environ) -> list[AuthorizationRequest]:
    """Looking at a schedule, of the group default where none is named; the other calls are for who deploys."""
    if not operation.startswith("GET /schedules/"):
        raise UnknownCallError(f"scheduler: {operation}")
    group = parse_qs(environ.get("QUERY_STRING", "")).get("groupName", ["default"])[0]
    schedule = f"schedule/{group}/{unquote(operation.rpartition('/')[2])}"
    return [AuthorizationRequest("scheduler:GetSchedule", arn("scheduler", schedule))]
