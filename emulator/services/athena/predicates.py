"""Conditions on single columns that decide which partitions and files are read at all.

They only ever narrow what is read; the query itself still applies its whole
WHERE clause, so a condition that is not understood costs time, not truth.
"""

from __future__ import annotations

import datetime
import decimal
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from pyiceberg import expressions as iceberg

_TESTS = {
    "=": lambda value, wanted: value == wanted,
    "<": lambda value, wanted: value < wanted,
    "<=": lambda value, wanted: value <= wanted,
    ">": lambda value, wanted: value > wanted,
    ">=": lambda value, wanted: value >= wanted,
}
_ICEBERG = {
    "=": iceberg.EqualTo,
    "<": iceberg.LessThan,
    "<=": iceberg.LessThanOrEqual,
    ">": iceberg.GreaterThan,
    ">=": iceberg.GreaterThanOrEqual,
}


@dataclass(frozen=True)
class Predicate:
    """column operator value; the operator `in` has several values. None is never a value."""

    column: str
    operator: str
    values: tuple[Any, ...]

    def accepts(self, value: Any) -> bool:
        """Whether a row with that value can pass; yes, when the types can't be compared."""
        if value is None:
            return False
        if not all(comparable(value, wanted) for wanted in self.values):
            return True
        if self.operator == "in":
            return value in self.values
        return _TESTS[self.operator](value, self.values[0])

    def exactly(self) -> tuple[Any, ...] | None:
        """The only values that can pass, when the condition names them."""
        return self.values if self.operator in ("=", "in") else None


def comparable(one: Any, other: Any) -> bool:
    """Whether comparing the two means in Python what it means in SQL."""
    numbers = (int, float, decimal.Decimal)
    if isinstance(one, numbers) and isinstance(other, numbers):
        return not (isinstance(one, bool) ^ isinstance(other, bool))
    if isinstance(one, datetime.datetime) and isinstance(other, datetime.datetime):
        return (one.tzinfo is None) == (other.tzinfo is None)
    return type(one) is type(other)


def partition_value(text: str, kind: pa.DataType) -> Any:
    """A path's text as a value of the partition column; None when it isn't one."""
    try:
        if pa.types.is_integer(kind):
            return int(text)
        if pa.types.is_date(kind):
            return datetime.date.fromisoformat(text)
        if pa.types.is_timestamp(kind):
            return datetime.datetime.fromisoformat(text)
        if pa.types.is_decimal(kind):
            return decimal.Decimal(text)
        if pa.types.is_floating(kind):
            return float(text)
    except (ValueError, decimal.InvalidOperation):
        return None
    return text


def to_iceberg(predicates: list[Predicate], columns: dict[str, pa.DataType]) -> iceberg.BooleanExpression:
    """The conditions as PyIceberg's expression; those it can't be sure of are left out."""
    expression: iceberg.BooleanExpression = iceberg.AlwaysTrue()
    for predicate in predicates:
        kind = columns.get(predicate.column)
        values = [_iceberg_value(value, kind) for value in predicate.values]
        if kind is None or any(value is None for value in values):
            continue
        if predicate.operator == "in":
            expression = iceberg.And(expression, iceberg.In(predicate.column, values))
        else:
            expression = iceberg.And(expression, _ICEBERG[predicate.operator](predicate.column, values[0]))
    return expression


def _iceberg_value(value: Any, kind: pa.DataType | None) -> Any:
    """The value as a literal of the column's type; None when it isn't one for sure."""
    if kind is None or isinstance(value, bool):
        return None
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return value if isinstance(value, str) else None
    if pa.types.is_integer(kind):
        return value if isinstance(value, int) else None
    if pa.types.is_date(kind):
        plain = isinstance(value, datetime.date) and not isinstance(value, datetime.datetime)
        return value.isoformat() if plain else None
    if pa.types.is_timestamp(kind):
        if not isinstance(value, datetime.date):
            return None
        if not isinstance(value, datetime.datetime):
            value = datetime.datetime.combine(value, datetime.time())
        if kind.tz:
            value = value if value.tzinfo else value.replace(tzinfo=datetime.UTC)
            return value.astimezone(datetime.UTC).isoformat()
        return value.isoformat() if value.tzinfo is None else None
    return None
