"""Which permissions STS' calls need (Service Authorization Reference)."""

from __future__ import annotations

from typing import Any

from emulator.core.permissions.authorization_requests import AuthorizationRequest, UnknownCallError

Json = dict[str, Any]


def needs(operation: str, form: Json) -> list[AuthorizationRequest]:
    """Taking a role; who one is may be asked by everybody."""
    if operation == "GetCallerIdentity":
        return []
    if operation != "AssumeRole":
        raise UnknownCallError(f"sts:{operation}")
    return [AuthorizationRequest("sts:AssumeRole", form["RoleArn"])]
