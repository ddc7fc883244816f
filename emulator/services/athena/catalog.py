"""Tables as the Glue catalog describes them, in the terms of the query engine."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pyarrow as pa
from botocore.exceptions import ClientError

from emulator.core import hive_types
from emulator.services.athena.errors import QueryError
from emulator.services.athena.permissions import Permissions

CATALOG = "awsdatacatalog"


@dataclass(frozen=True)
class Table:
    """One catalog table; names are lower case, as Athena sees them."""

    database: str
    name: str
    glue: dict[str, Any] = field(repr=False, compare=False)

    @property
    def parameters(self) -> dict[str, str]:
        """The table's parameters."""
        return self.glue.get("Parameters") or {}

    @property
    def descriptor(self) -> dict[str, Any]:
        """The storage descriptor."""
        return self.glue.get("StorageDescriptor") or {}

    @property
    def is_iceberg(self) -> bool:
        """Whether Iceberg metadata describes the table."""
        return self.parameters.get("table_type", "").upper() == "ICEBERG"

    @property
    def is_view(self) -> bool:
        """Whether the table is a saved query."""
        return self.glue.get("TableType") == "VIRTUAL_VIEW"

    @cached_property
    def columns(self) -> dict[str, pa.DataType]:
        """Columns kept in the objects, in the catalog's order."""
        return self._types(self.descriptor.get("Columns", []))

    @cached_property
    def partitions(self) -> dict[str, pa.DataType]:
        """Columns that the path holds."""
        return self._types(self.glue.get("PartitionKeys") or [])

    def view(self) -> tuple[str, str]:
        """A view's query, and the database in which its names are looked up.

        Athena keeps it as base64 of JSON in a comment (Presto's format).
        """
        text = self.glue.get("ViewOriginalText", "")
        encoded = text.removeprefix("/* Presto View:").removesuffix("*/").strip()
        try:
            view = json.loads(base64.b64decode(encoded, validate=True))
            return view["originalSql"], view.get("schema") or self.database
        except (ValueError, KeyError) as error:
            raise QueryError("INVALID_VIEW", f"View '{self.database}.{self.name}' cannot be read: {error}") from error

    def _types(self, columns: list[dict[str, Any]]) -> dict[str, pa.DataType]:
        types = {}
        for column in columns:
            try:
                kind = hive_types.to_arrow(hive_types.parse(column["Type"]))
            except hive_types.UnknownTypeError as error:
                where = f"{self.database}.{self.name}.{column['Name']}"
                raise QueryError("HIVE_INVALID_METADATA", f"{where}: {error}") from error
            # Athena's timestamps of Hive tables have milliseconds.
            types[column["Name"].lower()] = pa.timestamp("ms") if kind == pa.timestamp("us") else kind
        return types


class Catalog:
    """Looks tables up in Glue; every query asks afresh."""

    def __init__(self, glue: Any) -> None:
        self._glue = glue

    def table(self, database: str, name: str) -> Table:
        """The table, or an error as Athena words it."""
        try:
            found = self._glue.get_table(DatabaseName=database, Name=name)["Table"]
        except ClientError as error:
            if error.response["Error"]["Code"] != "EntityNotFoundException":
                raise
            if not self.has_database(database):
                raise QueryError("SCHEMA_NOT_FOUND", f"Schema '{database}' does not exist") from None
            name = f"{CATALOG}.{database}.{name}"
            raise QueryError("TABLE_NOT_FOUND", f"Table '{name}' does not exist") from None
        return Table(database, name, found)

    def has_database(self, name: str) -> bool:
        """Whether the database exists."""
        return name in self.databases()

    def databases(self) -> list[str]:
        """The names of all databases."""
        return sorted(found["Name"] for found in self._glue.get_databases()["DatabaseList"])

    def tables(self, database: str) -> list[str]:
        """The names of a database's tables and views."""
        if not self.has_database(database):
            raise QueryError("SCHEMA_NOT_FOUND", f"Schema '{database}' does not exist")
        return sorted(found["Name"] for found in self._glue.get_tables(DatabaseName=database)["TableList"])

    def registered_partitions(self, table: Table) -> list[tuple[list[str], str]]:
        """Values and location of the partitions that a crawler or a user registered."""
        answer = self._glue.get_partitions(DatabaseName=table.database, TableName=table.name)
        return [(found["Values"], found["StorageDescriptor"]["Location"]) for found in answer["Partitions"]]


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
            return found
        return [name for name in found if self._permissions.sees(database, name, self._names(database, name))]

    def table(self, database: str, name: str) -> Table:
        """A table with the columns that can be read."""
        table = self._catalog.table(database, name)
        if self._permissions is None:
            return table
        readable = self._permissions.access(database, name, self._names(database, name)).columns

        def kept(columns: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
            return [column for column in columns or [] if column["Name"].lower() in readable]

        descriptor = {**table.descriptor, "Columns": kept(table.descriptor.get("Columns"))}
        glue = {**table.glue, "StorageDescriptor": descriptor, "PartitionKeys": kept(table.glue.get("PartitionKeys"))}
        return Table(database, name, glue)

    def _names(self, database: str, name: str) -> list[str]:
        table = self._catalog.table(database, name)
        return [*table.columns, *table.partitions]
