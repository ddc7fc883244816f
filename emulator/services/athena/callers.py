"""Who asks for a query, and what Lake Formation holds for them."""

from __future__ import annotations

from typing import Any

from moto.lakeformation.models import lakeformation_backends
from moto.sts.models import sts_backends

from emulator.core import locks
from emulator.core.permissions import enforce
from emulator.core.permissions.authorization_requests import AuthorizationRequest, catalog
from emulator.core.settings import ACCOUNT, REGION
from emulator.services.athena.errors import NotAuthorizedError
from emulator.services.athena.permissions import ANY_IAM, Permissions
from emulator.services.lakeformation.filters import filters
from emulator.services.lakeformation.tags import assigned
from emulator.services.s3 import calls as s3_calls

Json = dict[str, Any]


def role_of(access_key: str, account: str) -> str | None:
    """The ARN of the role whose credentials these are; None for the account's own keys, which may do everything."""
    for backend in list(sts_backends[account].values()):
        role = backend.get_assumed_role_from_access_key(access_key)
        if role is not None:
            return role.role_arn
    return None


def permissions(role_arn: str) -> Permissions:
    """What Lake Formation holds for a role."""
    return Permissions(_snapshot(role_arn, ACCOUNT, REGION))


def check_result(role_arn: str, output: str) -> None:
    """Raise NotAuthorizedError when IAM does not let the role have data read and its result written."""
    bucket, _, key = output.removeprefix("s3://").partition("/")
    wanted = [
        AuthorizationRequest("lakeformation:GetDataAccess", "*"),
        AuthorizationRequest("s3:GetBucketLocation", f"arn:aws:s3:::{bucket}"),
    ]
    _check(role_arn, [*wanted, *s3_calls.put(bucket, key)])


def check_tables(role_arn: str, tables: set[tuple[str, str]]) -> None:
    """Raise NotAuthorizedError when IAM does not let the role have the tables of a query looked up.

    Athena looks them up in the name of who asks (Athena User Guide, Identity and access management). Which they are
    is known when the engine has read the query.
    """
    _check(role_arn, [AuthorizationRequest("glue:GetTable", one) for of in sorted(tables) for one in catalog(*of)])


def _check(role_arn: str, wanted: list[AuthorizationRequest]) -> None:
    if refused := enforce.missing(role_arn, wanted):
        raise NotAuthorizedError(refused)


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
