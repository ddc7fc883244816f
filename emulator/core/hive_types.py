"""Hive type names, as the Glue catalog spells them, to Iceberg types."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyiceberg.types import IcebergType

_TOKEN = re.compile(r"\s*([A-Za-z_][\w ]*\w|[A-Za-z_]|\d+|[<>(),:])")


@dataclass(frozen=True)
class HiveType:
    """A parsed type: its lower-case name and what stands in its brackets.

    numbers holds the arguments of decimal(p,s) or varchar(n); children the
    element of an array, key and value of a map, or a struct's fields in order,
    whose names are in names.
    """

    name: str
    numbers: tuple[int, ...] = ()
    children: tuple[HiveType, ...] = ()
    names: tuple[str, ...] = ()


class UnknownTypeError(ValueError):
    """The catalog holds a type name that Hive does not know."""


def parse(text: str) -> HiveType:
    """Parse a type such as struct<a:int,b:array<decimal(10,2)>>."""
    tokens, end = [], 0
    for match in _TOKEN.finditer(text):
        if match.start() != end:
            break
        tokens.append(match.group(1))
        end = match.end()
    if text[end:].strip() or not tokens:
        raise UnknownTypeError(f"not a Hive type: {text!r}")
    parsed, rest = _parse(tokens, text)
    if rest:
        raise UnknownTypeError(f"not a Hive type: {text!r}")
    return parsed


def _parse(tokens: list[str], text: str) -> tuple[HiveType, list[str]]:
    if not tokens:
        raise UnknownTypeError(f"not a Hive type: {text!r}")
    name, rest = tokens[0].lower(), tokens[1:]
    if rest[:1] == ["("]:
        close = rest.index(")") if ")" in rest else -1
        numbers = [token for token in rest[1:close] if token != ","]
        if close < 0 or not all(token.isdigit() for token in numbers):
            raise UnknownTypeError(f"not a Hive type: {text!r}")
        return HiveType(name, tuple(int(token) for token in numbers)), rest[close + 1 :]
    if rest[:1] != ["<"]:
        return HiveType(name), rest
    children, names = [], []
    while rest[0] != ">":
        rest = rest[1:]  # the opening bracket or a comma
        if name == "struct":
            if len(rest) < 3 or rest[1] != ":":
                raise UnknownTypeError(f"not a Hive type: {text!r}")
            names.append(rest[0])
            rest = rest[2:]
        child, rest = _parse(rest, text)
        children.append(child)
        if rest[:1] not in ([","], [">"]):
            raise UnknownTypeError(f"not a Hive type: {text!r}")
    return HiveType(name, (), tuple(children), tuple(names)), rest[1:]


def to_iceberg(hive: HiveType, next_id: Callable[[], int]) -> IcebergType:
    """The Iceberg type of a column; next_id numbers the fields inside it.

    Iceberg has no integers below 32 bits. A Hive timestamp has no zone.
    """
    from pyiceberg import types

    if hive.name == "decimal":
        precision, scale = (*hive.numbers, 10, 0)[:2] if not hive.numbers else (*hive.numbers, 0)[:2]
        return types.DecimalType(precision, scale)
    if hive.name == "array" and len(hive.children) == 1:
        return types.ListType(next_id(), to_iceberg(hive.children[0], next_id), False)
    if hive.name == "map" and len(hive.children) == 2:
        key, value = hive.children
        ids = next_id(), next_id()
        return types.MapType(ids[0], to_iceberg(key, next_id), ids[1], to_iceberg(value, next_id), False)
    if hive.name == "struct" and hive.children:
        numbers = [next_id() for _ in hive.children]
        return types.StructType(
            *(
                types.NestedField(number, name, to_iceberg(child, next_id), required=False)
                for number, name, child in zip(numbers, hive.names, hive.children, strict=True)
            )
        )
    primitives: dict[str, type[IcebergType]] = {
        "boolean": types.BooleanType,
        "tinyint": types.IntegerType,
        "smallint": types.IntegerType,
        "int": types.IntegerType,
        "integer": types.IntegerType,
        "bigint": types.LongType,
        "long": types.LongType,
        "float": types.FloatType,
        "double": types.DoubleType,
        "string": types.StringType,
        "varchar": types.StringType,
        "char": types.StringType,
        "binary": types.BinaryType,
        "date": types.DateType,
        "timestamp": types.TimestampType,
    }
    if hive.name not in primitives:
        raise UnknownTypeError(f"unknown type {hive.name!r}")
    return primitives[hive.name]()
