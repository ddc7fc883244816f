"""EC2, of which the platform uses the network."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from emulator.core.descriptors import Descriptor, named


def _listed(backend: Any) -> Iterable[str]:
    """Every account has the default network that isn't listed."""
    own = {vpc.id for vpc in backend.vpcs.values() if not vpc.is_default}
    yield from (f"vpc/{vpc}" for vpc in own)
    for subnets in backend.subnets.values():
        yield from (f"subnet/{subnet.id}" for subnet in subnets.values() if subnet.vpc_id in own)
    yield from (
        f"group/{name}" for vpc in own for name, one in backend.groups.get(vpc, {}).items() if one.name != "default"
    )
    yield from named(endpoint="vpc_end_points")(backend)


DESCRIPTORS = (Descriptor("ec2", patches=("patches",), lists=_listed),)
