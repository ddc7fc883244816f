"""CloudTrail."""

from __future__ import annotations

from emulator.core.descriptors import Descriptor, named

DESCRIPTORS = (Descriptor("cloudtrail", patches=("patches",), refusals=("refusals",), lists=named(trail="trails")),)
