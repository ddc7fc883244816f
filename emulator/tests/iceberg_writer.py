"""Writes Iceberg tables for tests, delete files included, which PyIceberg itself does not write."""

from __future__ import annotations

import io
import time
import uuid
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.catalog.glue import GlueCatalog
from pyiceberg.manifest import (
    DataFile,
    DataFileContent,
    FileFormat,
    ManifestContent,
    ManifestEntry,
    ManifestEntryStatus,
    ManifestWriterV2,
    write_manifest_list,
)
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.table.snapshots import Operation, Snapshot, Summary
from pyiceberg.table.update import AddSnapshotUpdate, AssertTableUUID, SetSnapshotRefUpdate
from pyiceberg.typedef import Record
from pyiceberg.types import IntegerType, ListType, NestedField, StructType

POSITION_SCHEMA = pa.schema(
    [
        pa.field("file_path", pa.string(), False, {"PARQUET:field_id": "2147483546"}),
        pa.field("pos", pa.int64(), False, {"PARQUET:field_id": "2147483545"}),
    ]
)


def catalog(endpoint: str) -> GlueCatalog:
    """PyIceberg's Glue catalog on the emulator."""
    keys = {"access-key-id": "test", "secret-access-key": "test", "region": "eu-west-1", "endpoint": endpoint}
    return GlueCatalog(
        "t", **{f"{service}.{name}": value for service in ("glue", "s3") for name, value in keys.items()}
    )


class _DeletesWriter(ManifestWriterV2):
    def content(self) -> ManifestContent:
        return ManifestContent.DELETES

    def _with_partition(self, format_version: Any) -> Schema:
        """PyIceberg has ids as long where the specification has int, which Java's library cannot read."""
        ids = NestedField(135, "equality_ids", ListType(136, IntegerType(), True))
        return Schema(*(_with(ids, field) for field in super()._with_partition(format_version).fields))

    @property
    def _meta(self) -> dict[str, str]:
        return {**super()._meta, "content": "deletes"}


def _with(ids: NestedField, field: NestedField) -> NestedField:
    """The field of a manifest with another field for the ids in it."""
    if not isinstance(field.field_type, StructType):
        return field
    inner = (ids if one.field_id == ids.field_id else one for one in field.field_type.fields)
    return NestedField(field.field_id, field.name, StructType(*inner), required=field.required)


def delete_positions(table: Table, path: str, positions: list[int]) -> None:
    """Commit a file that deletes rows of one data file by their number."""
    data = pa.table([[path] * len(positions), positions], schema=POSITION_SCHEMA)
    _commit(table, data, DataFileContent.POSITION_DELETES, None)


def delete_equal(table: Table, rows: pa.Table) -> None:
    """Commit a file that deletes every older row equal to one of these in these columns."""
    ids = [table.schema().find_field(name).field_id for name in rows.column_names]
    fields = [
        pa.field(field.name, field.type, True, {"PARQUET:field_id": str(number)})
        for field, number in zip(rows.schema, ids, strict=True)
    ]
    _commit(table, rows.cast(pa.schema(fields)), DataFileContent.EQUALITY_DELETES, ids)


def _commit(table: Table, data: pa.Table, content: DataFileContent, ids: list[int] | None) -> None:
    place = table.location()
    path = f"{place}/data/{uuid.uuid4()}-deletes.parquet"
    body = io.BytesIO()
    pq.write_table(data, body)
    with table.io.new_output(path).create() as file:
        file.write(body.getvalue())
    more: dict[str, Any] = {"equality_ids": ids} if ids else {}
    deleted = DataFile.from_args(
        content=content,
        file_path=path,
        file_format=FileFormat.PARQUET,
        partition=Record(),
        record_count=data.num_rows,
        file_size_in_bytes=len(body.getvalue()),
        **more,
    )
    deleted.spec_id = table.spec().spec_id
    number = int(uuid.uuid4().int % 2**62)
    output = table.io.new_output(f"{place}/metadata/{uuid.uuid4()}-m0.avro")
    with _DeletesWriter(table.spec(), table.schema(), output, number, "null") as writer:
        entry = ManifestEntry.from_args(status=ManifestEntryStatus.ADDED, snapshot_id=number, data_file=deleted)
        writer.add_entry(entry)
    parent = table.current_snapshot()
    assert parent is not None
    sequence = table.metadata.last_sequence_number + 1
    listed = f"{place}/metadata/snap-{number}.avro"
    with write_manifest_list(2, table.io.new_output(listed), number, parent.snapshot_id, sequence, "null") as manifests:
        manifests.add_manifests([writer.to_manifest_file(), *parent.manifests(table.io)])
    snapshot = Snapshot(
        snapshot_id=number,
        parent_snapshot_id=parent.snapshot_id,
        sequence_number=sequence,
        timestamp_ms=int(time.time() * 1000),
        manifest_list=listed,
        summary=Summary(Operation.DELETE),
        schema_id=table.schema().schema_id,
    )
    updates = (
        AddSnapshotUpdate(snapshot=snapshot),
        SetSnapshotRefUpdate(ref_name="main", type="branch", snapshot_id=number),
    )
    table.catalog.commit_table(table, (AssertTableUUID(uuid=table.metadata.table_uuid),), updates)
    table.refresh()
