"""Iceberg tables as Arrow tables: PyIceberg plans and reads, delete files are applied.

PyIceberg applies position deletes but refuses tables with equality deletes;
those are applied here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
from pyiceberg.catalog.noop import NoopCatalog
from pyiceberg.expressions import BooleanExpression
from pyiceberg.io.pyarrow import ArrowScan, schema_to_pyarrow
from pyiceberg.manifest import DataFileContent, ManifestEntry
from pyiceberg.schema import Schema
from pyiceberg.serializers import FromInputFile
from pyiceberg.table import FileScanTask, ManifestGroupPlanner, StaticTable
from pyiceberg.table.snapshots import Snapshot

from emulator.services.athena import predicates as conditions
from emulator.services.athena.catalog import Table
from emulator.services.athena.errors import QueryError
from emulator.services.athena.hive_scan import ROWS, Scan
from emulator.services.athena.objects import Store, StoreIO

METADATA_TABLES = ("entries", "files", "history", "manifests", "partitions", "refs", "snapshots")


class IcebergTable:
    """An Iceberg table as of its metadata file."""

    def __init__(self, store: Store, table: Table) -> None:
        location = table.parameters.get("metadata_location")
        if not location:
            where = f"{table.database}.{table.name}"
            raise QueryError("ICEBERG_INVALID_METADATA", f"Table {where} has no metadata_location")
        self._io = StoreIO(store)
        metadata = FromInputFile.table_metadata(self._io.new_input(location))
        self._table = StaticTable((table.database, table.name), metadata, location, self._io, NoopCatalog("static"))
        self._metadata = metadata

    def _schema(self, past: Snapshot | None) -> Schema:
        if past is not None and past.schema_id is not None:
            return self._table.schemas()[past.schema_id]
        return self._table.schema()

    def columns(self, past: Snapshot | None) -> dict[str, pa.DataType]:
        """Column types as the query engine holds them: today's, or those of a snapshot."""
        schema = schema_to_pyarrow(self._schema(past), include_field_ids=False)
        return {field.name.lower(): field.type for field in schema}

    def as_of(self, kind: str, value: Any) -> Snapshot:
        """The snapshot of FOR VERSION AS OF an id, or FOR TIMESTAMP AS OF milliseconds."""
        if kind == "VERSION":
            named = self._metadata.refs.get(value) if isinstance(value, str) else None
            snapshot = self._table.snapshot_by_id(named.snapshot_id if named else int(value))
        else:
            snapshot = self._table.snapshot_as_of_timestamp(value)
        if snapshot is None:
            raise QueryError("INVALID_ARGUMENTS", f"No version history table at or before {value}")
        return snapshot

    def metadata_table(self, name: str) -> pa.Table:
        """One of the tables that describe the table, as in "t$snapshots"."""
        if name not in METADATA_TABLES:
            raise QueryError("TABLE_NOT_FOUND", f"There is no metadata table ${name}")
        return getattr(self._table.inspect, name)()

    def scan(self, columns: list[str], predicates: list[conditions.Predicate], past: Snapshot | None) -> Scan:
        """Read the columns of every live row of files that can pass: of the table now, or of a snapshot."""
        schema = self._schema(past)
        snapshot = past or self._table.current_snapshot()
        wanted = schema.select(*columns, case_sensitive=False) if columns else Schema()
        if snapshot is None:
            return Scan(_named(schema_to_pyarrow(wanted, include_field_ids=False).empty_table()), 0)
        row_filter = conditions.to_iceberg(predicates, self.columns(past))
        tasks, deletes, sequences = self._plan(snapshot, row_filter)
        if not columns:
            if not deletes and not any(task.delete_files for task in tasks):
                rows = sum(task.file.record_count for task in tasks)
                return Scan(pa.table({ROWS: pa.nulls(rows, pa.int8())}), 0)
            wanted = Schema(schema.fields[0])
        data = self._read(tasks, deletes, sequences, wanted)
        scanned = sum(_column_bytes(task, wanted) for task in tasks)
        scanned += sum(found.file_size_in_bytes for found in {file for task in tasks for file in task.delete_files})
        scanned += sum(entry.data_file.file_size_in_bytes for entry in deletes)
        return Scan(_named(data), scanned)

    def _plan(
        self, snapshot: Snapshot, row_filter: BooleanExpression
    ) -> tuple[list[FileScanTask], list[ManifestEntry], dict[str, int]]:
        deletes: list[ManifestEntry] = []
        sequences: dict[str, int] = {}

        def keep(entry: ManifestEntry) -> bool:
            if entry.data_file.content == DataFileContent.EQUALITY_DELETES:
                deletes.append(entry)
                return False
            sequences[entry.data_file.file_path] = entry.sequence_number or 0
            return True

        planner = ManifestGroupPlanner(self._metadata, self._io, row_filter, case_sensitive=False)
        return list(planner.plan_files(snapshot.manifests(self._io), keep)), deletes, sequences

    def _read(
        self, tasks: list[FileScanTask], deletes: list[ManifestEntry], sequences: dict[str, int], wanted: Schema
    ) -> pa.Table:
        from pyiceberg.expressions import AlwaysTrue

        def read(some: list[FileScanTask], schema: Schema) -> pa.Table:
            return ArrowScan(self._metadata, self._io, schema, AlwaysTrue(), False).to_table(some)

        empty = schema_to_pyarrow(wanted, include_field_ids=False).empty_table()
        untouched: list[FileScanTask] = []
        parts = [empty]
        for task in tasks:
            found = [entry for entry in deletes if _applies(entry, task, sequences[task.file.file_path])]
            if not found:
                untouched.append(task)
                continue
            parts.append(self._without(task, found, wanted, read))
        if untouched:
            parts.append(read(untouched, wanted))
        return pa.concat_tables(parts, promote_options="permissive")

    def _without(
        self,
        task: FileScanTask,
        deletes: list[ManifestEntry],
        wanted: Schema,
        read: Callable[[list[FileScanTask], Schema], pa.Table],
    ) -> pa.Table:
        """The rows of one data file that no equality delete matches; null matches null."""
        schema = self._table.schema()
        ids = {number for entry in deletes for number in entry.data_file.equality_ids or []}
        more = [schema.find_field(number) for number in ids if number not in wanted.field_ids]
        data = read([task], Schema(*wanted.fields, *more))
        for entry in deletes:
            fields = [schema.find_field(number) for number in entry.data_file.equality_ids or []]
            gone = read([FileScanTask(entry.data_file)], Schema(*fields))
            names = [field.name for field in fields]
            matched = set(zip(*(gone.column(name).to_pylist() for name in names), strict=True))
            rows = zip(*(data.column(name).to_pylist() for name in names), strict=True)
            data = data.filter(pa.array([row not in matched for row in rows], pa.bool_()))
        return data.select([field.name for field in wanted.fields])


def _applies(entry: ManifestEntry, task: FileScanTask, data_sequence: int) -> bool:
    """Equality deletes hit older data of their partition; without a partition, all older data."""
    if (entry.sequence_number or 0) <= data_sequence:
        return False
    file = entry.data_file
    return not file.partition or (file.spec_id == task.file.spec_id and file.partition == task.file.partition)


def _column_bytes(task: FileScanTask, wanted: Schema) -> int:
    sizes = task.file.column_sizes
    if not sizes:
        return task.file.file_size_in_bytes
    return sum(sizes.get(number, 0) for number in wanted.field_ids)


def _named(data: pa.Table) -> pa.Table:
    if not data.num_columns:
        return pa.table({ROWS: pa.nulls(data.num_rows, pa.int8())})
    return data.rename_columns([name.lower() for name in data.column_names])
