"""CloudTrail."""

from __future__ import annotations

from emulator.core.descriptors import Descriptor, named

DESCRIPTORS = (
    Descriptor(
        "cloudtrail",
        patches=("patches",),
        refusals=("refusals",),
        starts=("recorded_calls",),
        lists=named(trail="trails"),
    ),
)
