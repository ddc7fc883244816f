"""Results as Athena gives them: every value as text, pages for GetQueryResults, CSV in S3."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from emulator.services.athena.objects import Store

# DuckDB's type: Athena's name, precision, scale.
_TYPES: dict[str, tuple[str, int, int]] = {
    "BOOLEAN": ("boolean", 0, 0),
    "TINYINT": ("tinyint", 3, 0),
    "SMALLINT": ("smallint", 5, 0),
    "INTEGER": ("integer", 10, 0),
    "BIGINT": ("bigint", 19, 0),
    "HUGEINT": ("bigint", 19, 0),
    "UBIGINT": ("bigint", 19, 0),
    "UINTEGER": ("bigint", 19, 0),
    "FLOAT": ("float", 17, 0),
    "DOUBLE": ("double", 17, 0),
    "VARCHAR": ("varchar", 2147483647, 0),
    "JSON": ("json", 0, 0),
    "DATE": ("date", 0, 0),
    "TIME": ("time", 3, 0),
    "TIMESTAMP": ("timestamp", 3, 0),
    "TIMESTAMP_MS": ("timestamp", 3, 0),
    "TIMESTAMP_S": ("timestamp", 3, 0),
    "TIMESTAMP WITH TIME ZONE": ("timestamp with time zone", 3, 0),
    "BLOB": ("varbinary", 1073741824, 0),
    "INTERVAL": ("interval day to second", 0, 0),
}
# How DuckDB writes a type; the others are written by _python.
_AS_TEXT = {
    "TIMESTAMP_MS": "strftime({}, '%Y-%m-%d %H:%M:%S.%g')",
    "TIMESTAMP_S": "strftime({}, '%Y-%m-%d %H:%M:%S.%g')",
    "TIMESTAMP": "strftime({}, '%Y-%m-%d %H:%M:%S.%f')",
    "TIMESTAMP WITH TIME ZONE": "strftime({}, '%Y-%m-%d %H:%M:%S.%f') || ' UTC'",
}
_PYTHON = ("FLOAT", "DOUBLE", "BLOB")


class Result:
    """A result in text; statement says that it answers SHOW or DESCRIBE, not a query."""

    def __init__(self, text: pa.Table, types: list[str] | None = None, statement: bool = False) -> None:
        self.text = text
        self._types = types or ["VARCHAR"] * text.num_columns
        self._statement = statement

    def columns(self) -> list[dict[str, Any]]:
        """ColumnInfo of the result's columns."""
        return [_column(name, kind) for name, kind in zip(self.text.column_names, self._types, strict=True)]

    def write(self, store: Store, output: str, pages: Path) -> str:
        """Write the file at the output location (without its ending) and the pages; the file's URI."""
        ending = ".txt" if self._statement else ".csv"
        bucket, _, key = output.removeprefix("s3://").partition("/")
        store.put(bucket, key + ending, self._tabbed() if self._statement else self._csv())
        with pa.OSFile(str(pages), "wb") as sink, pa.ipc.new_file(sink, self.text.schema) as writer:
            writer.write_table(self.text)
        return output + ending

    def _csv(self) -> bytes:
        """Every value in quotes, nothing at all for null."""
        quoted = [_quoted(column) for column in self.text.columns]
        head = ",".join('"' + name.replace('"', '""') + '"' for name in self.text.column_names)
        return _lines([head], quoted, ",")

    def _tabbed(self) -> bytes:
        return _lines([], self.text.columns, "\t")


def _lines(head: list[str], columns: list[Any], separator: str) -> bytes:
    rows: list[str] = []
    if columns:
        joined = pc.binary_join_element_wise(*columns, separator, null_handling="replace", null_replacement="")
        rows = joined.to_pylist()
    return "".join(line + "\n" for line in [*head, *rows]).encode()


def _quoted(column: Any) -> Any:
    doubled = pc.replace_substring(column, '"', '""')
    return pc.binary_join_element_wise('"', doubled, '"', "")


def formatted(connection: duckdb.DuckDBPyConnection, data: pa.Table, described: list[tuple[str, str]]) -> Result:
    """A query's result in Athena's words."""
    types = [kind for _, kind in described]
    # Names may repeat: columns go by number.
    data = data.rename_columns([f"c{number}" for number in range(data.num_columns)])
    connection.register("$result", data)
    texts = []
    for number, kind in enumerate(types):
        by_python = kind in _PYTHON or kind.endswith("]") or kind.startswith(("STRUCT", "MAP"))
        form = '"c{}"' if by_python else _AS_TEXT.get(kind, "CAST({} AS VARCHAR)").replace("{}", '"c{}"')
        texts.append(f"{form.format(number)} AS c{number}")
    shown = connection.sql(f'SELECT {", ".join(texts)} FROM "$result"').to_arrow_table()
    columns = []
    for number, kind in enumerate(types):
        column = shown.column(number)
        if not pa.types.is_string(column.type):
            column = pa.array([_text(value, kind) for value in column.to_pylist()], pa.string())
        columns.append(column)
    return Result(pa.table(columns, names=[name for name, _ in described]), types)


def _column(name: str, kind: str) -> dict[str, Any]:
    if kind.startswith("DECIMAL"):
        precision, scale = (int(digits) for digits in re.findall(r"\d+", kind))
        label = ("decimal", precision, scale)
    elif kind.endswith("]"):
        label = ("array", 0, 0)
    elif kind.startswith("STRUCT"):
        label = ("row", 0, 0)
    elif kind.startswith("MAP"):
        label = ("map", 0, 0)
    else:
        label = _TYPES.get(kind, ("varchar", 2147483647, 0))
    return {
        "CatalogName": "hive",
        "SchemaName": "",
        "TableName": "",
        "Name": name,
        "Label": name,
        "Type": label[0],
        "Precision": label[1],
        "Scale": label[2],
        "Nullable": "UNKNOWN",
        "CaseSensitive": label[0] == "varchar",
    }


def _text(value: Any, kind: str) -> str | None:
    if value is None:
        return None
    if isinstance(value, float):
        return java_double(value, single=kind == "FLOAT")
    if isinstance(value, bytes):
        return value.hex(" ")
    return _nested(value)


def _nested(value: Any) -> str:
    """Arrays as [1, 2], rows and maps as {a=1, b=2}."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return java_double(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}={_nested(part)}" for name, part in value.items()) + "}"
    if isinstance(value, list) and value and all(isinstance(part, tuple) for part in value):
        return "{" + ", ".join(f"{_nested(name)}={_nested(part)}" for name, part in value) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_nested(part) for part in value) + "]"
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def java_double(value: float, single: bool = False) -> str:
    """A number as Java writes it: 1.0, 1.5E-5, 1.0E7, NaN, Infinity."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if single:
        value = next(short for digits in range(6, 10) if _same_single(short := float(f"{value:.{digits}g}"), value))
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        text = format(Decimal(repr(value)), "f")
        return text if "." in text else text + ".0"
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    assert isinstance(exponent, int)
    mantissa = "".join(map(str, digits))
    power = exponent + len(mantissa) - 1
    return f"{'-' if sign else ''}{mantissa[0]}.{mantissa[1:] or '0'}E{power}"


def _same_single(one: float, other: float) -> bool:
    return pa.scalar(one, pa.float32()) == pa.scalar(other, pa.float32())
