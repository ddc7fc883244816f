"""What Glue does in Lake Formation: new tables are their maker's, with the settings' defaults; grants end with them."""

from __future__ import annotations

from typing import Any

from moto.glue.models import GlueBackend
from moto.lakeformation.models import lakeformation_backends

from emulator.core import locks
from emulator.core.patch import wrap
from emulator.core.permissions import callers
from emulator.services.lakeformation.filters import filters
from emulator.services.lakeformation.tags import assigned

Json = dict[str, Any]

TABLE_DEFAULTS = "CreateTableDefaultPermissions"


def _lake(glue: Any) -> Any:
    return lakeformation_backends[glue.account_id][glue.region_name]


@wrap(GlueBackend)
def create_database(moto: Any, self: Any, database_name: str, *rest: Any, **more: Any) -> Any:
    """Gives the default permissions of databases and keeps those of tables, whatever the settings become."""
    made = moto(self, database_name, *rest, **more)
    made.creator = callers.current()
    with locks.holding("lakeformation"):
        made.input.setdefault(TABLE_DEFAULTS, _lake(self).settings[self.account_id].get(TABLE_DEFAULTS) or [])
        given = _lake(self).settings[self.account_id].get("CreateDatabaseDefaultPermissions")
    _give(self, given, {"Database": {"Name": database_name}})
    return made


@wrap(GlueBackend)
def create_table(moto: Any, self: Any, database_name: str, table_name: str, *rest: Any, **more: Any) -> Any:
    """Gives the default permissions of the database's tables."""
    made = moto(self, database_name, table_name, *rest, **more)
    made.creator = callers.current()
    _give(
        self,
        self.databases[database_name].input.get(TABLE_DEFAULTS),
        {"Table": {"DatabaseName": database_name, "Name": table_name}},
    )
    return made


@wrap(GlueBackend)
def update_database(moto: Any, self: Any, database_name: str, database_input: Json) -> None:
    """What new tables are given stays when a request leaves it out: it takes an empty list to close them."""
    before = self.databases[database_name].input.get(TABLE_DEFAULTS) if database_name in self.databases else None
    moto(self, database_name, {TABLE_DEFAULTS: before, **database_input})


def _give(glue: Any, defaults: list[Json] | None, resource: Json) -> None:
    with locks.holding("lakeformation"):
        lake = _lake(glue)
        for given in defaults or []:
            lake.grant_permissions(glue.account_id, given["Principal"], resource, list(given["Permissions"]), [])


@wrap(GlueBackend)
def delete_database(moto: Any, self: Any, database_name: str) -> None:
    """Ends what is granted on the database and its tables, and their tags."""
    moto(self, database_name)
    _forget(self, (database_name,))


@wrap(GlueBackend)
def delete_table(moto: Any, self: Any, database_name: str, table_name: str) -> None:
    """Ends what is granted on the table, its tags and filters."""
    moto(self, database_name, table_name)
    _forget(self, (database_name, table_name))


def _forget(glue: Any, gone: tuple[str, ...]) -> None:
    with locks.holding("lakeformation"):
        lake = _lake(glue)
        for catalog in lake.grants.values():
            catalog.permissions = {
                grant for grant in catalog.permissions if _place(grant.resource)[: len(gone)] != gone
            }
        for held in (assigned(lake), filters(lake)):
            for key in [key for key in held if key[: len(gone)] == gone]:
                del held[key]


def _place(resource: Json) -> tuple[str, ...]:
    """Database and table that a grant is on; nothing for other kinds."""
    if "Database" in resource:
        return (resource["Database"]["Name"],)
    table = resource.get("Table") or resource.get("TableWithColumns")
    if table:
        return table["DatabaseName"], table.get("Name", "")
    if "DataCellsFilter" in resource:
        return resource["DataCellsFilter"]["DatabaseName"], resource["DataCellsFilter"]["TableName"]
    return ()
