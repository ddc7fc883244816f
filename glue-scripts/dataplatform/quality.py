"""The contracts' quality rules, on single lines before they are published and on tables before a branch is."""

import logging
from collections.abc import Mapping
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from dataplatform.contracts import Contract

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


def judge(lines: DataFrame, contract: Contract, unfinished: Column) -> DataFrame:
    """Give every line that breaks a rule of its contract a reason; unfinished lines are left for later."""
    verdict = F.when(F.col("reason").isNotNull() | unfinished, F.struct("reason", "error"))
    for rule in contract.quality:
        broken = _broken(rule)
        if broken is None or rule["severity"] != "error":
            continue
        code = "missing_field" if rule["kind"] == "not_null" else "invalid_value"
        verdict = verdict.when(broken, F.struct(F.lit(code).alias("reason"), F.lit(rule["name"]).alias("error")))
    judged = lines.withColumn("_verdict", verdict)
    return judged.withColumns({"reason": F.col("_verdict.reason"), "error": F.col("_verdict.error")}).drop("_verdict")


def audit(rows: DataFrame, contract: Contract) -> None:
    """Raise QualityError naming every broken rule and how many rows break it; warnings are logged."""
    rules = [(rule, _broken(rule)) for rule in contract.quality]
    row_rules = [(rule, broken) for rule, broken in rules if broken is not None]
    sums = {rule["name"]: F.count_if(broken) for rule, broken in row_rules}
    key = list(contract.primary_key)
    keys = [rule for rule in contract.quality if rule["kind"] == "unique" and list(rule["columns"]) == key]
    if key and keys:
        # One pass: rules are added up by key, then over the keys, which also shows the keys that repeat.
        by_key = rows.groupBy(*key).agg(F.count("*").alias("_rows"), *[one.alias(name) for name, one in sums.items()])
        totals = by_key.agg(
            F.count_if(F.col("_rows") > 1).alias(keys[0]["name"]), *[F.sum(name).alias(name) for name in sums]
        )
    else:
        totals = rows.agg(*[one.alias(name) for name, one in sums.items()])
    found = {name: number for name, number in totals.first().asDict().items() if number}
    for rule in contract.quality:
        if rule["kind"] == "unique" and list(rule["columns"]) != key:
            found.update(_repeated(rows, rule))
    severity = {rule["name"]: rule["severity"] for rule in contract.quality}
    errors = [f"{name}: {number}" for name, number in found.items() if severity[name] == "error"]
    for name, number in found.items():
        if severity[name] != "error":
            LOG.warning("%s: %s rows break %s", contract.id, number, name)
    if errors:
        raise QualityError(f"{contract.id}: rows that break a rule: {', '.join(errors)}")


def _repeated(rows: DataFrame, rule: Mapping[str, Any]) -> dict[str, int]:
    columns = list(rule["columns"])
    number = rows.dropna(subset=columns).groupBy(*columns).count().where(F.col("count") > 1).count()
    return {rule["name"]: number} if number else {}


def _broken(rule: Mapping[str, Any]) -> Column | None:
    """The condition under which one row breaks the rule, or None for a rule about several rows."""
    kind, columns = rule["kind"], rule["columns"]
    if kind == "unique":
        return None
    if kind == "expression":
        return ~F.expr(rule["expression"])
    value = F.col(columns[0])
    conditions = {
        "not_null": value.isNull,
        "min": lambda: value < F.lit(rule["limit"]),
        "max": lambda: value > F.lit(rule["limit"]),
        "enum": lambda: ~value.isin(*rule["values"]),
        "pattern": lambda: ~value.rlike(f"^(?:{rule['pattern']})$"),
    }
    if kind not in conditions:
        raise QualityError(f"rule {rule['name']} has a kind that no job evaluates: {kind}")
    return conditions[kind]()
