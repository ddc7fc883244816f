"""The catalog as SHOW, DESCRIBE and Lake Formation's rules need it: names and columns, asked of Glue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from emulator.core import aws
from emulator.services.athena.errors import QueryError
from emulator.services.athena.names import CATALOG
from emulator.services.athena.permissions import Permissions

Json = dict[str, Any]


@dataclass(frozen=True)
class Column:
    """A column as Glue keeps it, its name in lower case."""

    name: str
    type: str
    comment: str


class Catalog:
    """Looks tables up in Glue, once for each query."""

    def __init__(self) -> None:
        self._tables: dict[str, dict[str, list[Column]]] = {}

    def databases(self) -> list[str]:
        """The names of all databases."""
        pages = aws.client("glue").get_paginator("get_databases").paginate()
        return sorted(found["Name"] for page in pages for found in page["DatabaseList"])

    def tables(self, database: str) -> dict[str, list[Column]]:
        """A database's tables and views with their columns, those of partitions at the end."""
        if database not in self._tables:
            if database not in self.databases():
                raise QueryError("SCHEMA_NOT_FOUND", f"Schema '{database}' does not exist")
            pages = aws.client("glue").get_paginator("get_tables").paginate(DatabaseName=database)
            found = {table["Name"]: _columns(table) for page in pages for table in page["TableList"]}
            self._tables[database] = dict(sorted(found.items()))
        return self._tables[database]

    def columns(self, database: str, table: str) -> list[Column]:
        """The columns of a table or view."""
        try:
            return self.tables(database)[table]
        except KeyError:
            name = f"{CATALOG}.{database}.{table}"
            raise QueryError("TABLE_NOT_FOUND", f"Table '{name}' does not exist") from None

    def every_table(self) -> dict[tuple[str, str], list[str]]:
        """The names of all columns, by database and table."""
        return {
            (database, table): [column.name for column in columns]
            for database in self.databases()
            for table, columns in self.tables(database).items()
        }


class Shown:
    """The catalog as who asks sees it: without the tables and columns that Lake Formation does not let them read."""

    def __init__(self, catalog: Catalog, permissions: Permissions | None) -> None:
        self._catalog, self._permissions = catalog, permissions

    def databases(self) -> list[str]:
        """The names of the databases in which something can be read."""
        found = self._catalog.databases()
        return found if self._permissions is None else [name for name in found if self.tables(name)]

    def tables(self, database: str) -> list[str]:
        """The names of a database's tables and views that can be read."""
        found = self._catalog.tables(database)
        if self._permissions is None:
            return list(found)
        sees = self._permissions.sees
        return [name for name, columns in found.items() if sees(database, name, [column.name for column in columns])]

    def columns(self, database: str, table: str) -> list[Column]:
        """The columns of a table that can be read."""
        found = self._catalog.columns(database, table)
        if self._permissions is None:
            return found
        readable = self._permissions.access(database, table, [column.name for column in found]).columns
        return [column for column in found if column.name in readable]


def _columns(table: Json) -> list[Column]:
    stored = (table.get("StorageDescriptor") or {}).get("Columns") or []
    kept = [*stored, *(table.get("PartitionKeys") or [])]
    return [Column(one["Name"].lower(), one["Type"], one.get("Comment", "")) for one in kept]
