"""Kinesis Data Streams."""

from __future__ import annotations

from emulator.core.descriptors import Descriptor, named
from emulator.services.kinesis import calls

_LISTED = named(stream="streams", policy="resource_policies")

DESCRIPTORS = (
    Descriptor(
        "kinesis",
        patches=("patches",),
        refusals=("refusals",),
        starts=("expiry",),
        partial=frozenset({"PutRecords"}),
        needs=calls.needs,
        lists=_LISTED,
    ),
)
