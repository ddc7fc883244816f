"""Which permissions CloudWatch's calls need (Service Authorization Reference)."""

from __future__ import annotations

from typing import Any

from emulator.core.permissions.authorization_requests import AuthorizationRequest, UnknownCallError

Json = dict[str, Any]


def needs(operation: str, form: Json) -> list[AuthorizationRequest]:
    """Putting metrics, which AWS grants by namespace only."""
    if operation != "PutMetricData" or "Namespace" not in form:
        raise UnknownCallError(f"cloudwatch:{operation} with a namespace")
    return [AuthorizationRequest("cloudwatch:PutMetricData", "*", (("cloudwatch:namespace", form["Namespace"]),))]
