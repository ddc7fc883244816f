"""Rules over more than a row: a share of rows, a number of them, a reference to another table."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from dataplatform.contracts import Contract

Rule = Mapping[str, Any]
# How many of the rows that break a rule are named.
_NAMED = 5
_PERSONAL = "pii"
# What names a line of a file.
_LINE = ("file_digest", "line_number")


def broken(
    rows: DataFrame, contract: Contract, whole: DataFrame, upstream: Mapping[str, DataFrame]
) -> Iterator[tuple[str, str]]:
    """Yield the severity and the text of every such rule that does not hold.

    Shares and references are of the rows that a run touches, a number of rows is that of the whole table. ``upstream``
    are the other tables that references are to; one may be to the table itself.
    """
    tables = {**upstream, contract.id: whole}
    for rule in contract.quality:
        if rule["kind"] == "row_count":
            if not _holds(number := whole.count(), rule["bounds"]):
                yield rule["severity"], f"{rule['name']}: {number} rows, want {_said(rule['bounds'])}"
        elif rule["kind"] == "reference":
            yield from _astray(rule, rows, contract, tables[rule["dataset"]])
        elif rule.get("bounds"):
            yield from _beyond(rule, rows, contract)


def references(contract: Contract) -> list[str]:
    """Return the ids of the other datasets that a contract's rules refer to."""
    to = [rule["dataset"] for rule in contract.quality if rule["kind"] == "reference"]
    return [one for one in dict.fromkeys(to) if one != contract.id]


def _astray(rule: Rule, rows: DataFrame, contract: Contract, other: DataFrame) -> Iterator[tuple[str, str]]:
    [column] = rule["columns"]
    known = other.select(F.col(rule["to"]).alias("_to")).distinct()
    lost = rows.where(F.col(column).isNotNull()).join(known, F.col(column) == F.col("_to"), "left_anti")
    if number := lost.count():
        yield rule["severity"], f"{rule['name']}: {number}{_first(lost, contract, column)}"


def _beyond(rule: Rule, rows: DataFrame, contract: Contract) -> Iterator[tuple[str, str]]:
    bounds, condition = rule["bounds"], broken_by(rule)
    total = rows.count()
    if not total:
        return
    number = repeated(rows, rule["columns"]) if condition is None else rows.where(condition).count()
    share = 100 * number / total
    if _holds(share if bounds.get("percent") else number, bounds):
        return
    named = "" if condition is None else _first(rows.where(condition), contract, *rule["columns"])
    said = f"{number} of {total} rows, {share:.4g} percent, want {_said(bounds)}{named}"
    yield rule["severity"], f"{rule['name']}: {said}"


def _first(lost: DataFrame, contract: Contract, *columns: str) -> str:
    """Name the first rows by their key and the columns that the rule is about, but for what is personal.

    A key of what a line says is personal: such rows are named by their files and lines, as those in quarantine are.
    """
    personal = {one["name"] for one in contract.columns if one["classification"] == _PERSONAL}
    names = [one for one in dict.fromkeys((*contract.primary_key, *columns)) if one not in personal]
    said = {name: F.col(name).cast("string") for name in names}
    if personal.intersection(contract.primary_key) and set(_LINE) <= set(contract.names):
        said = {"line": F.concat_ws(":", *_LINE), **said}
    names = list(said)
    if not names:
        return ""
    found = lost.select(*[value.alias(name) for name, value in said.items()]).orderBy(*names).limit(_NAMED).collect()
    if not found:
        return ""
    return "; the first: " + ", ".join(" ".join(f"{name}={row[name]}" for name in names) for row in found)


_ENDS: tuple[tuple[str, str, Callable[[float, float], bool]], ...] = (
    ("atLeast", ">=", lambda value, end: value >= end),
    ("above", ">", lambda value, end: value > end),
    ("atMost", "<=", lambda value, end: value <= end),
    ("below", "<", lambda value, end: value < end),
)


def _holds(value: float, bounds: Mapping[str, Any]) -> bool:
    return all(holds(value, bounds[end]) for end, _, holds in _ENDS if end in bounds)


def _said(bounds: Mapping[str, Any]) -> str:
    ends = " and ".join(f"{sign} {bounds[end]:g}" for end, sign, _ in _ENDS if end in bounds)
    return f"{ends} percent" if bounds.get("percent") else ends


def repeated(rows: DataFrame, columns: Sequence[str]) -> int:
    """Return how many values of the columns more than one row has."""
    return rows.dropna(subset=list(columns)).groupBy(*columns).count().where("count > 1").count()


def broken_by(rule: Mapping[str, Any]) -> Column | None:
    """Return the condition under which one row breaks the rule, or None for a rule about several rows."""
    kind, columns = rule["kind"], rule["columns"]
    if kind in {"unique", "row_count", "reference"}:
        return None
    if kind == "expression":
        return ~F.expr(rule["expression"])
    value = F.col(columns[0])
    conditions: dict[str, Callable[[], Column]] = {
        "not_null": lambda: F.isnull(value),
        "min": lambda: value < F.lit(rule["limit"]),
        "max": lambda: value > F.lit(rule["limit"]),
        "enum": lambda: ~value.isin(*rule["values"]),
        "pattern": lambda: ~value.rlike(rf"^(?:{rule['pattern']})\z"),
    }
    if kind not in conditions:
        raise ValueError(f"rule {rule['name']} has a kind that no job evaluates: {kind}")
    return conditions[kind]()
