"""What curated tables have to hold of the processed rows, held against the tables themselves after every run.

A run audits what it recomputes. This looks beyond it, for rows that no run ever took: it counts what is in processed
and in curated, and knows only of files and hours that wait that they may be in either.
"""

import logging
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from dataplatform.contracts import Contract
from dataplatform.hours import floor_hour
from dataplatform.transforms import find
from dataplatform.transforms.kinds import CuratedTransform

LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Agreement:
    """The sum of a curated column beside the least and the most that it can be."""

    contract: str
    column: str
    have: int
    least: int
    most: int

    @property
    def difference(self) -> int:
        """Return how many rows are missing, or there twice; nothing when the tables agree."""
        return max(self.least - self.have, self.have - self.most, 0)

    def __str__(self) -> str:
        want = str(self.most) if self.least == self.most else f"{self.least} to {self.most}"
        return f"{self.contract}: {self.column} {self.have}, processed rows {want}"


# By contract, the column whose sum is the number of processed rows that meet a condition.
Expectations = Mapping[str, tuple[str, Column]]


@dataclass(frozen=True)
class Counted:
    """Curated tables, or parts of them, and the processed rows that they have to have, by part and contract.

    What the settled parts have, the tables have; of the others they may.
    """

    tables: Mapping[str, DataFrame]
    parts: Mapping[object, Mapping[str, int]]
    settled: Collection[object]


def expectations(curated: Iterable[Contract]) -> Expectations:
    """Return what the transforms of contracts have to keep."""
    found = {}
    for contract in curated:
        expected = find(CuratedTransform, contract).row_count
        if expected:
            found[contract.id] = expected.column, expected.where() if expected.where else F.lit(True)
    return found


def by_part(rows: DataFrame, part: Column, expected: Expectations) -> dict[object, dict[str, int]]:
    """Count the rows that each expectation is about, by the part of processed that they belong to."""
    counted = [F.count_if(condition).alias(name) for name, (_, condition) in expected.items()]
    return {row["part"]: row.asDict() for row in rows.groupBy(part.alias("part")).agg(*counted).collect()}


def settled_hours(parts: Iterable[object], waiting: Iterable[datetime]) -> set[object]:
    """Return the hours of arrival, in Unix seconds, that are over and wait for no run."""
    open_ones = {int(hour.timestamp()) for hour in waiting}
    now = int(floor_hour(datetime.now(UTC)).timestamp())
    return {part for part in parts if isinstance(part, int) and part < now and part not in open_ones}


def hold(expected: Expectations, counted: Counted) -> list[Agreement]:
    """Hold each curated table, or the part of it that the counted rows are about, against them."""
    made = []
    for name, (column, _) in expected.items():
        [total] = counted.tables[name].agg(F.coalesce(F.sum(column), F.lit(0)).alias("have")).collect()
        have = total["have"]
        most = sum(row[name] for row in counted.parts.values())
        least = sum(row[name] for part, row in counted.parts.items() if part in counted.settled)
        one = Agreement(name, column, int(have), least, most)
        if one.difference:
            LOG.error("tables disagree: %s", one)
        made.append(one)
    return made
