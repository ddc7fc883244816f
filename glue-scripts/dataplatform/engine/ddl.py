"""Brings Iceberg tables to their contracts; the catalog resource can only create them with columns."""

import logging
import re
from typing import Any

from pyspark.sql import SparkSession

from dataplatform.contracts import Contract
from dataplatform.engine.iceberg import Table

LOG = logging.getLogger(__name__)


_TIMESTAMPS = {"timestamp", "timestamptz"}


class TableMismatchError(RuntimeError):
    """A table differs from its contract in ways that a deployment must not change by itself."""


def apply(spark: SparkSession, name: str, contract: Contract) -> list[str]:
    """Add what the contract has and the table has not; return the statements run, none when it was up to date.

    The catalog decides itself whether a timestamp of the resource has a zone; while the table has never been written,
    those that differ are made anew.

    A column that ended stays, and nothing writes it; a type is widened where Iceberg reads what is stored as the wider
    one. Raise TableMismatchError, naming all of them, for other differences: columns or partition fields that only the
    table has, and other types. A release of a contract refuses them first.
    """
    table = Table(spark, name)
    handle = table.handle
    have = {field.name(): str(field.type()) for field in handle.schema().columns()}
    want = {field.name: _iceberg_type(field.dataType.simpleString()) for field in contract.schema}
    fields = {str(handle.schema().findColumnName(one.sourceId())): one for one in handle.spec().fields()}
    partitioned = {column: str(one.transform()) for column, one in fields.items()}
    wanted_partitions = {part.column: part.transform for part in contract.partitions}
    problems = [
        f"column {column} is not in the contract"
        for column in have
        if column not in want and column not in contract.ended
    ]
    mistyped = [column for column in want if column in have and have[column] != want[column]]
    unzoned = [] if handle.currentSnapshot() else [one for one in mistyped if {have[one], want[one]} == _TIMESTAMPS]
    widened = [one for one in mistyped if _widens(have[one], want[one])]
    problems += [f"column {one} is {have[one]}, not {want[one]}" for one in mistyped if one not in unzoned + widened]
    problems += [
        f"partition field {transform}({column}) is not in the contract"
        for column, transform in partitioned.items()
        if wanted_partitions.get(column) != transform
    ]
    if problems:
        raise TableMismatchError(f"{name}: {'; '.join(problems)}")
    statements = _retyped(name, contract, unzoned)
    statements += [
        f"ALTER TABLE {name} ALTER COLUMN `{one}` TYPE {contract.schema[one].dataType.simpleString()}"
        for one in widened
    ]
    statements += _columns(name, contract, have)
    statements += [
        f"ALTER TABLE {name} ADD PARTITION FIELD {_partition(column, transform)}"
        for column, transform in wanted_partitions.items()
        if column not in partitioned
    ]
    statements += _order(name, contract, handle)
    statements += _properties(
        name, contract, {entry.getKey(): entry.getValue() for entry in handle.properties().entrySet()}
    )
    for statement in statements:
        LOG.info("%s", statement)
        spark.sql(statement)
    return statements


def _widens(have: str, want: str) -> bool:
    """Whether Iceberg reads values of the one type as the other: an integer as a long one, more digits of a decimal."""
    digits = [re.fullmatch(r"decimal\((\d+), (\d+)\)", one) for one in (have, want)]
    if all(digits):
        (before, scale), (after, wanted_scale) = [[int(part) for part in one.groups()] for one in digits if one]
        return scale == wanted_scale and before < after
    return (have, want) == ("int", "long")


def _retyped(name: str, contract: Contract, mistyped: list[str]) -> list[str]:
    statements = []
    for before, field in zip([None, *contract.schema.fields], contract.schema.fields, strict=False):
        if field.name in mistyped:
            place = f"AFTER `{before.name}`" if before else "FIRST"
            statements += [
                f"ALTER TABLE {name} DROP COLUMN `{field.name}`",
                f"ALTER TABLE {name} ADD COLUMN `{field.name}` {field.dataType.simpleString()} {place}",
            ]
    return statements


def _columns(name: str, contract: Contract, have: dict[str, str]) -> list[str]:
    missing = [field for field in contract.schema if field.name not in have]
    if not missing:
        return []
    columns = ", ".join(f"`{field.name}` {field.dataType.simpleString()}" for field in missing)
    return [f"ALTER TABLE {name} ADD COLUMNS ({columns})"]


def _order(name: str, contract: Contract, handle: Any) -> list[str]:
    schema = handle.schema()
    have = [str(schema.findColumnName(field.sourceId())) for field in handle.sortOrder().fields()]
    if have == list(contract.sort_by):
        return []
    columns = ", ".join(f"`{column}`" for column in contract.sort_by)
    # Rows are brought together by partition and sorted within it: a global sort would sample the input first.
    return [f"ALTER TABLE {name} WRITE DISTRIBUTED BY PARTITION LOCALLY ORDERED BY {columns}"]


def _properties(name: str, contract: Contract, have: dict[str, str]) -> list[str]:
    # The format version is not kept among the properties.
    missing = {
        key: value for key, value in contract.properties.items() if key != "format-version" and have.get(key) != value
    }
    if not missing:
        return []
    pairs = ", ".join(f"'{key}' = '{value}'" for key, value in sorted(missing.items()))
    return [f"ALTER TABLE {name} SET TBLPROPERTIES ({pairs})"]


def _partition(column: str, transform: str) -> str:
    return f"`{column}`" if transform == "identity" else f"{transform}s(`{column}`)"


def _iceberg_type(spark_type: str) -> str:
    names = {"bigint": "long", "timestamp": "timestamptz", "timestamp_ntz": "timestamp"}
    return names.get(spark_type, spark_type.replace("decimal(", "decimal(").replace(",", ", "))
