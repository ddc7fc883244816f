"""Which permissions Athena's calls need (Service Authorization Reference)."""

from __future__ import annotations

from typing import Any

from moto.athena.models import athena_backends

from emulator.core.permissions.authorization_requests import AuthorizationRequest, UnknownCallError, arn
from emulator.core.settings import ACCOUNT, REGION

Json = dict[str, Any]


def needs(operation: str, body: Json) -> list[AuthorizationRequest]:
    """Calls about queries; what they read is Lake Formation's to allow."""
    known = ["StartQueryExecution", "GetQueryExecution", "GetQueryResults", "StopQueryExecution", "GetWorkGroup"]
    if operation not in known:
        raise UnknownCallError(f"athena:{operation}")
    group = body.get("WorkGroup") or _workgroup_of(body.get("QueryExecutionId", ""))
    return [AuthorizationRequest(f"athena:{operation}", arn("athena", f"workgroup/{group}"))]


def _workgroup_of(query: str) -> str:
    found = athena_backends[ACCOUNT][REGION].executions.get(query)
    return found.workgroup.name if found is not None and found.workgroup else "primary"
