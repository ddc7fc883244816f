"""CloudWatch."""

from __future__ import annotations

from emulator.core.descriptors import Descriptor, form_body, named
from emulator.services.cloudwatch import calls

DESCRIPTORS = (
    Descriptor(
        "cloudwatch",
        patches=("patches", "history"),
        refusals=("refusals",),
        starts=("alarms",),
        given=form_body,
        needs=calls.needs,
        lists=named(alarm="alarms", dashboard="dashboards", insight="insight_rules"),
    ),
)
