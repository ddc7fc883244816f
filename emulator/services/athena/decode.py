"""Objects of Hive tables to Arrow columns of exactly the catalog's types.

A column that a file lacks is null; a value that isn't of the declared type
makes the query fail, as in Athena, instead of becoming something else.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json
import pyarrow.parquet as pq

from emulator.services.athena import lazy_simple, open_csv
from emulator.services.athena.catalog import Table
from emulator.services.athena.errors import QueryError

Columns = dict[str, pa.DataType]


@dataclass(frozen=True)
class Reader:
    """How a table's objects are read. signature tells apart ways of reading the same object."""

    signature: tuple[Any, ...]
    read: Callable[[bytes, str, Columns], dict[str, Any]]
    # Whether columns are apart in the file, so that only those read are scanned.
    columnar: bool = False

    def scanned(self, held: dict[str, Any], size: int, columns: list[str]) -> int:
        """The bytes that Athena would bill for reading these columns of an object."""
        if not self.columnar:
            return size
        return held["\0footer"] + sum(held[f"\0{name}"] for name in columns)


def reader(table: Table) -> Reader:
    """The reader for the table's SerDe."""
    serde = table.descriptor.get("SerdeInfo") or {}
    library = serde.get("SerializationLibrary", "")
    parameters = serde.get("Parameters") or {}
    name = library.rpartition(".")[2]
    if name == "ParquetHiveSerDe":
        return Reader(("parquet",), _parquet, columnar=True)
    if name == "JsonSerDe":
        lenient = parameters.get("ignore.malformed.json", "false").lower() == "true"
        return Reader(("json", lenient), lambda body, key, columns: _json(body, key, columns, lenient))
    if name in ("OpenCSVSerde", "LazySimpleSerDe"):
        form = _csv_format(name, parameters)
        skip = int(table.parameters.get("skip.header.line.count", "0"))
        order = tuple(table.columns)
        signature = (name, tuple(sorted(form.items())), skip, order)
        return Reader(signature, lambda body, key, columns: _csv(body, key, columns, order, form, skip))
    raise QueryError("NOT_SUPPORTED", f"{table.database}.{table.name}: SerDe {library!r} is not read here")


def _text(body: bytes, key: str) -> bytes:
    if body[:2] != b"\x1f\x8b":
        return body
    try:
        return gzip.decompress(body)
    except (OSError, EOFError, zlib.error) as error:
        raise QueryError("HIVE_CURSOR_ERROR", f"{key}: {error}") from error


def _parquet(body: bytes, key: str, columns: Columns) -> dict[str, Any]:
    try:
        file = pq.ParquetFile(pa.BufferReader(body))
    except (pa.ArrowInvalid, OSError) as error:
        raise QueryError("HIVE_CANNOT_OPEN_SPLIT", f"{key}: {error}") from error
    present = {name.lower(): name for name in file.schema_arrow.names}
    sizes: dict[str, int] = {}
    for group in range(file.metadata.num_row_groups):
        chunks = file.metadata.row_group(group)
        for number in range(chunks.num_columns):
            chunk = chunks.column(number)
            name = chunk.path_in_schema.partition(".")[0].lower()
            sizes[name] = sizes.get(name, 0) + chunk.total_compressed_size
    read = file.read([present[name] for name in columns if name in present])
    held: dict[str, Any] = {"": file.metadata.num_rows, "\0footer": file.metadata.serialized_size + 8}
    for name, kind in columns.items():
        held[f"\0{name}"] = sizes.get(name, 0)
        if name not in present:
            held[name] = pa.nulls(file.metadata.num_rows, kind)
        else:
            held[name] = _cast(read.column(present[name]), kind, key, name)
    return held


def _cast(column: Any, kind: pa.DataType, key: str, name: str) -> Any:
    if column.type == kind:
        return column
    try:
        if pa.types.is_timestamp(column.type) and pa.types.is_timestamp(kind):
            # Instants are shown in UTC; digits finer than the declared type are cut off.
            return column.cast(pa.timestamp(column.type.unit)).cast(kind, safe=False)
        return column.cast(kind)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise QueryError("HIVE_BAD_DATA", f"{key}: field {name} is {column.type}, declared {kind}: {error}") from error


