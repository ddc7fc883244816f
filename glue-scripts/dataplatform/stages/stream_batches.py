"""Evaluates the batches that a stream's waiting hours got since they were evaluated last.

A batch is what one object of raw holds. What came into an hour before was reported by the run that evaluated it then:
that the hour gets more later is no reason to hold it back once more.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from dataplatform.engine.stream_hours import Evaluation
from dataplatform.stages import gate
from dataplatform.stages.stream import IDENTITY


@dataclass(frozen=True)
class Verdict:
    """The batches with too much bad, their identities, and what has been evaluated by now."""

    refused: list[gate.Evaluated] = field(default_factory=list)
    hidden: DataFrame | None = None
    evaluations: Mapping[datetime, Evaluation] = field(default_factory=dict)

    @property
    def hours(self) -> set[datetime]:
        """Return the hours that wait on for the batches."""
        return {one.hour for one in self.refused}


@dataclass(frozen=True)
class Evaluator:
    """A run that evaluates, by its name, and what was evaluated before it."""

    execution: str
    limit: float
    before: Mapping[datetime, Evaluation]

    def evaluate(self, batches: DataFrame, hours: Collection[datetime]) -> Verdict:
        """Evaluate what is new in hours of the batches that a source returns."""
        known = [(int(hour.timestamp()), self._after(hour)) for hour in hours]
        after = batches.sparkSession.createDataFrame(known, "hour bigint, after bigint")
        fresh = batches.join(F.broadcast(after), "hour").where("written > after")
        found: dict[tuple[int, str], dict[str | None, int]] = {}
        until: dict[datetime, int] = {}
        for row in _counted(fresh).collect():
            hour = datetime.fromtimestamp(row["hour"], UTC)
            found.setdefault((row["hour"], row["batch"]), {})[row["reason"]] = row["number"]
            until[hour] = max(until.get(hour, 0), row["until"])
        refused = gate.refused((_evaluated(*of, reasons) for of, reasons in found.items()), self.limit)
        names = {(int(one.hour.timestamp()), one.name) for one in refused}
        evaluations = {hour: Evaluation(self.execution, self._after(hour), newest) for hour, newest in until.items()}
        return Verdict(refused, _identities(fresh, sorted(names)) if names else None, evaluations)

    def _after(self, hour: datetime) -> int:
        return self.before[hour].evaluated_until(self.execution) if hour in self.before else 0


def _counted(fresh: DataFrame) -> DataFrame:
    """Count by reason: each batch of which something is bad by itself, the many others of an hour together."""
    sums = F.sum("number").alias("number"), F.max("until").alias("until")
    is_bad = F.count("reason").over(Window.partitionBy("hour", "batch")) > 0
    each = F.count("*").alias("number"), F.max("written").alias("until")
    counted = fresh.groupBy("hour", "batch", "reason").agg(*each)
    named = counted.withColumn("batch", F.when(is_bad, F.col("batch")).otherwise(""))
    return named.groupBy("hour", "batch", "reason").agg(*sums)


def _evaluated(hour: int, batch: str, reasons: dict[str | None, int]) -> gate.Evaluated:
    bad = {reason: number for reason, number in reasons.items() if reason is not None}
    return gate.Evaluated(batch, datetime.fromtimestamp(hour, UTC), sum(reasons.values()), sum(bad.values()), bad)


def _identities(fresh: DataFrame, names: list[tuple[int, str]]) -> DataFrame:
    """Return the identities of batches, kept: each time that events are read they are left out."""
    of = fresh.sparkSession.createDataFrame(names, "hour bigint, batch string")
    return fresh.join(F.broadcast(of), ["hour", "batch"], "left_semi").select(*IDENTITY).persist()
