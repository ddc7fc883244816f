"""The process stage: raw files of a run into a processed table."""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import ModuleType

from pyspark.sql import Column, DataFrame, Row, SparkSession, Window
from pyspark.sql import functions as F

from dataplatform import lines, quality, quarantine
from dataplatform.arguments import StageArguments
from dataplatform.contracts import Contract, Contracts
from dataplatform.counts import DUPLICATE, PROCESSED, QUARANTINED, Counts, Report, count, require_complete
from dataplatform.hours import overdue
from dataplatform.lease import Leases
from dataplatform.ledger import File, Ledger
from dataplatform.publish import Publisher, keep_first, withdrawn
from dataplatform.storage import ObjectStore
from dataplatform.transforms import find

LOG = logging.getLogger(__name__)


class RewrittenError(RuntimeError):
    """Lines that the run has read are not in raw any more."""


@dataclass
class Process:
    """One run of the process stage."""

    spark: SparkSession
    args: StageArguments
    contracts: Contracts
    ledger: Ledger
    leases: Leases
    store: ObjectStore

    def run(self) -> Report:
        """Process the files of the hours; return the counts, written before anything is raised about them."""
        pipeline = self.contracts.pipeline(self.args.pipeline)
        raw, processed = self.contracts.get(pipeline.raw), self.contracts.get(pipeline.processed)
        report = Report(self.args.pipeline, self.args.stage, str(self.args.hours), self.args.execution)
        files = self.ledger.files(raw.dataset, self.args.hours)
        LOG.info("%s: %d files in %s", raw.dataset, len(files), self.args.hours)
        counts, lost = Counts(), []
        if files:
            counts, lost = self._publish(files, raw, processed, report)
        else:
            waiting = self.ledger.unprocessed(raw.dataset)
            report.waiting = len(overdue(datetime.fromisoformat(file.arrival) for file in waiting))
        report.datasets[raw.dataset] = counts
        report.write(self.store, self.args.lake.artifacts)
        require_complete(raw.dataset, counts, lost)
        if files:
            self.ledger.mark_merged(raw.dataset, files)
        if not pipeline.curated:
            self.ledger.mark_processed(raw.dataset, files)
        return report

    def _publish(
        self, files: list[File], raw: Contract, processed: Contract, report: Report
    ) -> tuple[Counts, list[str]]:
        checked, summary = self._clean(files, raw, processed)
        bad = checked.where(F.col("reason").isNotNull())
        table = self.args.lake.table(processed.layer, processed.dataset)
        good = quality.conform(_first_of_each(checked.where(F.col("reason").isNull()), processed), processed)
        found: list[tuple[Counts, list[str]]] = []

        def changes(current: DataFrame) -> DataFrame:
            rows = _within(current, processed, summary)
            kept = keep_first(good, rows, processed, lines.ORDER)
            return kept.unionByName(withdrawn(bad, rows, processed, lines.IDENTITY)) if summary["bad"] else kept

        def audit(published: DataFrame) -> None:
            rows = _within(published, processed, summary)
            quality.audit(rows, processed)
            found[:] = [count(_places(checked, rows, quarantined, processed))]
            require_complete(raw.dataset, *found[0])

        owner = f"{self.args.execution}/{self.args.stage}/{self.args.hours}"
        with self.leases.hold([table]) as check:
            self._require_unchanged(raw.dataset, files)
            quarantined = self._quarantine(bad, summary, files, raw)
            published = Publisher(self.spark, owner, check).publish(table, processed, changes, audit)
        report.publish(processed.id, [raw.id], table, published)
        report.newest = summary["last"]
        checked.unpersist()
        return found[0]

    def _quarantine(self, bad: DataFrame, summary: Row, files: list[File], raw: Contract) -> DataFrame:
        """Make the quarantine of the files what it has to be; return its identities."""
        place = quarantine.Quarantine(self.store, self.args.lake.raw, raw.dataset, raw.version)
        if summary["bad"]:
            return quarantine.identities(self.spark, place.replace(bad, files, self.contracts.reasons))
        place.clear(files, self.contracts.reasons)
        return quarantine.identities(self.spark, [])

    def _require_unchanged(self, dataset: str, files: list[File]) -> None:
        """Raise when a file was rewritten since it was read: an erasure holds the lease, so now it has ended."""
        first, last = (datetime.fromisoformat(of(file.arrival for file in files)) for of in (min, max))
        versions = {file.digest: file.version for file in self.ledger.arrived(dataset, first, last)}
        changed = [file.digest for file in files if versions.get(file.digest) != file.version]
        if changed:
            raise RewrittenError(f"{dataset}: {len(changed)} files were rewritten while the run had them: run it again")

    def _clean(self, files: list[File], raw: Contract, processed: Contract) -> tuple[DataFrame, Row]:
        transform = find(processed.layer, processed.dataset)
        cleaned = transform.clean(lines.canonical(lines.read(self.spark, files, raw.header), raw.header))
        unfinished = transform.needs_history() if hasattr(transform, "complete") else F.lit(False)
        checked = _lean(quality.judge(cleaned, processed, unfinished), processed, unfinished).persist()
        summary = _summary(checked, processed, unfinished)
        if not summary["unfinished"]:
            return checked, summary
        LOG.info("%s: %d lines need other files", raw.dataset, summary["unfinished"])
        completed = self._complete(checked, transform, raw, summary)
        judged = quality.judge(completed, processed, F.lit(False)).persist()
        summary = _summary(judged, processed, F.lit(False))
        checked.unpersist()
        return judged, summary

    def _complete(self, checked: DataFrame, transform: ModuleType, raw: Contract, summary: Row) -> DataFrame:
        def instant(name: str) -> datetime:
            return datetime.fromtimestamp(summary[name], UTC)

        start = instant("unfinished_since") - timedelta(days=transform.HISTORY_DAYS + 1)
        files = self.ledger.arrived(raw.dataset, start, instant("unfinished_until"))
        LOG.info("%s: reading %d files since %s", raw.dataset, len(files), start)
        history = transform.clean(lines.canonical(lines.read(self.spark, files, raw.header), raw.header))
        return transform.complete(checked, history)


