"""Which permissions Lambda's calls need (Service Authorization Reference)."""

from __future__ import annotations

from urllib.parse import unquote

from emulator.core.permissions.asks import Ask, UnknownCallError, named


def needs(operation: str, path: str) -> list[Ask]:
    """Invoking a function."""
    if operation != "Invoke":
        raise UnknownCallError(f"lambda: {operation}")
    name = unquote(path.rstrip("/").rsplit("/", 2)[-2])
    return [Ask("lambda:InvokeFunction", named("lambda", "function:", name))]
