"""The curate stage: recompute the event hours and the keys that a run's arrivals touch."""

import logging
from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Generic, TypeVar

from pyspark.sql import functions as F

from dataplatform.contracts import OBJECTS
from dataplatform.counts import Counts, Report
from dataplatform.engine.lease import Check
from dataplatform.engine.ledger import File
from dataplatform.engine.stream_hours import Evaluation, StreamHours, within
from dataplatform.hours import iso, overdue
from dataplatform.stages import agreements, gate, units
from dataplatform.stages.agreements import Agreement, Counted
from dataplatform.stages.curated_tables import CuratedTables
from dataplatform.stages.sources import FileSource, ObjectSource, Source
from dataplatform.stages.stage import Computed, Outcome, Selected, StageRun
from dataplatform.stages.stream import StreamSource
from dataplatform.stages.stream_batches import Evaluator, Verdict
from dataplatform.transforms.pseudonyms import Secret

LOG = logging.getLogger(__name__)
From = TypeVar("From", bound=Source)


@dataclass
class Curate(StageRun[Selected, Computed], Generic[Selected, Computed, From]):
    """One run of the curate stage."""

    secret: Secret | None = field(default=None, kw_only=True)

    @cached_property
    def tables(self) -> CuratedTables:
        """The tables that are recomputed."""
        return CuratedTables(self.spark, self.args, self.contracts, self.secret)

    def publish(self, source: From, report: Report, check: Check) -> tuple[Counts, list[str]]:
        """Publish what a source touches, read under the leases: whoever publishes last has seen all that others saw."""
        hours = source.touched()
        LOG.info("%s: %d event hours touched", self.pipeline.name, len(hours))
        counts, lost = source.counts(hours)
        if (hours or source.forgotten) and not lost:
            self.tables.publish(source, hours, report, check)
            # Under the leases, too: nobody else publishes between the counts.
            found = self._agreements(source, hours)
            if found:
                report.disagreement = sum(one.difference for one in found)
                report.disagreements = [str(one) for one in found if one.difference]
        return counts, lost

    def _agreements(self, source: From, hours: Sequence[int]) -> list[Agreement]:
        """Hold the curated tables against processed, beyond what was recomputed; a difference is reported, no error."""
        expected = agreements.expectations(self.tables.curated)
        return agreements.hold(expected, self.counted(source, hours, expected)) if expected else []

    @abstractmethod
    def counted(self, source: From, hours: Sequence[int], expected: agreements.Expectations) -> Counted:
        """Count the processed rows that the expectations are about, and return the tables that have to have them."""


@dataclass(frozen=True)
class Filed(Outcome):
    """What a run curated of files."""

    files: Sequence[File] = ()


@dataclass
class CurateFiles(Curate[list[File], Filed, FileSource]):
    """Of files, which the process stage has merged."""

    def select(self) -> list[File]:
        """Return the run's files whose lines are in the processed table; later and refused ones wait for the next run.

        And those that were put apart after they were merged: curated is computed again without them, before processed
        loses them.
        """
        dataset = self.raw.dataset
        merged = [file for file in self.ledger.files(dataset, self.args.hours) if file.merged]
        return merged + [file for file in self.ledger.apart(dataset) if file.merged and not file.processed]

    def compute(self, selected: list[File], report: Report) -> Filed:
        """Recompute what the files touch."""
        if not selected:
            return Filed(Counts(), ())
        names = self.tables.names
        if any(file.taken_from for file in selected):  # marked before the rows go: whoever does both has ended by then
            names.append(self.table(self.processed))
        with self.leases.hold(names) as check:
            counts, lost = self.publish(self._source(selected), report, check)
        return Filed(counts, lost, selected)

    def mark(self, computed: Filed) -> None:
        """Note that the files are processed."""
        self.ledger.mark_processed(self.raw.dataset, computed.files)

    def counted(self, source: FileSource, hours: Sequence[int], expected: agreements.Expectations) -> Counted:
        """Count all rows; of files that wait they may be in the tables or not."""
        rows, own = source.table(), {file.digest for file in source.files}
        waiting = [one.digest for one in self.ledger.unprocessed(self.raw.dataset) if one.digest not in own]
        known = "file_digest" in rows.columns or not waiting
        part = F.col("file_digest").isin(waiting) if waiting and known else F.lit(not known)
        tables = {one.id: self.tables.whole(one) for one in self.tables.curated if one.id in expected}
        return Counted(tables, agreements.by_part(rows, part, expected), {False})

    def _source(self, files: list[File]) -> FileSource:
        table = self.table(self.processed)
        if self.raw.source == OBJECTS:
            return ObjectSource(self.spark, table, self.raw, self.processed, files)
        hidden = [one for one in self.ledger.apart(self.raw.dataset) if one.merged]
        return FileSource(self.spark, table, self.processed, files, hidden)