def _lean(checked: DataFrame, processed: Contract, unfinished: Column) -> DataFrame:
    """Keep what the stage goes on with: of the raw text only that of lines that are or may yet be quarantined."""
    text = F.when(F.col("reason").isNotNull() | unfinished, F.col("payload")).alias("payload")
    return checked.select(*processed.names, "reason", "error", text)


def _summary(checked: DataFrame, processed: Contract, unfinished: Column) -> Row:
    """Count the bad and the unfinished lines and find the bounds of the others; times are Unix seconds."""
    good = F.col("reason").isNull()
    event_time = F.col(processed.event_time)
    return checked.agg(
        F.count_if(~good).alias("bad"),
        F.count_if(unfinished).alias("unfinished"),
        F.min(F.when(unfinished, F.unix_seconds(event_time))).alias("unfinished_since"),
        F.max(F.when(unfinished, F.unix_seconds("arrival_time"))).alias("unfinished_until"),
        F.min(F.when(good, F.unix_seconds(event_time))).alias("first"),
        F.max(F.when(good, F.unix_seconds(event_time))).alias("last"),
    ).first()


def _within(table: DataFrame, processed: Contract, summary: Row) -> DataFrame:
    """The rows of the table between the first and last event time of the run: equal keys have equal event times."""
    if summary["first"] is None:
        return table.where(F.lit(False))
    ends = [F.timestamp_seconds(F.lit(summary["first"])), F.timestamp_seconds(F.lit(summary["last"] + 1))]
    return table.where(F.col(processed.event_time).between(*ends))


def _first_of_each(good: DataFrame, processed: Contract) -> DataFrame:
    equal = Window.partitionBy(*processed.primary_key).orderBy(*lines.ORDER)
    return good.withColumn("_rank", F.row_number().over(equal)).where(F.col("_rank") == 1)


def _places(checked: DataFrame, published: DataFrame, quarantined: DataFrame, processed: Contract) -> DataFrame:
    """Say for every line of the run where it is: in the table, as a copy of a line in the table, or quarantined."""
    key = list(processed.primary_key)
    own = F.struct(*[F.col(name) for name in lines.IDENTITY])
    rows = published.select(*key, F.struct(*lines.IDENTITY).alias("kept"))
    kept = F.col("kept")
    return (
        checked.select(*key, lines.identity().alias("identity"), own.alias("own"), "reason")
        .join(rows, key, "left")
        .join(quarantined.withColumn("apart", F.lit(True)), "identity", "left")
        .select(
            "identity",
            F.when(F.col("apart"), F.lit(QUARANTINED))
            .when(F.col("reason").isNull() & (kept == F.col("own")), F.lit(PROCESSED))
            .when(F.col("reason").isNull() & kept.isNotNull(), F.lit(DUPLICATE))
            .alias("place"),
        )
    )
