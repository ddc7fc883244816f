"""Partition projection, as far as there are objects.

Athena computes every partition that a table's ranges allow, and lists the folder of each: of an hourly table since 2010
they are 148,000. Trino would do so, too, and ask an emulator on the same machine for all of them. It is given the
partitions that hold an object instead: the others have no rows.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterable
from typing import Any

Json = dict[str, Any]

_HOLE = re.compile(r"\$\{(\w+)\}")
_JAVA_DATE = [("yyyy", "%Y"), ("MM", "%m"), ("dd", "%d"), ("HH", "%H"), ("mm", "%M"), ("ss", "%S"), ("'", "")]
_NOW = re.compile(r"NOW(?:([+-]\d+)(YEAR|MONTH|WEEK|DAY|HOUR|MINUTE|SECOND)S?)?$")
_TEMPLATE = "storage.location.template"


def projected(table: Json) -> bool:
    """Whether Glue's table has projection of a kind that objects show: injected values they do not."""
    parameters = table.get("Parameters") or {}
    kinds = [parameters.get(f"projection.{column['Name']}.type", "") for column in table.get("PartitionKeys") or []]
    return parameters.get("projection.enabled", "").lower() == "true" and "injected" not in map(str.lower, kinds)


def plain(table: Json) -> Json:
    """The table as one whose partitions are registered."""
    parameters = table["Parameters"].items()
    kept = {name: value for name, value in parameters if name != _TEMPLATE and not name.startswith("projection.")}
    return {**table, "Parameters": kept}


class Projection:
    """The partitions of a table."""

    def __init__(self, table: Json) -> None:
        self._descriptor: Json = table["StorageDescriptor"]
        columns = [column["Name"] for column in table["PartitionKeys"]]
        standard = self._descriptor.get("Location", "").rstrip("/") + "".join(
            f"/{name}=${{{name}}}" for name in columns
        )
        self._template = table["Parameters"].get(_TEMPLATE, standard).rstrip("/") + "/"
        self.bucket, _, path = self._template.removeprefix("s3://").partition("/")
        # Alternating: fixed text, column, fixed text, …
        parts = _HOLE.split(path)
        self.prefix = parts[0]
        ways = ((re.escape(part), f"(?P<{part}>[^/]*)")[number % 2] for number, part in enumerate(parts))
        self._pattern = re.compile("".join(ways))
        self._allowed = {name: _allowed(table["Parameters"], name) for name in columns}

    def values(self, keys: Iterable[str]) -> list[list[str]]:
        """The values of the partitions that objects with these keys are in."""
        matches = (self._pattern.match(key) for key in keys)
        found = {tuple(match[name] for name in self._allowed) for match in matches if match}
        return sorted(list(one) for one in found if self.has(one))

    def has(self, values: Iterable[str]) -> bool:
        """Whether there is a partition of these values."""
        return all(allowed(text) for allowed, text in zip(self._allowed.values(), values, strict=True))

    def partition(self, values: list[str]) -> Json:
        """The partition of these values, as Glue would describe it."""
        texts = dict(zip(self._allowed, values, strict=True))
        location = _HOLE.sub(lambda hole: texts[hole[1]], self._template)
        return {"Values": values, "StorageDescriptor": {**self._descriptor, "Location": location}}


def _allowed(parameters: dict[str, str], column: str) -> Callable[[str], bool]:
    """Which texts of a column the projection makes (Athena User Guide, Supported types for partition projection)."""

    def setting(name: str, default: str = "") -> str:
        return parameters.get(f"projection.{column}.{name}", default)

    kind = setting("type").lower()
    if kind == "enum":
        values = {value.strip() for value in setting("values").split(",")}
        return lambda text: text in values
    if kind == "integer":
        low, high = (int(end) for end in setting("range").split(","))
        step, digits = int(setting("interval", "1")), int(setting("digits", "0"))
        numbers = range(low, high + 1, step)
        return lambda text: text.isdigit() and int(text) in numbers and text == text.lstrip("0").zfill(max(digits, 1))
    if kind == "date":
        form = setting("format", "yyyy-MM-dd")
        for java, python in _JAVA_DATE:
            form = form.replace(java, python)
        first, last = (_moment(end.strip(), form) for end in setting("range").split(","))
        return lambda text: (moment := _parsed(text, form)) is not None and first <= moment <= last
    return lambda _: False


def _parsed(text: str, form: str) -> datetime.datetime | None:
    try:
        return datetime.datetime.strptime(text, form)
    except ValueError:
        return None


def _moment(text: str, form: str) -> datetime.datetime:
    match = _NOW.match(text.replace(" ", ""))
    if match is None:
        return datetime.datetime.strptime(text, form)
    now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
    if match[1] is None:
        return now
    count, unit = int(match[1]), match[2].lower()
    days = {"year": 365.25, "month": 30.4375}.get(unit)
    return now + (datetime.timedelta(days=count * days) if days else datetime.timedelta(**{f"{unit}s": count}))
