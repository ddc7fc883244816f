"""EC2: an endpoint that was deleted is not there any more; moto shows it for ever."""

from __future__ import annotations

from typing import Any

from moto.ec2.models import EC2Backend

from emulator.core.patch import wrap


@wrap(EC2Backend)
def delete_vpc_endpoints(moto: Any, self: Any, vpce_ids: list[str] | None = None) -> None:
    """Forgets what it deleted."""
    moto(self, vpce_ids)
    for endpoint in vpce_ids or []:
        self.vpc_end_points.pop(endpoint, None)