@dataclass(frozen=True)
class Streamed(Outcome):
    """What a run curated of a stream: the hours that are done, by their marks, and what it evaluated."""

    taken: Mapping[datetime, str] = field(default_factory=dict)
    evaluations: Mapping[datetime, Evaluation] = field(default_factory=dict)


@dataclass
class CurateStream(Curate[dict[datetime, str], Streamed, StreamSource]):
    """Of a stream, whose function has processed the events."""

    hours: StreamHours

    def select(self) -> dict[datetime, str]:
        """Return the hours that wait.

        Before anything is listed: what comes after this is marked anew, and waits for the next run.
        """
        return self.hours.waiting(self.raw.dataset)

    def compute(self, selected: dict[datetime, str], report: Report) -> Streamed:
        """Recompute what the hours touch that the run takes."""
        source = StreamSource(self.spark, self.args, self.raw, self.processed, self.args.hours.spans(selected))
        waited = within(selected, source.spans)
        with self.leases.hold(self.tables.names) as check:
            verdict = self._evaluated(source, waited.keys(), report)
            counts, lost = self.publish(source.without(verdict.hidden), report, check)
        taken = {hour: mark for hour, mark in waited.items() if hour not in verdict.hours}
        report.caught_up = [iso(hour) for hour in sorted(taken) if hour < self.args.hours.start]
        if not counts.received:
            report.waiting = len(overdue(selected.keys() - waited.keys()))
        return Streamed(counts, lost, taken, verdict.evaluations)

    def mark(self, computed: Streamed) -> None:
        """Note what has been evaluated and which hours are done."""
        self.hours.note(self.raw.dataset, computed.evaluations)
        self.hours.settle(self.raw.dataset, computed.taken)

    def counted(self, source: StreamSource, hours: Sequence[int], expected: agreements.Expectations) -> Counted:
        """Count the rows of the last days; of hours that wait they may be in the tables or not."""
        rows, part, days = source.held_against(hours)
        counted = agreements.by_part(rows, part, expected)
        # Asked for after the rows were read, as a row comes before its mark.
        marks = self.hours.waiting(self.raw.dataset)
        settled = agreements.settled_hours(counted, marks.keys() - within(marks, source.spans).keys())
        tables = {
            one.id: units.whole(self.tables.whole(one), F.col(one.unit_column), days, "day")
            for one in self.tables.curated
            if one.id in expected
        }
        return Counted(tables, counted, settled)

    def _evaluated(self, source: StreamSource, waited: Collection[datetime], report: Report) -> Verdict:
        """Evaluate what the hours of a stream that waited got since a run evaluated them last."""
        batches = source.batches() if waited else None
        if batches is None:
            return Verdict()
        evaluated = self.hours.evaluated(self.raw.dataset, waited)
        verdict = Evaluator(self.args.execution, self.args.quarantine_limit, evaluated).evaluate(batches, waited)
        if verdict.refused:
            report.refused = len(verdict.refused)
            report.refusal = gate.refusal_message(self.args.pipeline, verdict.refused, self.args.quarantine_limit)
            LOG.error(report.refusal)
        return verdict
