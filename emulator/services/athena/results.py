"""Results as Athena gives them: every value as text, pages for GetQueryResults, CSV in S3."""

from __future__ import annotations

import base64
import math
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from struct import pack, unpack
from typing import Any

import pyarrow as pa

Json = dict[str, Any]
Row = list[str | None]

_VARCHAR = 2147483647
# Precision and scale of Athena's types; decimals have their own.
_PRECISION = {
    "tinyint": 3,
    "smallint": 5,
    "integer": 10,
    "bigint": 19,
    "float": 17,
    "double": 17,
    "varchar": _VARCHAR,
    "time": 3,
    "timestamp": 3,
    "timestamp with time zone": 3,
    "varbinary": 1073741824,
}
# What Athena calls otherwise than its engine.
_NAMES = {"real": "float"}


@dataclass(frozen=True)
class Column:
    """A column of a result: its name, and its type as Trino's signature has it."""

    name: str
    type: Json

    def info(self) -> Json:
        """ColumnInfo as GetQueryResults gives it."""
        raw = str(self.type["rawType"])
        name = _NAMES.get(raw, raw)
        precision, scale = _PRECISION.get(name, 0), 0
        if raw in ("decimal", "char"):
            numbers = [one["value"] for one in self.type["arguments"]]
            precision, scale = numbers if raw == "decimal" else (numbers[0], 0)
        return {
            "CatalogName": "hive",
            "SchemaName": "",
            "TableName": "",
            "Name": self.name,
            "Label": self.name,
            "Type": name,
            "Precision": precision,
            "Scale": scale,
            "Nullable": "UNKNOWN",
            "CaseSensitive": name in ("varchar", "char"),
        }


@dataclass(frozen=True)
class Result:
    """A result in text."""

    described: list[Column]
    rows: list[Row]

    def columns(self) -> list[Json]:
        """ColumnInfo of the result's columns."""
        return [column.info() for column in self.described]

    def file(self, tabbed: bool) -> bytes:
        """The file of the result: what statements answer between tabs and without names, values of queries as CSV."""
        if tabbed:
            lines = ["\t".join(value or "" for value in row) for row in self.rows]
        else:
            names: Row = [column.name for column in self.described]
            lines = [",".join(map(_quoted, row)) for row in [names, *self.rows]]
        return "".join(line + "\n" for line in lines).encode()

    def write_pages(self, path: Path) -> None:
        """Write the rows where GetQueryResults finds them."""
        columns = list(zip(*self.rows, strict=True)) or [()] * len(self.described)
        # Names may repeat: columns go by number.
        table = pa.table([pa.array(values, pa.string()) for values in columns], [f"c{n}" for n in range(len(columns))])
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)


def of_query(columns: list[Json], rows: list[list[Any]]) -> Result:
    """What Trino answered, in Athena's words."""
    described = [Column(column["name"], column["typeSignature"]) for column in columns]
    kinds = [column.type for column in described]
    return Result(described, [list(map(_text, row, kinds)) for row in rows])


def statement(names: list[str], rows: list[tuple[str, ...]]) -> Result:
    """What SHOW or DESCRIBE answers."""
    return Result([Column(name, {"rawType": "varchar"}) for name in names], [list(row) for row in rows])


def _quoted(value: str | None) -> str:
    """Every value in quotes, nothing at all for null."""
    return "" if value is None else '"' + value.replace('"', '""') + '"'


def _text(value: Any, kind: Json) -> str | None:
    if value is None:
        return None
    if kind["rawType"] == "varbinary":
        return base64.b64decode(value).hex(" ")
    return _nested(value, kind)


def _nested(value: Any, kind: Json) -> str:
    """Arrays as [1, 2], rows and maps as {a=1, b=2}."""
    if value is None:
        return "null"
    raw, parts = kind["rawType"], [one["value"] for one in kind.get("arguments", [])]
    if raw == "array":
        return "[" + ", ".join(_nested(one, parts[0]) for one in value) + "]"
    if raw == "map":
        return (
            "{" + ", ".join(f"{_nested(name, parts[0])}={_nested(one, parts[1])}" for name, one in value.items()) + "}"
        )
    if raw == "row":
        names = ((part.get("fieldName") or {}).get("name", f"field{n}") for n, part in enumerate(parts))
        fields = zip(names, parts, value, strict=True)
        return "{" + ", ".join(f"{name}={_nested(one, part['typeSignature'])}" for name, part, one in fields) + "}"
    if isinstance(value, bool):
        return "true" if value else "false"
    if raw in ("double", "real"):
        return java_double(float(value), single=raw == "real")
    return str(value)


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
    return unpack("f", pack("f", one)) == unpack("f", pack("f", other))
