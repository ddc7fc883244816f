"""The process stage: raw files of a run into a processed table."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from dataplatform import quality
from dataplatform.arguments import StageArguments
from dataplatform.contracts import Contract, Contracts
from dataplatform.counts import (
    DUPLICATE,
    NAMED_IDENTITIES,
    PROCESSED,
    QUARANTINED,
    Counts,
    Report,
    count_by,
    require_complete,
)
from dataplatform.engine.iceberg import Table
from dataplatform.engine.lease import Leases
from dataplatform.engine.ledger import File, Ledger
from dataplatform.engine.publish import INSERT, OPERATION, Publisher, keep_first, take_place
from dataplatform.engine.storage import ObjectStore
from dataplatform.hours import floor_hour, iso, overdue
from dataplatform.reading import lines, unreadable
from dataplatform.reading.cleaning import Cleaned, Cleaning, Summary
from dataplatform.stages import gate, quarantine, restate
from dataplatform.stages.equals import Equals, first_of_each

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
        by_file, lost, refused, just = {}, [], [], []
        if files:
            cleaned = Cleaning(self.spark, self.ledger, raw, processed).clean(files)
            just = self._put_apart(cleaned.apart, raw)
            refused = self._refused(cleaned, report)
            kept = cleaned.without(refused)
            report.unknown_countries = kept.summary.unknown
            if cleaned.files:
                by_file, lost = self._publish(cleaned, kept, raw, processed, report)
            files = kept.files
            cleaned.release()
        else:
            waiting = self.ledger.unprocessed(raw.dataset)
            report.waiting = len(overdue(datetime.fromisoformat(file.arrival) for file in waiting))
        apart = self.ledger.apart(raw.dataset)
        # An index is behind its table for a moment: what this run has put apart may not be in it yet.
        report.files_apart([*apart, *just], datetime.now(UTC))
        self._withdraw([file for file in apart if file.merged and file.processed], raw, processed)
        counts = _sum(by_file).with_quarantined(len(just))
        report.datasets[raw.dataset] = counts
        report.write(self.store, self.args.lake.artifacts)
        require_complete(raw.dataset, counts, lost)
        self.ledger.mark_refused(raw.dataset, refused, self.args.execution)
        self.ledger.mark_merged(raw.dataset, files, {digest: of.duplicates for digest, of in by_file.items()})
        if not pipeline.curated:
            self.ledger.mark_processed(raw.dataset, files)
        return report

    def _refused(self, cleaned: Cleaned, report: Report) -> list[File]:
        """Judge the files that no run has judged before; return those of which too much is bad."""
        fresh = {
            file.digest: file
            for file in cleaned.files
            if file.digest in cleaned.by_file
            and not file.merged
            and gate.is_fresh(file.refused_by, self.args.execution)
        }
        judged = [
            gate.Judged(digest, floor_hour(datetime.fromisoformat(file.arrival)), of.lines, of.bad, {})
            for digest, file in fresh.items()
            for of in [cleaned.by_file[digest]]
        ]
        found = gate.refused(judged, self.args.quarantine_limit)
        if found:
            reasons = cleaned.reasons([one.name for one in found])
            named = [replace(one, reasons=reasons[one.name]) for one in found]
            report.refused = len(found)
            report.refusal = gate.told(self.args.pipeline, named, self.args.quarantine_limit)
            LOG.error(report.refusal)
        return [fresh[one.name] for one in found]

    def _put_apart(self, apart: Mapping[File, Exception], raw: Contract) -> list[File]:
        """Keep what is known of files that cannot be read, then note it, so that later runs pass them over."""
        now = iso(datetime.now(UTC))
        place = quarantine.Quarantine(self.store, self.args.lake.raw, raw.dataset, raw.version)
        for file, error in apart.items():
            LOG.error("%s: file %s is put apart: %s", raw.dataset, file.digest, unreadable.text(error))
            place.put_apart(file, unreadable.text(error), self.contracts.reasons)
            self.ledger.mark_apart(raw.dataset, file, unreadable.name(error))
        return [replace(file, apart=unreadable.name(error), apart_at=now) for file, error in apart.items()]

    def _withdraw(self, files: list[File], raw: Contract, processed: Contract) -> None:
        """Take the rows out of files that were put apart after they were merged, and that curated is without by now."""
        if not files:
            return
        table = self.args.lake.table(processed.layer, processed.dataset)
        theirs = F.col("file_digest").isin([file.digest for file in files])

        def changes(current: DataFrame) -> DataFrame:
            gone = _arrived(current, files).where(theirs).select(*processed.names).localCheckpoint()
            equal, others = Equals(self.spark, self.ledger, raw, processed).of(gone, files, [])
            self.ledger.mark_taken(raw.dataset, others, Table(self.spark, table).main())
            return take_place(equal.withColumn(OPERATION, F.lit(INSERT)), gone, processed)

        owner = f"{self.args.execution}/{self.args.stage}/apart"
        with self.leases.hold([table]) as check:
            Publisher(self.spark, owner, check).publish(table, processed, changes, lambda _: None)
        self.ledger.mark_withdrawn(raw.dataset, files)

    def _publish(
        self, cleaned: Cleaned, kept: Cleaned, raw: Contract, processed: Contract, report: Report
    ) -> tuple[dict[str, Counts], list[str]]:
        """Publish what is kept of what was cleaned; what is bad of all of it goes to quarantine. Count by file."""
        checked, summary, files = kept.lines, kept.summary, kept.files
        bad = checked.where(F.col("reason").isNotNull())
        table = self.args.lake.table(processed.layer, processed.dataset)
        good = quality.conform(first_of_each(checked.where(F.col("reason").isNull()), processed), processed)
        found: list[tuple[dict[str, Counts], list[str]]] = []

        def changes(current: DataFrame) -> DataFrame:
            rows = _within(current, processed, summary)
            gone = self._unusable(bad, current, files, processed) if summary.bad else None
            if gone is None:
                return keep_first(good, rows, processed, lines.ORDER)
            taken = {row["file_digest"] for row in gone.select("file_digest").distinct().collect()}
            of_those = [file for file in files if file.digest in taken]
            equal, others = Equals(self.spark, self.ledger, raw, processed).of(gone, of_those, cleaned.files)
            if self.contracts.pipeline(self.args.pipeline).curated:
                # Before they go: a run that dies in between is followed by one that finds them again.
                self.ledger.mark_taken(raw.dataset, of_those + others, Table(self.spark, table).main())
            left = rows.join(F.broadcast(gone), list(processed.primary_key), "left_anti")
            best = first_of_each(good.unionByName(equal), processed) if others else good
            return take_place(keep_first(best, left, processed, lines.ORDER), gone, processed)

        def audit(published: DataFrame) -> None:
            rows = _within(published, processed, summary)
            try:
                quality.audit(rows, processed)
            except quality.QualityError as error:
                raise quality.QualityError(f"{error}{_named(rows, processed)}") from error
            found[:] = [count_by(F.col("file_digest"), _places(checked, rows, quarantined, processed))]
            require_complete(raw.dataset, _sum(found[0][0]), found[0][1])

        owner = f"{self.args.execution}/{self.args.stage}/{self.args.hours}"
        with self.leases.hold([table]) as check:
            self._require_unchanged(raw.dataset, cleaned.files)
            publisher = Publisher(self.spark, owner, check)
            restate.table(self.spark, table, processed, self.ledger, publisher)
            quarantined = self._quarantine(cleaned, raw)
            if not files:
                return {}, []
            published = publisher.publish(table, processed, changes, audit)
        report.publish(processed.id, [raw.id], table, published)
        report.newest = summary.last
        return found[0]

    def _unusable(self, bad: DataFrame, current: DataFrame, files: list[File], processed: Contract) -> DataFrame | None:
        """Return the rows whose own line an earlier run could use and this one cannot; None without any.

        A bad line may not say when it was, or say it otherwise: its row is found by the file and the number.
        """
        own = F.broadcast(bad.select(*lines.IDENTITY))
        found = _arrived(current, files).join(own, list(lines.IDENTITY), "left_semi")
        gone = found.select(*processed.names).localCheckpoint()
        return None if gone.isEmpty() else gone

    def _quarantine(self, cleaned: Cleaned, raw: Contract) -> DataFrame:
        """Make the quarantine of the files what it has to be; return its identities."""
        place = quarantine.Quarantine(self.store, self.args.lake.raw, raw.dataset, raw.version)
        if cleaned.summary.bad:
            bad = cleaned.lines.where(F.col("reason").isNotNull())
            return quarantine.identities(self.spark, place.replace(bad, cleaned.files, self.contracts.reasons))
        place.clear(cleaned.files, self.contracts.reasons)
        return quarantine.identities(self.spark, [])

    def _require_unchanged(self, dataset: str, files: list[File]) -> None:
        """Raise when a file was rewritten since it was read: an erasure holds the lease, so now it has ended."""
        first, last = (datetime.fromisoformat(of(file.arrival for file in files)) for of in (min, max))
        versions = {file.digest: file.version for file in self.ledger.arrived(dataset, first, last)}
        changed = [file.digest for file in files if versions.get(file.digest) != file.version]
        if changed:
            raise RewrittenError(f"{dataset}: {len(changed)} files were rewritten while the run had them: run it again")


def _named(rows: DataFrame, processed: Contract) -> str:
    """Name the first rows that break a rule; a row's name begins with its file's."""
    found = rows.where(quality.broken(processed)).select(lines.identity().alias("identity")).limit(NAMED_IDENTITIES)
    said = ", ".join(row["identity"] for row in found.collect())
    return f"; the first: {said}; dataplatform apart puts a file apart" if said else ""


def _within(table: DataFrame, processed: Contract, summary: Summary) -> DataFrame:
    """The rows of the table between the first and last event time of the run: equal keys have equal event times."""
    if summary.first is None:
        return table.where(F.lit(False))
    ends = [F.timestamp_seconds(F.lit(summary.first)), F.timestamp_seconds(F.lit(summary.last + 1))]
    return table.where(F.col(processed.event_time).between(*ends))


def _arrived(table: DataFrame, files: list[File]) -> DataFrame:
    """The rows of the table that arrived when the files did."""
    ends = [F.to_timestamp(F.lit(of(file.arrival for file in files))) for of in (min, max)]
    return table.where(F.col("arrival_time").between(*ends))


def _sum(by_file: Mapping[str, Counts]) -> Counts:
    return sum(by_file.values(), Counts())


def _places(checked: DataFrame, published: DataFrame, quarantined: DataFrame, processed: Contract) -> DataFrame:
    """Say for every line of the run where it is: in the table, as a copy of a line in the table, or quarantined."""
    key = list(processed.primary_key)
    own = F.struct(*[F.col(name) for name in lines.IDENTITY])
    rows = published.select(*key, F.struct(*lines.IDENTITY).alias("kept"))
    kept = F.col("kept")
    return (
        checked.select(*key, "file_digest", lines.identity().alias("identity"), own.alias("own"), "reason")
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
