"""CloudTrail."""

from __future__ import annotations

from emulator.core.descriptors import Descriptor, named

DESCRIPTORS = (Descriptor("cloudtrail", lists=named(trail="trails")),)
