"""Write, audit, publish: a table's readers see a run's rows all at once, after the checks, or not at all."""

import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_
from typing import Generic, TypeVar

from pyspark.sql import Column, DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from dataplatform.contracts import Contract
from dataplatform.engine.iceberg import Table
from dataplatform.engine.lease import Check

LOG = logging.getLogger(__name__)

OPERATION = "_operation"
INSERT, UPDATE, DELETE = "insert", "update", "delete"

BRANCH_PREFIX = "audit_"
# How often a publisher starts again because something else, such as a compaction, moved the table. A compaction takes
# minutes and a publication seconds, so one repetition is rare and five are a fault.
_ATTEMPTS = 5

Audited = TypeVar("Audited")
Changes = Callable[[DataFrame], DataFrame]
Audit = Callable[[DataFrame], Audited]


class MovedError(RuntimeError):
    """The table kept moving while this run tried to publish."""


@dataclass(frozen=True)
class Published(Generic[Audited]):
    """A table after a publication: its rows, main's snapshot, null for one never written, and the rows that changed.

    Beside them is what the audit returned that passed.
    """

    rows: int
    snapshot: str | None
    changed: int
    audited: Audited


@dataclass(frozen=True)
class _Done(Generic[Audited]):
    """An attempt that main did not move under."""

    changed: int
    audited: Audited


class Publisher:
    """Publishes to Iceberg tables under a lease that the caller holds."""

    def __init__(self, spark: SparkSession, owner: str, check: Check) -> None:
        self._spark = spark
        self._branch = BRANCH_PREFIX + hashlib.sha256(owner.encode()).hexdigest()[:12]
        self._check = check

    def publish(self, name: str, contract: Contract, changes: Changes, audit: Audit[Audited]) -> Published[Audited]:
        """Bring a table to where ``changes`` says, after ``audit`` has passed on a branch.

        ``changes`` takes the table as it is and returns the contract's columns beside OPERATION; ``audit`` takes the
        table as it would be, raises when that may not be published, and returns what the caller wants to know of it.
        Both are called again when main moved in between. Without changes nothing is committed.
        """
        table = Table(self._spark, name)
        for leftover in [ref for ref in table.refs() if ref.startswith(BRANCH_PREFIX)]:
            # The lease is ours, so whoever made it is gone or has lost its own.
            LOG.warning("%s: dropping branch %s of a publisher that did not finish", name, leftover)
            table.drop_branch(leftover)
        for attempt in range(1, _ATTEMPTS + 1):
            done = self._attempt(table, contract, changes, audit)
            if done is not None:
                snapshot = table.main()
                return Published(table.rows(), None if snapshot is None else str(snapshot), done.changed, done.audited)
            LOG.info("%s: main moved between write and publish, attempt %d", name, attempt)
        raise MovedError(f"{name} moved {_ATTEMPTS} times between write and publish")

    def _attempt(
        self, table: Table, contract: Contract, changes: Changes, audit: Audit[Audited]
    ) -> _Done[Audited] | None:
        """Return how many rows were changed and what was audited, or None when main moved and nothing was."""
        base = table.main()
        # Cut from how they were computed: MERGE refuses a source that numbers lines as it reads them, and would
        # compute it more than once.
        wanted = changes(self._at(table, base)).localCheckpoint()
        try:
            operations = _operations(wanted, contract)
            LOG.info("%s: changes %s", table.name, {name: row["rows"] for name, row in operations.items()} or "none")
            if not operations:
                return _Done(0, audit(self._at(table, base)))
            table.create_branch(self._branch, base)
            try:
                if base is None and table.main() is not None:
                    return None
                self._merge(table, contract, wanted, operations)
                audited = audit(self._spark.table(f"{table.name}.branch_{self._branch}"))
                self._check()
                moved = not table.fast_forward(self._branch, base)
                return None if moved else _Done(sum(row["rows"] for row in operations.values()), audited)
            finally:
                table.drop_branch(self._branch)
        finally:
            wanted.unpersist()

    def _at(self, table: Table, snapshot: int | None) -> DataFrame:
        if snapshot is None:
            return self._spark.table(table.name)
        return self._spark.read.option("snapshot-id", snapshot).table(table.name)

    def _merge(self, table: Table, contract: Contract, wanted: DataFrame, operations: dict[str, Row]) -> None:
        view = f"changes_{self._branch}"
        wanted.createOrReplaceTempView(view)
        keys = [f"t.`{name}` = s.`{name}`" for name in contract.primary_key]
        columns = contract.names
        clauses = []
        if DELETE in operations:
            clauses.append(f"WHEN MATCHED AND s.{OPERATION} = '{DELETE}' THEN DELETE")
        if UPDATE in operations:
            clauses.append("WHEN MATCHED THEN UPDATE SET " + ", ".join(f"t.`{name}` = s.`{name}`" for name in columns))
        if INSERT in operations:
            clauses.append(
                f"WHEN NOT MATCHED THEN INSERT ({', '.join(f'`{name}`' for name in columns)}) "
                f"VALUES ({', '.join(f's.`{name}`' for name in columns)})"
            )
        self._spark.sql(
            f"MERGE INTO {table.name}.branch_{self._branch} AS t USING {view} AS s "
            f"ON {' AND '.join([*keys, *_bounds(contract, operations)])} {' '.join(clauses)}"
        )
        self._spark.catalog.dropTempView(view)


