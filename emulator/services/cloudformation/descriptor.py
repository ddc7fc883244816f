"""CloudFormation."""

from __future__ import annotations

from emulator.core.descriptors import Descriptor, named

DESCRIPTORS = (
    Descriptor(
        "cloudformation",
        patches=("patches",),
        then=frozenset({"awslambda"}),
        besides=("awslambda",),
        lists=named(stack="stacks"),
    ),
)
