"""CloudFormation."""

from __future__ import annotations

from emulator.core.descriptors import Descriptor, named

DESCRIPTORS = (Descriptor("cloudformation", patches=("patches",), lists=named(stack="stacks")),)
