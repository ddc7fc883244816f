"""Who asks for a query, and what Lake Formation holds for them."""

from __future__ import annotations

from typing import Any

from moto.lakeformation.models import lakeformation_backends
from moto.sts.models import sts_backends

from emulator.core import locks
from emulator.core.permissions import enforce
from emulator.core.permissions.authorization_requests import AuthorizationRequest, catalog
from emulator.services.athena.permissions import ANY_IAM
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


def permissions(role_arn: str | None, account: str, region: str) -> Json | None:
    """What Lake Formation holds for a role; None for the account's own keys."""
    return None if role_arn is None else _snapshot(role_arn, account, region)


def refusal(role_arn: str | None, query: str, database: str | None, output: str) -> str | None:
    """Why IAM does not let the role have a query's tables looked up, its data read and its result written.

    Athena does these in the name of who asks (Athena User Guide, Identity and access management).
    """
    if role_arn is None:
        return None
    bucket, _, key = output.removeprefix("s3://").partition("/")
    wanted = [
        AuthorizationRequest("lakeformation:GetDataAccess", "*"),
        AuthorizationRequest("s3:GetBucketLocation", f"arn:aws:s3:::{bucket}"),
    ]
    wanted += [
        AuthorizationRequest("glue:GetTable", thing)
        for held, name in tables(query, database)
        for thing in catalog(held, name)
    ]
    return enforce.missing(role_arn, [*wanted, *s3_calls.put(bucket, key)])


def tables(query: str, database: str | None) -> list[tuple[str, str]]:
    """The databases and names of the tables in a query; none for a statement that is no query."""
    from sqlglot import exp  # with what translate needs, too much to load before the first query

    from emulator.services.athena.errors import QueryError
    from emulator.services.athena.translate import parse

    try:
        parsed = parse(query)
    except QueryError:
        return []  # the worker says what is wrong with it
    named = {found.alias.lower() for found in parsed.find_all(exp.CTE)}
    used = ((table.db or database or "", table.name.partition("$")[0]) for table in parsed.find_all(exp.Table))
    return sorted({(held.lower(), name.lower()) for held, name in used if held and name.lower() not in named})


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
