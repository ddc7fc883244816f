"""Partition projection: which folders a table's partitions are, found without asking the catalog.

Athena computes every partition that the ranges allow and reads its folder. Here
folders that exist are listed instead, level by level as far as conditions
narrow them, which gives the same objects for a fraction of the requests.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa

from emulator.services.athena.catalog import Table
from emulator.services.athena.errors import QueryError
from emulator.services.athena.objects import Object, Store
from emulator.services.athena.predicates import Predicate, partition_value

_HOLE = re.compile(r"\$\{(\w+)\}")
_JAVA_DATE = [("yyyy", "%Y"), ("MM", "%m"), ("dd", "%d"), ("HH", "%H"), ("mm", "%M"), ("ss", "%S"), ("'", "")]
_NOW = re.compile(r"NOW(?:([+-]\d+)(YEAR|MONTH|WEEK|DAY|HOUR|MINUTE|SECOND)S?)?$")

# Athena User Guide, "Partitioning data in Athena", considerations and limitations.
_MOST = 1_000_000


class Projection:
    """The partitions of one table with `projection.enabled`."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._types = table.partitions
        location = table.descriptor.get("Location", "").rstrip("/")
        standard = "".join(f"/{name}=${{{name}}}" for name in self._types)
        template = table.parameters.get("storage.location.template", location + standard).rstrip("/") + "/"
        self.bucket, _, path = template.removeprefix("s3://").partition("/")
        # Alternating: fixed text, column, fixed text, ... , fixed text.
        self._parts = _HOLE.split(path)
        self._visible = {name: _visible(table, name) for name in self._types}
        self._injected = {
            name for name in self._types if table.parameters.get(f"projection.{name}.type", "").lower() == "injected"
        }

    def objects(self, store: Store, predicates: list[Predicate]) -> Iterator[tuple[dict[str, Any], Object]]:
        """Every object of partitions that can pass, with its partition's values."""
        wanted = {name: [found for found in predicates if found.column == name] for name in self._types}
        for name in self._injected:
            if not any(found.exactly() for found in wanted[name]):
                raise QueryError(
                    "CONSTRAINT_VIOLATION",
                    f"For the injected projected partition column {name}, the WHERE clause must contain only "
                    "static equality conditions, and at least one such condition must be present.",
                )
        self._refuse_too_many(wanted)
        for prefix, level in self._prefixes(store, wanted, self._parts[0], 1):
            yield from self._below(store, wanted, prefix, level)

    def _refuse_too_many(self, wanted: dict[str, list[Predicate]]) -> None:
        """Athena reads a million partitions in a scan, of those that are computed, not of those that hold data."""
        count = 1
        for column, kind in self._types.items():
            if column in self._injected:
                continue  # its values are those of the query
            values = (partition_value(text, kind) for text in _computed(self._table, column))
            count *= sum(all(found.accepts(value) for found in wanted[column]) for value in values)
        if count > _MOST:
            raise QueryError(
                "HIVE_EXCEEDED_PARTITION_LIMIT",
                f"Query over table '{self._table.name}' can potentially read more than {_MOST} partitions",
            )

    def _prefixes(
        self, store: Store, wanted: dict[str, list[Predicate]], prefix: str, level: int
    ) -> Iterator[tuple[str, int]]:
        """Prefixes under which nothing narrows any more, and the level that they reach."""
        columns = self._parts[1::2][level // 2 :]
        if not any(wanted[column] for column in columns):
            yield prefix, level
            return
        column, after = self._parts[level], self._parts[level + 1]
        named = [found.exactly() for found in wanted[column]]
        exact = next((values for values in named if values is not None), None)
        if exact is not None:
            texts = [self._text(column, value) for value in exact]
        else:
            # What follows prefix up to the next slash: the value, perhaps with fixed text around it.
            head, slash, _ = after.partition("/")
            ends = [found for found in store.folders(self.bucket, prefix) if found.endswith(head)]
            texts = [found[: len(found) - len(head)] for found in ends] if slash else []
            if not slash:
                yield prefix, level
                return
        for text in dict.fromkeys(texts):
            if text is not None and self._passes(column, text, wanted[column]):
                yield from self._prefixes(store, wanted, prefix + text + after, level + 2)

    def _below(
        self, store: Store, wanted: dict[str, list[Predicate]], prefix: str, level: int
    ) -> Iterator[tuple[dict[str, Any], Object]]:
        pattern = "".join(
            re.escape(part) if number % 2 == 0 else f"(?P<{part}>[^/]*)" for number, part in enumerate(self._parts)
        )
        match_key = re.compile(pattern).match
        for found in store.list(self.bucket, prefix):
            match = match_key(found.key)
            if match is None:
                continue
            texts = match.groupdict()
            if all(self._passes(name, text, wanted[name]) for name, text in texts.items()):
                yield {name: partition_value(text, self._types[name]) for name, text in texts.items()}, found

    def _passes(self, column: str, text: str, predicates: list[Predicate]) -> bool:
        if not self._visible[column](text):
            return False
        value = partition_value(text, self._types[column])
        return all(predicate.accepts(value) for predicate in predicates)

    def _text(self, column: str, value: Any) -> str | None:
        """The value as a path spells it; None when no partition can have it."""
        if isinstance(value, str) and pa.types.is_string(self._types[column]):
            return value
        if isinstance(value, datetime.date):
            return value.strftime(_form(self._table, column))
        if isinstance(value, int):
            return str(value).zfill(int(self._table.parameters.get(f"projection.{column}.digits", "0")))
        return None


def _visible(table: Table, column: str) -> Callable[[str], bool]:
    """Which texts of a column the projection would have made."""

    def setting(name: str, default: str = "") -> str:
        return table.parameters.get(f"projection.{column}.{name}", default)

    kind = setting("type").lower()
    if kind == "enum":
        values = {value.strip() for value in setting("values").split(",")}
        return lambda text: text in values
    if kind == "integer":
        low, high = (int(end) for end in setting("range").split(","))
        step, digits = int(setting("interval", "1")), int(setting("digits", "0"))
        return lambda text: (
            text.isdigit()
            and low <= int(text) <= high
            and (int(text) - low) % step == 0
            and text == str(int(text)).zfill(digits)
        )
    if kind == "date":
        form = _form(table, column)
        ends = [_moment(end.strip(), form) for end in setting("range").split(",")]
        return lambda text: (moment := _parsed(text, form)) is not None and ends[0] <= moment <= ends[1]
    if kind == "injected":
        return lambda text: True
    raise QueryError("INVALID_TABLE_PROPERTY", f"projection.{column}.type is {kind or 'missing'}")


def _computed(table: Table, column: str) -> Iterator[str]:
    """The texts of a column that the projection makes; `_visible` says the same of one text."""
    setting = {name: table.parameters.get(f"projection.{column}.{name}", "") for name in ("type", "values", "range")}
    step = int(table.parameters.get(f"projection.{column}.interval", "1"))
    if setting["type"].lower() == "enum":
        yield from {value.strip() for value in setting["values"].split(",")}
    elif setting["type"].lower() == "integer":
        low, high = (int(end) for end in setting["range"].split(","))
        digits = int(table.parameters.get(f"projection.{column}.digits", "0"))
        yield from (str(number).zfill(digits) for number in range(low, high + 1, step))
    else:
        form = _form(table, column)
        moment, last = (_moment(end.strip(), form) for end in setting["range"].split(","))
        unit = table.parameters.get(f"projection.{column}.interval.unit", "DAYS").lower().rstrip("s")
        months = {"month": step, "year": 12 * step}.get(unit, 0)
        while moment <= last:
            yield moment.strftime(form)
            if months:
                year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
                moment = moment.replace(year=year, month=month + 1, day=1)
            else:
                moment += datetime.timedelta(**{f"{unit}s": step})


def _form(table: Table, column: str) -> str:
    """The column's date format, Java's in the table and Python's here."""
    form = table.parameters.get(f"projection.{column}.format", "yyyy-MM-dd")
    for java, python in _JAVA_DATE:
        form = form.replace(java, python)
    return form


def _parsed(text: str, form: str) -> datetime.datetime | None:
    try:
        return datetime.datetime.strptime(text, form)
    except ValueError:
        return None


def _moment(text: str, form: str) -> datetime.datetime:
    match = _NOW.match(text.replace(" ", ""))
    if match is None:
        moment = _parsed(text, form)
        if moment is None:
            raise QueryError("INVALID_TABLE_PROPERTY", f"projection range {text!r} is not a date")
        return moment
    now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
    if match[1] is None:
        return now
    count, unit = int(match[1]), match[2].lower()
    days = {"year": 365.25, "month": 30.4375}.get(unit)
    if days:
        return now + datetime.timedelta(days=count * days)
    return now + datetime.timedelta(**{f"{unit}s": count})
