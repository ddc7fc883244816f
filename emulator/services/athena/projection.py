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
LIMIT = 1_000_000  # Athena User Guide, Partition projection: Considerations and limitations

# Between the conditions of two columns, each in brackets.
_AND = re.compile(r"(?<=\)) AND (?=\()", re.IGNORECASE)
_LITERAL = re.compile(r"'[^']*'")
_TEMPLATE = "storage.location.template"


def projected(table: Json) -> bool:
    """Whether Glue's table has projection of a kind that objects show: injected values they do not."""
    parameters = table.get("Parameters") or {}
    kinds = [parameters.get(f"projection.{column['Name']}.type", "") for column in table.get("PartitionKeys") or []]
    return parameters.get("projection.enabled", "").lower() == "true" and "injected" not in map(str.lower, kinds)


def too_many(database: str, table: str) -> str:
    """What Athena says of a scan that computes more partitions than it takes."""
    return f"Query over table '{database}.{table}' can potentially read more than {LIMIT} partitions"


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
        self._values = {name: _values(table["Parameters"], name) for name in columns}

    def values(self, keys: Iterable[str]) -> list[list[str]]:
        """The values of the partitions that objects with these keys are in."""
        matches = (self._pattern.match(key) for key in keys)
        found = {tuple(match[name] for name in self._values) for match in matches if match}
        return sorted(list(one) for one in found if self.has(one))

    def has(self, values: Iterable[str]) -> bool:
        """Whether there is a partition of these values."""
        return all(text in allowed for allowed, text in zip(self._values.values(), values, strict=True))

    def count(self, expression: str, holds: Callable[[str, list[str]], bool]) -> int:
        """How many partitions Athena computes, and lists, for Trino's filter: a condition of each column on its own.

        holds says whether a condition is true of a partition's values.
        """
        conditions = [part for part in _AND.split(expression) if part]
        count = 1
        for place, (name, values) in enumerate(self._values.items()):
            own = [text for text in conditions if re.search(rf"\b{name}\b", _LITERAL.sub("", text))]
            others = [""] * len(self._values)
            count *= sum(
                all(holds(text, [*others[:place], value, *others[place + 1 :]]) for text in own) for value in values
            )
        return count

    def partition(self, values: list[str]) -> Json:
        """The partition of these values, as Glue would describe it."""
        texts = dict(zip(self._values, values, strict=True))
        location = _HOLE.sub(lambda hole: texts[hole[1]], self._template)
        return {"Values": values, "StorageDescriptor": {**self._descriptor, "Location": location}}


def _values(parameters: dict[str, str], column: str) -> frozenset[str]:
    """The texts of a column that the projection makes (Athena User Guide, Supported types for partition projection)."""

    def setting(name: str, default: str = "") -> str:
        return parameters.get(f"projection.{column}.{name}", default)

    kind = setting("type").lower()
    if kind == "enum":
        return frozenset(value.strip() for value in setting("values").split(","))
    step = int(setting("interval", "1"))
    if kind == "integer":
        low, high = (int(end) for end in setting("range").split(","))
        return frozenset(str(number).zfill(int(setting("digits", "0"))) for number in range(low, high + 1, step))
    if kind == "date":
        form = setting("format", "yyyy-MM-dd")
        for java, python in _JAVA_DATE:
            form = form.replace(java, python)
        moment, last = (_moment(end.strip(), form) for end in setting("range").split(","))
        unit = setting("interval.unit", "DAYS" if "%d" in form else "MONTHS").lower().rstrip("s")
        found = set()
        while moment <= last:
            found.add(moment.strftime(form))
            moment = _later(moment, step, unit)
        return frozenset(found)
    return frozenset()


def _later(moment: datetime.datetime, count: int, unit: str) -> datetime.datetime:
    if months := {"year": 12, "month": 1}.get(unit):
        year, month = divmod(moment.year * 12 + moment.month - 1 + count * months, 12)
        return moment.replace(year=year, month=month + 1)
    return moment + datetime.timedelta(**{f"{unit}s": count})


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
