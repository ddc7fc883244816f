"""Admin calls about child processes and about faults."""

from __future__ import annotations

from typing import Any

from emulator.core import admin, faults, processes
from emulator.core.settings import Settings


def install(_settings: Settings) -> None:
    """Answer /_local/processes and /_local/faults."""
    admin.route("GET", "/_local/processes", lambda _: running())
    admin.route("POST", "/_local/faults", _add_fault)
    admin.route("DELETE", "/_local/faults", _clear_faults)


def running() -> list[dict[str, Any]]:
    """The children that run now; a busy one works on something."""
    return [
        {
            "pid": child.process.pid,
            "kind": child.kind,
            "name": child.name,
            "busy": child.busy(),
        }
        for child in processes.running()
    ]


def _add_fault(body: dict[str, Any]) -> dict[str, Any]:
    faults.add(body)
    return {"added": body}


def _clear_faults(_body: dict[str, Any]) -> dict[str, Any]:
    faults.clear()
    return {"cleared": True}
