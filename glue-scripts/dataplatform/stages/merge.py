"""The cleaned lines of a run and the processed table: what they change in it, and where each of them is then."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dataplatform import quality
from dataplatform.contracts import Contract
from dataplatform.counts import (
    DUPLICATE,
    NAMED_IDENTITIES,
    PROCESSED,
    QUARANTINED,
    Counts,
    count_by,
    require_complete,
)
from dataplatform.engine.ledger import File
from dataplatform.engine.publish import keep_first, take_place
from dataplatform.reading import lines
from dataplatform.reading.cleaning import Cleaned, Summary
from dataplatform.stages.equals import first_of_each

# Counts by file, and the first identities that are nowhere.
ByFile = tuple[dict[str, Counts], list[str]]


@dataclass(frozen=True)
class LineMerge:
    """The lines that are kept of a run's files, to be merged into the processed table."""

    kept: Cleaned
    dataset: str
    processed: Contract
    referred: Mapping[str, DataFrame] = field(default_factory=dict)
    """The other tables that the rules are of."""

    @property
    def bad(self) -> DataFrame:
        """Return the lines that cannot be used."""
        return self.kept.lines.where(F.col("reason").isNotNull())

    @property
    def good(self) -> DataFrame:
        """Return the rows of the lines that can, one a key."""
        usable = self.kept.lines.where(F.col("reason").isNull())
        return quality.conform(first_of_each(usable, self.processed), self.processed)

    def changes(self, current: DataFrame) -> DataFrame:
        """Return what the lines change when no row of the table leaves it."""
        return keep_first(self.good, self._within(current), self.processed, lines.ORDER)

    def replacing(self, current: DataFrame, gone: DataFrame, equal: DataFrame | None) -> DataFrame:
        """Return what changes when rows leave the table, in whose place lines of other files that are equal come."""
        left = self._within(current).join(F.broadcast(gone), list(self.processed.primary_key), "left_anti")
        best = self.good if equal is None else first_of_each(self.good.unionByName(equal), self.processed)
        return take_place(keep_first(best, left, self.processed, lines.ORDER), gone, self.processed)

    def unusable(self, current: DataFrame) -> DataFrame | None:
        """Return the rows whose own line an earlier run could use and this one cannot; None without any.

        A bad line may not say when it was, or say it otherwise: its row is found by the file and the number.
        """
        if not self.kept.summary.bad:
            return None
        own = F.broadcast(self.bad.select(*lines.IDENTITY))
        found = arrived(current, self.kept.files).join(own, list(lines.IDENTITY), "left_semi")
        gone = found.select(*self.processed.names).localCheckpoint()
        return None if gone.isEmpty() else gone

    def audit(self, published: DataFrame, quarantined: DataFrame) -> ByFile:
        """Count the lines by where they are; raise when a rule is broken or one is nowhere."""
        rows = self._within(published)
        try:
            quality.audit(rows, self.processed, published, self.referred)
        except quality.QualityError as error:
            raise quality.QualityError(f"{error}{self._named(rows)}") from error
        by_file, lost = count_by(F.col("file_digest"), self._places(rows, quarantined))
        require_complete(self.dataset, sum(by_file.values(), Counts()), lost)
        return by_file, lost

    def _within(self, table: DataFrame) -> DataFrame:
        return _within(table, self.processed, self.kept.summary)

    def _named(self, rows: DataFrame) -> str:
        """Name the first rows that break a rule; a row's name begins with its file's."""
        broken = rows.where(quality.broken(self.processed))
        found = broken.select(lines.identity().alias("identity")).limit(NAMED_IDENTITIES)
        said = ", ".join(row["identity"] for row in found.collect())
        return f"; the first: {said}; dataplatform apart puts a file apart" if said else ""

    def _places(self, published: DataFrame, quarantined: DataFrame) -> DataFrame:
        """Say for every line of the run where it is: in the table, as a copy of a line in it, or quarantined."""
        key = list(self.processed.primary_key)
        own = F.struct(*[F.col(name) for name in lines.IDENTITY])
        rows = published.select(*key, F.struct(*lines.IDENTITY).alias("kept"))
        kept = F.col("kept")
        return (
            self.kept.lines.select(*key, "file_digest", lines.identity().alias("identity"), own.alias("own"), "reason")
            .join(rows, key, "left")
            .join(quarantined.withColumn("apart", F.lit(True)), "identity", "left")
            .select(
                "file_digest",
                "identity",
                F.when(F.col("apart"), F.lit(QUARANTINED))
                .when(F.col("reason").isNull() & (kept == F.col("own")), F.lit(PROCESSED))
                .when(F.col("reason").isNull() & kept.isNotNull(), F.lit(DUPLICATE))
                .alias("place"),
            )
        )


def arrived(table: DataFrame, files: Sequence[File]) -> DataFrame:
    """The rows of the table that arrived when the files did."""
    ends = [F.to_timestamp(F.lit(of(file.arrival for file in files))) for of in (min, max)]
    return table.where(F.col("arrival_time").between(*ends))


def _within(table: DataFrame, processed: Contract, summary: Summary) -> DataFrame:
    """The rows of the table between the first and last event time of the run: equal keys have equal event times."""
    if summary.first is None or summary.last is None:
        return table.where(F.lit(False))
    ends = [F.timestamp_seconds(F.lit(summary.first)), F.timestamp_seconds(F.lit(summary.last + 1))]
    return table.where(F.col(processed.event_time).between(*ends))
