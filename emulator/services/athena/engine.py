"""Runs one query: translate, read what it needs, let DuckDB compute, write the result."""

from __future__ import annotations

import datetime
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from sqlglot import exp

from emulator.services.athena import hive_scan, results, statements
from emulator.services.athena.catalog import Catalog, Shown, Table
from emulator.services.athena.errors import NotPermittedError, QueryError
from emulator.services.athena.iceberg_scan import IcebergTable
from emulator.services.athena.objects import Store
from emulator.services.athena.permissions import Access, Permissions
from emulator.services.athena.translate import Read, Source, Translator, parse

_DUCKDB = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "enable_external_access": "false",
    "memory_limit": "1500MB",
    "threads": "2",
}


@dataclass
class Request:
    """A query as StartQueryExecution gave it.

    limit is the bytes it may scan, 0 for any number; permissions are what Lake
    Formation holds for who asks, None for somebody whom it does not limit.
    """

    query: str
    database: str | None
    parameters: list[str]
    output: str
    pages: str
    limit: int = 0
    permissions: dict[str, Any] | None = None


@dataclass
class Outcome:
    """What a query that ended well tells; times in milliseconds."""

    columns: list[dict[str, Any]] = field(default_factory=list)
    rows: int = 0
    bytes_scanned: int = 0
    planning: int = 0
    engine: int = 0
    location: str = ""


class Engine:
    """Runs queries; safe to use from several threads."""

    def __init__(self, store: Store, catalog: Catalog) -> None:
        self._store, self._catalog = store, catalog

    def run(self, request: Request, connection: duckdb.DuckDBPyConnection) -> Outcome:
        """Run a query in its own DuckDB database.

        Raises QueryError, and DuckDB's own errors, which name what they reject.
        """
        begun = time.monotonic()
        permissions = Permissions(request.permissions) if request.permissions is not None else None
        shown = statements.answer(request.query, request.database, Shown(self._catalog, permissions))
        if shown is not None:
            result = results.Result(shown, statement=True)
            planned = time.monotonic()
            scanned = 0
        else:
            query = bound(parse(request.query), request.parameters)
            if isinstance(query, exp.Values):
                query = selected(query)
            if not isinstance(query, exp.Query):
                raise QueryError("NOT_SUPPORTED", f"{query.key.upper()} statements are not run here")
            tables = _Tables(self._store, self._catalog, permissions)
            translator = Translator(tables.look_up, lambda sql: constant(connection, sql))
            plan = translator.plan(query, request.database)
            planned = time.monotonic()
            scanned = sum(self._provide(connection, tables, read) for read in plan.reads)
            if request.limit and scanned > request.limit:
                raise QueryError("BYTES_SCANNED_CUTOFF", f"Query exceeded {request.limit} bytes scanned")
            found = connection.sql(plan.sql)
            described = list(zip(found.columns, map(str, found.types), strict=True))
            result = results.formatted(connection, found.to_arrow_table(), described)
        location = result.write(self._store, request.output, Path(request.pages))
        ended = time.monotonic()
        return Outcome(
            columns=result.columns(),
            rows=result.text.num_rows,
            bytes_scanned=scanned,
            planning=int((planned - begun) * 1000),
            engine=int((ended - begun) * 1000),
            location=location,
        )

    def _provide(self, connection: duckdb.DuckDBPyConnection, tables: _Tables, read: Read) -> int:
        """Put the data of one place under its name; the bytes scanned for it."""
        rows = tables.rows(read.source)
        if rows is None:
            scan = tables.scan(read)
            connection.register(read.relation, scan.data)
            return scan.bytes_scanned
        # The condition may look at columns that who asks may not see, or did not ask for.
        wider = replace(read, columns=sorted({*read.columns, *rows.needed()}))
        scan = tables.scan(wider)
        connection.register(f"{read.relation}$all", scan.data)
        shown = [exp.to_identifier(column, quoted=True) for column in read.columns] or ["1"]
        filtered = exp.select(*shown).from_(exp.table_(f"{read.relation}$all", quoted=True)).where(rows.rows)
        connection.register(read.relation, connection.sql(filtered.sql(dialect="duckdb")).to_arrow_table())
        return scan.bytes_scanned


