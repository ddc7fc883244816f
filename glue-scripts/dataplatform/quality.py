"""The contracts' quality rules, on single lines before they are published and on tables before a branch is."""

import logging
from collections.abc import Mapping, Sequence
from functools import reduce
from operator import or_

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from dataplatform import table_rules
from dataplatform.contracts import Contract
from dataplatform.engine.spark import only
from dataplatform.transforms import verdict

LOG = logging.getLogger(__name__)


class QualityError(RuntimeError):
    """A table breaks its contract and must not be published."""


def conform(frame: DataFrame, contract: Contract) -> DataFrame:
    """Select the contract's columns in order; raise QualityError when one is missing or has another type."""
    have = {field.name: field.dataType.simpleString() for field in frame.schema}
    want = {field.name: field.dataType.simpleString() for field in contract.schema}
    wrong = [
        f"{name}: {have.get(name, 'missing')}, not {kind}" for name, kind in want.items() if have.get(name) != kind
    ]
    if wrong:
        raise QualityError(f"{contract.id}: the transform's columns are not the contract's: {'; '.join(wrong)}")
    return frame.select(*contract.names)


def evaluate(lines: DataFrame, contract: Contract, unfinished: Column) -> DataFrame:
    """Give every line that breaks a rule of its contract a reason; what unfinished lines lack is left for later."""
    checks: list[verdict.Check] = []
    for rule in contract.quality:
        broken = table_rules.broken_by(rule)
        if broken is None or rule["severity"] != "error" or rule.get("bounds"):
            continue
        if rule["kind"] == "not_null":
            checks.append((broken & ~unfinished, "missing_field", rule["name"]))
        else:
            checks.append((broken, "invalid_value", rule["name"]))
    return verdict.give(lines, checks)


def audit(
    rows: DataFrame,
    contract: Contract,
    whole: DataFrame | None = None,
    upstream: Mapping[str, DataFrame] | None = None,
) -> None:
    """Raise QualityError naming every broken rule and how many rows break it; warnings are logged.

    ``rows`` are those that a run touches of the ``whole`` table, ``upstream`` the tables that references are to, by
    their contracts' ids.
    """
    table = rows if whole is None else whole
    problems = [*_of_single_rows(rows, contract), *table_rules.broken(rows, contract, table, upstream or {})]
    errors = [said for severity, said in problems if severity == "error"]
    for severity, said in problems:
        if severity != "error":
            LOG.warning("%s: rows that break a rule: %s", contract.id, said)
    if errors:
        raise QualityError(f"{contract.id}: rows that break a rule: {', '.join(errors)}")


def _of_single_rows(rows: DataFrame, contract: Contract) -> list[tuple[str, str]]:
    """Return the severity and the text of every broken rule that no row may break."""
    strict = [rule for rule in contract.quality if not rule.get("bounds")]
    of_rows = {rule["name"]: broken for rule in strict if (broken := table_rules.broken_by(rule)) is not None}
    unique = {rule["name"]: list(rule["columns"]) for rule in strict if rule["kind"] == "unique"}
    # Nearly always nothing is broken, which is less work to see than what is.
    if _spotless(rows, list(of_rows.values()), list(unique.values())):
        return []
    found: dict[str, int] = {}
    if of_rows:
        found = only(rows.agg(*[F.count_if(broken).alias(name) for name, broken in of_rows.items()])).asDict()
    found.update({name: table_rules.repeated(rows, columns) for name, columns in unique.items()})
    severity = {rule["name"]: rule["severity"] for rule in strict}
    return [(severity[name], f"{name}: {number}") for name, number in found.items() if number]


def broken(contract: Contract) -> Column:
    """Return the condition under which a row breaks a rule by itself that may not be broken."""
    rules = [rule for rule in contract.quality if rule["severity"] == "error" and not rule.get("bounds")]
    conditions = [condition for rule in rules if (condition := table_rules.broken_by(rule)) is not None]
    return reduce(or_, conditions, F.lit(False))


def _spotless(rows: DataFrame, of_rows: Sequence[Column], unique: Sequence[Sequence[str]]) -> bool:
    """Whether no row breaks a rule and no hash of what is to be unique repeats: true is sure, false may be an alarm."""
    broken = F.count_if(reduce(or_, of_rows, F.lit(False)))
    by_hash = [
        rows.groupBy(F.xxhash64(*columns)).agg(F.count("*").alias("_rows"), broken.alias("_broken"))
        for columns in unique
    ]
    spotted = [one.agg(((F.max("_rows") > 1) | (F.sum("_broken") > 0)).alias("_spotted")) for one in by_hash]
    return not any(only(one)["_spotted"] for one in spotted or [rows.agg((broken > 0).alias("_spotted"))])