def _simple(kind: pa.DataType) -> bool:
    is_number = pa.types.is_integer(kind) or pa.types.is_floating(kind)
    return pa.types.is_string(kind) or pa.types.is_boolean(kind) or is_number


def _json(body: bytes, key: str, columns: Columns, lenient: bool) -> dict[str, Any]:
    text = _text(body, key)
    if not text.strip():
        return {"": 0, **{name: pa.nulls(0, kind) for name, kind in columns.items()}}
    names = columns or {"": pa.string()}
    if not lenient and all(map(_simple, names.values())) and _lower_case_keys(text):
        try:
            read = pa.json.read_json(
                pa.BufferReader(text),
                read_options=pa.json.ReadOptions(block_size=len(text) + 1),
                parse_options=pa.json.ParseOptions(
                    explicit_schema=pa.schema(list(names.items())), unexpected_field_behavior="ignore"
                ),
            )
            return {"": read.num_rows, **{name: read.column(name) for name in columns}}
        except pa.ArrowInvalid:
            pass  # a value of another type: the slow way converts it, or says what is wrong
    rows = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line, parse_float=str)
            rows.append({name.lower(): value for name, value in row.items()})
        except (ValueError, AttributeError) as error:
            if not lenient:
                raise QueryError(
                    "HIVE_CURSOR_ERROR", f"Row is not a valid JSON Object - {key} line {number}: {error}"
                ) from error
            rows.append({})
    held: dict[str, Any] = {"": len(rows)}
    for name, kind in columns.items():
        held[name] = _converted([row.get(name) for row in rows], kind, key, name)
    return held


def _lower_case_keys(text: bytes) -> bool:
    """Whether the catalog's lower-case names will find the first row's keys."""
    try:
        first = json.loads(text[: text.find(b"\n") if b"\n" in text else len(text)])
        return isinstance(first, dict) and all(name == name.lower() for name in first)
    except ValueError:
        return False


def _converted(values: list[Any], kind: pa.DataType, key: str, name: str) -> pa.Array:
    """JSON or CSV values as a column, through text where that is how the SerDe does it."""
    try:
        if pa.types.is_string(kind):
            return pa.array([_as_text(value) for value in values], kind)
        if pa.types.is_nested(kind):
            return pa.array(values, kind)
        texts = pa.array([None if value is None or value == "" else _as_text(value) for value in values], pa.string())
        if pa.types.is_timestamp(kind):
            texts = pc.replace_substring_regex(texts, r"(Z|\+00:00)$", "")
        return (
            texts.cast(pa.timestamp("us")).cast(kind, safe=False) if pa.types.is_timestamp(kind) else texts.cast(kind)
        )
    except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError, ValueError) as error:
        raise QueryError("HIVE_BAD_DATA", f"{key}: Error parsing field value for field {name}: {error}") from error


def _as_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, separators=(",", ":")) if isinstance(value, (dict, list)) else str(value)


def _csv_format(library: str, parameters: dict[str, str]) -> dict[str, Any]:
    if library == "LazySimpleSerDe":
        return {
            "separator": parameters.get("field.delim", parameters.get("serialization.format", "\x01"))[0],
            "escape": parameters.get("escape.delim", ""),
            "rest": parameters.get("serialization.last.column.takes.rest", "false").lower() == "true",
        }
    return {
        "separator": parameters.get("separatorChar", ",")[0],
        "quote": parameters.get("quoteChar", '"')[0],
        "escape": parameters.get("escapeChar", "\\")[0],
    }


def _csv(
    body: bytes, key: str, columns: Columns, order: tuple[str, ...], form: dict[str, Any], skip: int
) -> dict[str, Any]:
    text = _text(body, key).decode("utf-8", "replace")
    found = open_csv.rows(text, **form) if "quote" in form else lazy_simple.rows(text, len(order), **form)
    rows = list(found)[skip:]
    held: dict[str, Any] = {"": len(rows)}
    for name, kind in columns.items():
        place = order.index(name)
        values = [row[place] if place < len(row) else None for row in rows]
        held[name] = _converted(values, kind, key, name)
    return held
