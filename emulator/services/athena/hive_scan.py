"""Hive tables (JSON lines, CSV, Parquet under prefixes) as Arrow tables of the columns a query needs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import pyarrow as pa

from emulator.services.athena import decode
from emulator.services.athena.catalog import Catalog, Table
from emulator.services.athena.objects import Object, Store
from emulator.services.athena.predicates import Predicate, partition_value
from emulator.services.athena.projection import Projection

ROWS = "$rows"  # stands for a row when a query needs no column


@dataclass
class Scan:
    """What a query reads of one table, and what it cost: bytes as Athena counts them."""

    data: pa.Table
    bytes_scanned: int


def scan(store: Store, catalog: Catalog, table: Table, columns: list[str], predicates: list[Predicate]) -> Scan:
    """Read the columns of every object whose partition can pass."""
    stored = [column for column in columns if column in table.columns]
    reader = decode.reader(table)
    found = list(_objects(store, catalog, table, predicates))
    read = partial(_read, store, table, reader, stored)
    decoded = list(store.map(read, [item for _, item in found]))

    names = [column for column in columns if column in table.columns or column in table.partitions]
    types = {**table.columns, **table.partitions}
    schema = pa.schema([(name, types[name]) for name in names] or [(ROWS, pa.int8())])
    parts = []
    for (values, _), (held, _) in zip(found, decoded, strict=True):
        rows = held[""]
        arrays: list[Any] = [
            held[name] if name in table.columns else _constant(values.get(name), types[name], rows) for name in names
        ]
        parts.append(pa.table(arrays or [pa.nulls(rows, pa.int8())], schema=schema))
    data = pa.concat_tables(parts) if parts else schema.empty_table()
    return Scan(data, sum(size for _, size in decoded))


def _constant(value: Any, kind: pa.DataType, rows: int) -> pa.Array:
    return pa.repeat(pa.scalar(value, kind), rows)


def _read(
    store: Store, table: Table, reader: decode.Reader, columns: list[str], item: Object
) -> tuple[dict[str, Any], int]:
    key = (item.bucket, item.key, item.tag, reader.signature)
    held = store.decoded.get(key)
    missing = [name for name in columns if held is None or name not in held]
    if held is None or missing:
        body = store.body(item.bucket, item.key)
        fresh = reader.read(body, item.key, {name: table.columns[name] for name in missing})
        held = {**(held or {}), **fresh}
        store.decoded.put(key, held)
    return held, reader.scanned(held, item.size, columns)


def _objects(
    store: Store, catalog: Catalog, table: Table, predicates: list[Predicate]
) -> Iterator[tuple[dict[str, Any], Object]]:
    if table.partitions and table.parameters.get("projection.enabled", "").lower() == "true":
        yield from Projection(table).objects(store, predicates)
        return
    if not table.partitions:
        for item in _folder(store, table.descriptor.get("Location", "")):
            yield {}, item
        return
    for texts, location in catalog.registered_partitions(table):
        pairs = zip(table.partitions.items(), texts, strict=True)
        values = {name: partition_value(text, kind) for (name, kind), text in pairs}
        if all(found.accepts(values[found.column]) for found in predicates if found.column in values):
            for item in _folder(store, location):
                yield values, item


def _folder(store: Store, location: str) -> Iterator[Object]:
    bucket, _, prefix = location.removeprefix("s3://").partition("/")
    return store.list(bucket, prefix.rstrip("/") + "/" if prefix else "")
