"""Who asks for a query, and what Lake Formation holds for them."""

from __future__ import annotations

from typing import Any

from moto.lakeformation.models import lakeformation_backends
from moto.sts.models import sts_backends

from emulator import locks
from emulator.athena.permissions import ANY_IAM
from emulator.overlay.lakeformation_filters import filters
from emulator.overlay.lakeformation_tags import assigned

Json = dict[str, Any]


def permissions(access_key: str, account: str, region: str) -> Json | None:
    """The snapshot for the role whose credentials these are; None for the account's own keys, which may everything."""
    for backend in list(sts_backends[account].values()):
        role = backend.get_assumed_role_from_access_key(access_key)
        if role is not None:
            return _snapshot(role.role_arn, account, region)
    return None


def _snapshot(arn: str, account: str, region: str) -> Json:
    with locks.holding("lakeformation"):
        lake = lakeformation_backends[account][region]
        catalog = lake.grants.get(account)
        return {
            "grants": [
                {"permissions": list(grant.permissions), "resource": grant.resource}
                for grant in (catalog.permissions if catalog else ())
                if grant.principal["DataLakePrincipalIdentifier"] in (arn, ANY_IAM)
            ],
            "tags": {".".join(carrier): dict(tags) for carrier, tags in assigned(lake).items()},
            "filters": {".".join(key): dict(held) for key, held in filters(lake).items()},
        }
