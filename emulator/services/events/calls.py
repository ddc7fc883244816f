"""Which permissions EventBridge's calls need (Service Authorization Reference)."""

from __future__ import annotations

from typing import Any

from emulator.core.permissions.authorization_requests import AuthorizationRequest, UnknownCallError, named

Json = dict[str, Any]


def needs(operation: str, body: Json) -> list[AuthorizationRequest]:
    """Events put on buses."""
    if operation != "PutEvents":
        raise UnknownCallError(f"events:{operation}")
    buses = {entry.get("EventBusName") or "default" for entry in body["Entries"]}
    return [AuthorizationRequest("events:PutEvents", named("events", "event-bus/", bus)) for bus in sorted(buses)]
