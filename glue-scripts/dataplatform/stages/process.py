"""The process stage: raw files of a run into a processed table."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dataplatform.counts import Counts, Report
from dataplatform.engine.iceberg import Table
from dataplatform.engine.ledger import File
from dataplatform.engine.publish import INSERT, OPERATION, Publisher, take_place
from dataplatform.hours import floor_hour, iso, overdue
from dataplatform.reading import unreadable
from dataplatform.reading.cleaning import Cleaned, Cleaning
from dataplatform.stages import gate, quarantine, restate, sources
from dataplatform.stages.equals import Equals
from dataplatform.stages.merge import ByFile, LineMerge, arrived
from dataplatform.stages.stage import Outcome, StageRun

LOG = logging.getLogger(__name__)


class RewrittenError(RuntimeError):
    """Lines that the run has read are not in raw any more."""


@dataclass(frozen=True)
class Processed(Outcome):
    """What a run made of files: which of them are merged, refused or put apart, and the copies in each."""

    merged: Sequence[File] = ()
    refused: Sequence[File] = ()
    apart: Sequence[File] = ()
    duplicates: Mapping[str, int] = field(default_factory=dict)


@dataclass
class Process(StageRun[list[File], Processed]):
    """One run of the process stage."""

    def select(self) -> list[File]:
        """Return the files of the hours."""
        files = self.ledger.files(self.raw.dataset, self.args.hours)
        LOG.info("%s: %d files in %s", self.raw.dataset, len(files), self.args.hours)
        return files

    def compute(self, selected: list[File], report: Report) -> Processed:
        """Clean the files and merge what is good of them; take out of the table what was put apart since."""
        if selected:
            computed = self._process(selected, report)
        else:
            computed = Processed(Counts(), ())
            waiting = self.ledger.unprocessed(self.raw.dataset)
            report.waiting = len(overdue(datetime.fromisoformat(file.arrival) for file in waiting))
        apart = self.ledger.apart(self.raw.dataset)
        # An index is behind its table for a moment: what this run has put apart may not be in it yet.
        report.files_apart([*apart, *computed.apart], datetime.now(UTC))
        self._withdraw([file for file in apart if file.merged and file.processed])
        return computed

    def mark(self, computed: Processed) -> None:
        """Note which files are refused and which are merged."""
        dataset = self.raw.dataset
        self.ledger.mark_refused(dataset, computed.refused, self.args.execution)
        self.ledger.mark_merged(dataset, computed.merged, computed.duplicates)
        if not self.pipeline.curated:
            self.ledger.mark_processed(dataset, computed.merged)

    def _process(self, files: list[File], report: Report) -> Processed:
        cleaned = Cleaning(self.spark, self.ledger, self.raw, self.processed).clean(files)
        apart = self._put_apart(cleaned.apart)
        refused = self._refused(cleaned, report)
        kept = cleaned.without(refused)
        report.unknown_countries = kept.summary.unknown
        by_file, lost = self._publish(cleaned, kept, report) if cleaned.files else ({}, [])
        cleaned.release()
        return Processed(
            sum(by_file.values(), Counts()).with_quarantined(len(apart)),
            lost,
            merged=kept.files,
            refused=refused,
            apart=apart,
            duplicates={digest: of.duplicates for digest, of in by_file.items()},
        )

    def _refused(self, cleaned: Cleaned, report: Report) -> list[File]:
        """Evaluate the files that no run has evaluated before; return those of which too much is bad."""
        fresh = {
            file.digest: file
            for file in cleaned.files
            if file.digest in cleaned.by_file
            and not file.merged
            and gate.is_fresh(file.refused_by, self.args.execution)
        }
        evaluated = [
            gate.Evaluated(digest, floor_hour(datetime.fromisoformat(file.arrival)), of.lines, of.bad, {})
            for digest, file in fresh.items()
            for of in [cleaned.by_file[digest]]
        ]
        found = gate.refused(evaluated, self.args.quarantine_limit)
        if found:
            reasons = cleaned.reasons([one.name for one in found])
            named = [replace(one, reasons=reasons[one.name]) for one in found]
            report.refused = len(found)
            report.refusal = gate.refusal_message(self.args.pipeline, named, self.args.quarantine_limit)
            LOG.error(report.refusal)
        return [fresh[one.name] for one in found]

    def _put_apart(self, apart: Mapping[File, Exception]) -> list[File]:
        """Keep what is known of files that cannot be read, then note it, so that later runs pass them over."""
        now, dataset = iso(datetime.now(UTC)), self.raw.dataset
        place = self._place()
        for file, error in apart.items():
            LOG.error("%s: file %s is put apart: %s", dataset, file.digest, unreadable.name(error))
            place.put_apart(file, unreadable.text(error), self.contracts.reasons)
            self.ledger.mark_apart(dataset, file, unreadable.name(error))
        return [replace(file, apart=unreadable.name(error), apart_at=now) for file, error in apart.items()]

    def _withdraw(self, files: list[File]) -> None:
        """Take the rows out of files that were put apart after they were merged, and that curated is without by now."""
        if not files:
            return
        dataset, processed, table = self.raw.dataset, self.processed, self.table(self.processed)
        theirs = F.col("file_digest").isin([file.digest for file in files])

        def changes(current: DataFrame) -> DataFrame:
            gone = arrived(current, files).where(theirs).select(*processed.names).localCheckpoint()
            equal, others = self._equals().of(gone, files, [])
            self.ledger.mark_taken(dataset, others, Table(self.spark, table).main())
            return take_place(equal.withColumn(OPERATION, F.lit(INSERT)), gone, processed)

        with self.leases.hold([table]) as check:
            Publisher(self.spark, f"{self.args.owner}/apart", check).publish(table, processed, changes, lambda _: None)
        self.ledger.mark_withdrawn(dataset, files)

    def _publish(self, cleaned: Cleaned, kept: Cleaned, report: Report) -> ByFile:
        """Publish what is kept of what was cleaned; what is bad of all of it goes to quarantine."""
        table = self.table(self.processed)
        referred = sources.referred(self.spark, self.args.lake, self.contracts, self.processed)
        merge = LineMerge(kept, self.raw.dataset, self.processed, referred)
        with self.leases.hold([table]) as check:
            self._require_unchanged(cleaned.files)
            publisher = Publisher(self.spark, self.args.owner, check)
            restate.table(self.spark, table, self.processed, self.ledger, publisher, referred=referred)
            quarantined = self._quarantine(cleaned)
            if not kept.files:
                return {}, []
            published = publisher.publish(
                table,
                self.processed,
                lambda current: self._changes(merge, current, cleaned.files),
                lambda rows: merge.audit(rows, quarantined),
            )
        report.publish(self.processed.id, [self.raw.id, *self.pipeline.beside], table, published)
        report.newest = kept.summary.last
        return published.audited

    def _changes(self, merge: LineMerge, current: DataFrame, cleaned: Sequence[File]) -> DataFrame:
        gone = merge.unusable(current)
        if gone is None:
            return merge.changes(current)
        taken = {row["file_digest"] for row in gone.select("file_digest").distinct().collect()}
        of_those = [file for file in merge.kept.files if file.digest in taken]
        equal, others = self._equals().of(gone, of_those, cleaned)
        if self.pipeline.curated:
            # Before they go: a run that dies in between is followed by one that finds them again.
            main = Table(self.spark, self.table(self.processed)).main()
            self.ledger.mark_taken(self.raw.dataset, of_those + others, main)
        return merge.replacing(current, gone, equal if others else None)

    def _equals(self) -> Equals:
        return Equals(self.spark, self.ledger, self.raw, self.processed)

    def _place(self) -> quarantine.Quarantine:
        return quarantine.Quarantine(self.store, self.args.lake.raw, self.raw.dataset, self.raw.version)

    def _quarantine(self, cleaned: Cleaned) -> DataFrame:
        """Make the quarantine of the files what it has to be; return its identities."""
        if cleaned.summary.bad:
            bad = cleaned.lines.where(F.col("reason").isNotNull())
            put = self._place().replace(bad, cleaned.files, self.contracts.reasons)
            return quarantine.identities(self.spark, put)
        self._place().clear(cleaned.files, self.contracts.reasons)
        return quarantine.identities(self.spark, [])

    def _require_unchanged(self, files: list[File]) -> None:
        """Raise when a file was rewritten since it was read: an erasure holds the lease, so now it has ended."""
        dataset = self.raw.dataset
        first, last = (datetime.fromisoformat(of(file.arrival for file in files)) for of in (min, max))
        versions = {file.digest: file.version for file in self.ledger.arrived(dataset, first, last)}
        changed = [file.digest for file in files if versions.get(file.digest) != file.version]
        if changed:
            raise RewrittenError(f"{dataset}: {len(changed)} files were rewritten while the run had them: run it again")
