"""Lake Formation in the catalog: who may change and drop what another made.

Developer Guide, "Implicit Lake Formation permissions": who made a database or a table may do everything with it;
administrators "do not have implicit permissions to drop databases or alter/drop tables created by others". Whoever IAM
lets may, as long as IAM_ALLOWED_PRINCIPALS has a grant. The account's own keys, which are no role, may do everything.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from moto.glue.models import glue_backends
from moto.lakeformation.models import lakeformation_backends

from emulator.core import locks
from emulator.core.permissions import callers, documents
from emulator.core.refusals.registry import Call, Refused, refuses
from emulator.core.settings import ACCOUNT, REGION
from emulator.services.lakeformation.patches import ANY_IAM
from emulator.services.lakeformation.tags import columns_of, effective

Json = dict[str, Any]


@refuses("glue", "UpdateDatabase")
def altered_database(call: Call) -> None:
    """ALTER on the database."""
    _require("ALTER", call["Name"])


@refuses("glue", "DeleteDatabase")
def dropped_database(call: Call) -> None:
    """DROP on the database."""
    _require("DROP", call["Name"])


@refuses("glue", "CreateTable")
def created_table(call: Call) -> None:
    """CREATE_TABLE on the database."""
    _require("CREATE_TABLE", call["DatabaseName"])


@refuses("glue", "UpdateTable")
def altered_table(call: Call) -> None:
    """ALTER on the table."""
    _require("ALTER", call["DatabaseName"], call["TableInput"]["Name"])


@refuses("glue", "DeleteTable")
def dropped_table(call: Call) -> None:
    """DROP on the table."""
    _require("DROP", call["DatabaseName"], call["Name"])


@refuses("glue", "BatchDeleteTable")
def dropped_tables(call: Call) -> None:
    """DROP on each of the tables."""
    for table in call["TablesToDelete"]:
        _require("DROP", call["DatabaseName"], table)


def _require(permission: str, database: str, table: str = "") -> None:
    """Refuse the caller what it was not granted, unless it made the thing; moto says what is not there."""
    caller = callers.current()
    if caller is None or documents.role(caller) is None:
        return
    held: Any = glue_backends[ACCOUNT][REGION].databases.get(database)
    if held is not None and table:
        held = held.tables.get(table)
    if held is None or held.creator == caller:
        return
    with locks.holding("lakeformation"):
        granted = set(_granted(caller, (database, table) if table else (database,)))
    if not granted & {permission, "ALL", "SUPER"}:
        what = permission.replace("_", " ").title()
        message = f"Insufficient Lake Formation permission(s): Required {what} on {table or database}"
        raise Refused("AccessDeniedException", message)


def _granted(caller: str, thing: tuple[str, ...]) -> Iterator[str]:
    """What the caller, or whoever IAM lets, has on a database or a table."""
    lake = lakeformation_backends[ACCOUNT][REGION]
    catalog = lake.grants.get(ACCOUNT)
    for grant in catalog.permissions if catalog else ():
        if grant.principal["DataLakePrincipalIdentifier"] in (caller, ANY_IAM) and _about(lake, grant.resource, thing):
            yield from grant.permissions


def _about(lake: Any, granted: Json, thing: tuple[str, ...]) -> bool:
    """Whether a grant is on the whole of a database or a table."""
    if policy := granted.get("LFTagPolicy"):
        if (policy["ResourceType"] == "TABLE") != (len(thing) == 2):
            return False
        parts = [(*thing, column) for column in columns_of(lake, *thing)] if len(thing) == 2 else []
        return all(_match(policy["Expression"], effective(lake, one)) for one in parts or [thing])
    if len(thing) == 1:
        return granted.get("Database", {}).get("Name") == thing[0]
    table = granted.get("Table") or {}
    return table.get("DatabaseName") == thing[0] and ("TableWildcard" in table or table.get("Name") == thing[1])


def _match(expression: list[Json], tags: dict[str, str]) -> bool:
    return all(tags.get(wanted["TagKey"]) in wanted["TagValues"] for wanted in expression)
