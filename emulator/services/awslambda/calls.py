"""Which permissions Lambda's calls need (Service Authorization Reference)."""

from __future__ import annotations

from urllib.parse import unquote

from emulator.core.permissions.authorization_requests import AuthorizationRequest, UnknownCallError, named


def needs(operation: str, path: str) -> list[AuthorizationRequest]:
    """Invoking a function, looking at a mapping."""
    if operation.startswith("GET ") and "/event-source-mappings/" in operation:
        mapping = named("lambda", "event-source-mapping:", unquote(operation.rpartition("/")[2]))
        return [AuthorizationRequest("lambda:GetEventSourceMapping", mapping)]
    if operation != "Invoke":
        raise UnknownCallError(f"lambda: {operation}")
    name = unquote(path.rstrip("/").rsplit("/", 2)[-2])
    return [AuthorizationRequest("lambda:InvokeFunction", named("lambda", "function:", name))]