def _operations(wanted: DataFrame, contract: Contract) -> dict[str, Row]:
    """Return, by operation, the number of rows and the first and last value of each partition column as text."""
    columns = [part.column for part in contract.partitions]
    ends = [end(name).cast("string").alias(f"{end.__name__}_{name}") for name in columns for end in (F.min, F.max)]
    return {row[OPERATION]: row for row in wanted.groupBy(OPERATION).agg(F.count("*").alias("rows"), *ends).collect()}


def _bounds(contract: Contract, operations: dict[str, Row]) -> list[str]:
    """Literal bounds of the partition columns, by which the merge leaves out the files of other days."""
    kinds = {field.name: field.dataType.simpleString() for field in contract.schema}
    conditions = []
    for name in (part.column for part in contract.partitions):
        low = min(row[f"min_{name}"] for row in operations.values())
        high = max(row[f"max_{name}"] for row in operations.values())
        conditions.append(f"t.`{name}` BETWEEN CAST('{low}' AS {kinds[name]}) AND CAST('{high}' AS {kinds[name]})")
    return conditions


def keep_first(rows: DataFrame, current: DataFrame, contract: Contract, order: Sequence[str]) -> DataFrame:
    """Return the changes that leave, for each key, the row that is lowest in order.

    ``rows`` has at most one row a key. A row that is already there unchanged is no change.
    """
    mine, theirs = _aliases(rows, current, contract)
    joined = mine.join(theirs, _on(contract.primary_key), "left")
    absent = F.col(f"t.{contract.primary_key[0]}").isNull()
    lower = F.struct(*[f"s.{name}" for name in order]) <= F.struct(*[f"t.{name}" for name in order])
    operation = F.when(absent, F.lit(INSERT)).when(lower & _differs(contract), F.lit(UPDATE))
    return joined.select("s.*", operation.alias(OPERATION)).where(F.col(OPERATION).isNotNull())


def take_place(kept: DataFrame, gone: DataFrame, contract: Contract) -> DataFrame:
    """Return the changes that take the rows of gone out, or put those of kept that are equal in their place.

    ``kept`` are changes to a table without the rows of gone.
    """
    key = list(contract.primary_key)
    place = F.broadcast(gone.select(*key, F.lit(UPDATE).alias("_place")))
    placed = kept.join(place, key, "left").withColumn(OPERATION, F.coalesce("_place", OPERATION)).drop("_place")
    left = gone.join(kept.select(*key), key, "left_anti").withColumn(OPERATION, F.lit(DELETE))
    return placed.unionByName(left)


def replace(rows: DataFrame, current: DataFrame, contract: Contract) -> DataFrame:
    """Return the changes that turn the rows of current into rows."""
    mine, theirs = _aliases(rows, current, contract)
    joined = mine.join(theirs, _on(contract.primary_key), "full")
    key = contract.primary_key[0]
    operation = (
        F.when(F.col(f"t.{key}").isNull(), F.lit(INSERT))
        .when(F.col(f"s.{key}").isNull(), F.lit(DELETE))
        .when(_differs(contract), F.lit(UPDATE))
    )
    gone = F.col(f"s.{key}").isNull()
    columns = [F.when(gone, F.col(f"t.{name}")).otherwise(F.col(f"s.{name}")).alias(name) for name in contract.names]
    return joined.select(*columns, operation.alias(OPERATION)).where(F.col(OPERATION).isNotNull())


def _aliases(rows: DataFrame, current: DataFrame, contract: Contract) -> tuple[DataFrame, DataFrame]:
    return rows.select(*contract.names).alias("s"), current.select(*contract.names).alias("t")


def _on(key: Sequence[str]) -> Column:
    return reduce(and_, [F.col(f"s.{name}") == F.col(f"t.{name}") for name in key])


def _differs(contract: Contract) -> Column:
    return reduce(or_, [~F.col(f"s.{name}").eqNullSafe(F.col(f"t.{name}")) for name in contract.names])