class _Tables:
    """The tables of one query, each as of the moment it was first looked at."""

    def __init__(self, store: Store, catalog: Catalog, permissions: Permissions | None) -> None:
        self._store, self._catalog, self._permissions = store, catalog, permissions
        self._access: dict[tuple[str, str], Access] = {}
        self._tables: dict[tuple[str, str], Table] = {}
        self._iceberg: dict[tuple[str, str], IcebergTable] = {}

    def look_up(self, source: Source) -> dict[str, pa.DataType] | tuple[str, str]:
        """Columns of a table, or text and database of a view. What may not be read is not there."""
        found = self._look_up(source)
        if self._permissions is None:
            return found
        name, _, metadata = source.name.partition("$")
        columns = list(found) if isinstance(found, dict) and not metadata else self._names(source.database, name)
        access = self._permissions.access(source.database, name, columns)
        if isinstance(found, tuple):
            return found
        if metadata:  # files and partitions tell of rows and columns
            if access.rows is not None or len(access.columns) < len(columns):
                raise NotPermittedError(source.name)
            return found
        self._access[source.database, source.name] = access
        return {column: found[column] for column in access.columns}

    def rows(self, source: Source) -> Access | None:
        """The access to a table whose rows are not all granted."""
        access = self._access.get((source.database, source.name))
        return access if access is not None and access.rows is not None else None

    def _names(self, database: str, name: str) -> list[str]:
        table = self._table(database, name)
        return [*table.columns, *table.partitions]

    def _look_up(self, source: Source) -> dict[str, pa.DataType] | tuple[str, str]:
        name, _, metadata = source.name.partition("$")
        table = self._table(source.database, name)
        if table.is_view:
            return table.view()
        if table.is_iceberg:
            iceberg = self._opened(table)
            if metadata:
                schema = iceberg.metadata_table(metadata).schema
                return {found.name: found.type for found in schema}
            return iceberg.columns(self._snapshot(iceberg, source))
        if metadata or source.version:
            raise QueryError("NOT_SUPPORTED", f"{source.database}.{name} is not an Iceberg table")
        return {**table.columns, **table.partitions}

    def scan(self, read: Read) -> hive_scan.Scan:
        """Read a table's columns where the conditions may hold."""
        name, _, metadata = read.source.name.partition("$")
        table = self._table(read.source.database, name)
        if not table.is_iceberg:
            return hive_scan.scan(self._store, self._catalog, table, read.columns, read.predicates)
        iceberg = self._opened(table)
        if metadata:
            return hive_scan.Scan(iceberg.metadata_table(metadata), 0)
        return iceberg.scan(read.columns, read.predicates, self._snapshot(iceberg, read.source))

    def _snapshot(self, iceberg: IcebergTable, source: Source) -> Any:
        """The snapshot that the query asks for; None for the table as it is now."""
        if source.version is None:
            return None
        kind, expression = source.version
        with connect() as connection:
            value = constant(connection, expression.sql(dialect="duckdb"))
        if kind == "TIMESTAMP" and isinstance(value, datetime.datetime):
            value = int((value if value.tzinfo else value.replace(tzinfo=datetime.UTC)).timestamp() * 1000)
        return iceberg.as_of(kind, value)

    def _opened(self, table: Table) -> IcebergTable:
        key = table.database, table.name
        if key not in self._iceberg:
            self._iceberg[key] = IcebergTable(self._store, table)
        return self._iceberg[key]

    def _table(self, database: str, name: str) -> Table:
        key = database, name
        if key not in self._tables:
            self._tables[key] = self._catalog.table(database, name)
        return self._tables[key]


def connect() -> duckdb.DuckDBPyConnection:
    """A database of its own for one query: no files, no extensions."""
    connection = duckdb.connect(config=_DUCKDB)
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def constant(connection: duckdb.DuckDBPyConnection, sql: str) -> Any:
    """The value of a constant expression; None when DuckDB can't tell."""
    try:
        return connection.sql(f"SELECT {sql}").fetchall()[0][0]
    except duckdb.Error:
        return None


def selected(values: exp.Values) -> exp.Expression:
    """VALUES by itself as a query of all its columns, which have Athena's names."""
    first = values.expressions[0]
    width = len(first.expressions) if isinstance(first, exp.Tuple) else 1
    names = [exp.to_identifier(f"_col{number}", quoted=True) for number in range(width)]
    values.set("alias", exp.TableAlias(this=exp.to_identifier("v"), columns=names))
    return exp.select("*").from_(values)


def bound(query: exp.Expression, parameters: list[str]) -> exp.Expression:
    """The query with execution parameters, SQL expressions each, for its question marks."""
    holes = list(query.find_all(exp.Placeholder))
    if len(holes) != len(parameters):
        raise QueryError(
            "INVALID_PARAMETER_USAGE",
            f"Incorrect number of parameters: expected {len(holes)} but found {len(parameters)}",
        )
    for hole, text in zip(holes, parameters, strict=True):
        value = parse(f"SELECT {text}").selects[0]
        hole.replace(value.copy())
    return query
