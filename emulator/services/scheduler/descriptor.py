"""EventBridge Scheduler."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from emulator.core.descriptors import Descriptor, request
from emulator.services.scheduler import calls


def _listed(backend: Any) -> Iterable[str]:
    for group in backend.schedule_groups.values():
        if group.name != "default":
            yield f"group/{group.name}"
        yield from (f"schedule/{group.name}/{schedule}" for schedule in group.schedules)


DESCRIPTORS = (
    Descriptor(
        "scheduler",
        refusals=("refusals",),
        starts=("schedules",),
        given=request,
        needs=calls.needs,
        denied_status="403 Forbidden",
        lists=_listed,
    ),
)
