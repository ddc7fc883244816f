"""The curate stage: recompute the event hours and the keys that a run's arrivals touch."""

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from dataplatform import quality
from dataplatform.arguments import StageArguments
from dataplatform.contracts import OBJECTS, Contract, Contracts, Pipeline
from dataplatform.counts import Counts, Report, require_complete
from dataplatform.engine.lease import Check, Leases
from dataplatform.engine.ledger import File, Ledger
from dataplatform.engine.publish import Published, Publisher, replace
from dataplatform.engine.storage import ObjectStore
from dataplatform.engine.stream_hours import StreamHours, within
from dataplatform.hours import iso, overdue
from dataplatform.stages import agreements, gate, units
from dataplatform.stages.sources import FileSource, ObjectSource, Source
from dataplatform.stages.stream import StreamSource
from dataplatform.stages.stream_batches import Judge, Verdict
from dataplatform.transforms import find
from dataplatform.transforms.kinds import CuratedTransform

LOG = logging.getLogger(__name__)
# How many rows and files an error names.
_NAMED = 10


@dataclass
class Curate:
    """One run of the curate stage."""

    spark: SparkSession
    args: StageArguments
    contracts: Contracts
    ledger: Ledger
    leases: Leases
    store: ObjectStore
    hours: StreamHours | None = None  # of a stream

    def run(self) -> Report:
        """Recompute the pipeline's curated tables; return the counts, written before anything is raised about them."""
        pipeline = self.contracts.pipeline(self.args.pipeline)
        dataset = self.contracts.get(pipeline.raw).dataset
        report = Report(self.args.pipeline, self.args.stage, str(self.args.hours), self.args.execution)
        if pipeline.streaming:
            self._stream(pipeline, dataset, report)
        else:
            self._filed(pipeline, dataset, report)
        return report

    def _filed(self, pipeline: Pipeline, dataset: str, report: Report) -> None:
        # What was put apart after it was merged: curated is computed again without it, before processed loses it.
        leaving = [file for file in self.ledger.apart(dataset) if file.merged and not file.processed]
        files = self._files(dataset) + leaving
        counts, lost = Counts(), []
        if files:
            names = self._names(pipeline)
            if any(file.taken_from for file in files):  # marked before the rows go: whoever does both has ended by then
                names.append(self._name(self.contracts.get(pipeline.processed)))
            with self.leases.hold(names) as check:
                counts, lost = self._publish(pipeline, self._source(pipeline, files), report, check)
        self._tell(report, dataset, counts, lost)
        self.ledger.mark_processed(dataset, files)

    def _stream(self, pipeline: Pipeline, dataset: str, report: Report) -> None:
        # Before anything is listed: what comes after this is marked anew, and waits for the next run.
        marks = self.hours.waiting(dataset)
        raw, processed = self.contracts.get(pipeline.raw), self.contracts.get(pipeline.processed)
        source = StreamSource(self.spark, self.args, raw, processed, self.args.hours.spans(marks))
        waited = within(marks, source.spans)
        with self.leases.hold(self._names(pipeline)) as check:
            verdict = self._judged(source, dataset, waited.keys(), report)
            counts, lost = self._publish(pipeline, source.without(verdict.hidden), report, check)
        taken = {hour: mark for hour, mark in waited.items() if hour not in verdict.hours}
        report.caught_up = [iso(hour) for hour in sorted(taken) if hour < self.args.hours.start]
        if not counts.received:
            report.waiting = len(overdue(marks.keys() - waited.keys()))
        self._tell(report, dataset, counts, lost)
        self.hours.judge(dataset, verdict.judgements)
        self.hours.settle(dataset, taken)

    def _tell(self, report: Report, dataset: str, counts: Counts, lost: list[str]) -> None:
        report.datasets[dataset] = counts
        report.write(self.store, self.args.lake.artifacts)
        require_complete(dataset, counts, lost)

    def _files(self, dataset: str) -> list[File]:
        """The run's files whose lines are in the processed table; later and refused ones wait for the next run."""
        return [file for file in self.ledger.files(dataset, self.args.hours) if file.merged]

    def _names(self, pipeline: Pipeline) -> list[str]:
        return [self._name(self.contracts.get(one)) for one in pipeline.curated]

    def _name(self, contract: Contract) -> str:
        return self.args.lake.table(contract.layer, contract.dataset)

    def _publish(self, pipeline: Pipeline, source: Source, report: Report, check: Check) -> tuple[Counts, list[str]]:
        """Publish what a source touches, read under the leases: whoever publishes last has seen all that others saw."""
        curated = [self.contracts.get(one) for one in pipeline.curated]
        hours = source.touched()
        LOG.info("%s: %d event hours touched", pipeline.name, len(hours))
        counts, lost = source.counts(hours)
        if (hours or _is_forgotten(source)) and not lost:
            self._tables(curated, source, hours, report, check)
            # Under the leases, too: nobody else publishes between the counts.
            self._agree(curated, source, hours, report)
        return counts, lost

    def _judged(self, source: StreamSource, dataset: str, waited: Collection[datetime], report: Report) -> Verdict:
        """Judge what the hours of a stream that waited got since a run judged them last."""
        batches = source.batches() if waited else None
        if batches is None:
            return Verdict()
        judge = Judge(self.args.execution, self.args.quarantine_limit, self.hours.judged(dataset, waited))
        verdict = judge.judge(batches, waited)
        if verdict.refused:
            report.refused = len(verdict.refused)
            report.refusal = gate.told(self.args.pipeline, verdict.refused, self.args.quarantine_limit)
            LOG.error(report.refusal)
        return verdict

    def _agree(self, curated: list[Contract], source: Source, hours: list[int], report: Report) -> None:
        """Hold the curated tables against processed, beyond what was recomputed; differences are told, not raised."""
        promised = agreements.promises(curated)
        if not promised:
            return
        tables = {contract.id: self._lookup(contract) for contract in curated if contract.id in promised}
        dataset = self.contracts.get(self.contracts.pipeline(self.args.pipeline).raw).dataset
        if isinstance(source, StreamSource):
            rows, part, days = source.held_against(hours)
            counted = agreements.by_part(rows, part, promised)
            # Asked for after the rows were read, as a row comes before its mark.
            marks = self.hours.waiting(dataset)
            settled = agreements.settled_hours(counted, marks.keys() - within(marks, source.spans).keys())
            for contract in curated:
                if contract.id in promised:
                    time = F.col(contract.unit_column)
                    tables[contract.id] = units.whole(tables[contract.id], time, days, "day")
        else:
            rows, own = source.table(), {file.digest for file in source.files}
            waiting = [one.digest for one in self.ledger.unprocessed(dataset) if one.digest not in own]
            known = "file_digest" in rows.columns or not waiting
            part = F.col("file_digest").isin(waiting) if waiting and known else F.lit(not known)
            counted, settled = agreements.by_part(rows, part, promised), {False}
        found = agreements.hold(promised, tables, counted, settled)
        report.disagreement = sum(one.difference for one in found)
        report.disagreements = [str(one) for one in found if one.difference]

    def recompute(self, source: Source) -> Report:
        """Compute again what a source touches that has no files of a run."""
        pipeline = self.contracts.pipeline(self.args.pipeline)
        curated = [self.contracts.get(one) for one in pipeline.curated]
        report = Report(self.args.pipeline, self.args.stage, str(self.args.hours), self.args.execution)
        tables = [self.args.lake.table(contract.layer, contract.dataset) for contract in curated]
        hours = source.touched()
        if hours and tables:
            with self.leases.hold(tables) as check:
                self._tables(curated, source, hours, report, check)
        return report

    def _tables(self, curated: list[Contract], source: Source, hours: list[int], report: Report, check: Check) -> None:
        report.newest = hours[-1] + units.HOUR_SECONDS if hours else None
        processed = self.contracts.pipeline(self.args.pipeline).processed
        timed = [contract.unit for contract in curated if contract.unit != "key"]
        whole = _is_forgotten(source)
        rows = None
        if timed or whole:
            rows = (source.table() if whole else source.rows(hours, "day" if "day" in timed else "hour")).persist()
        for contract in curated:
            table = self.args.lake.table(contract.layer, contract.dataset)
            if whole:
                published = self._table(table, contract, rows, units.Whole(), check)
            elif contract.unit == "key":
                published = self._by_key(table, contract, source, check)
            else:
                published = self._by_time(table, contract, rows, hours, check)
            report.publish(contract.id, [processed, *contract.upstream[1:]], table, published)
        if rows is not None:
            rows.unpersist()

    def _source(self, pipeline: Pipeline, files: list[File]) -> FileSource:
        raw, processed = self.contracts.get(pipeline.raw), self.contracts.get(pipeline.processed)
        table = self._name(processed)
        if raw.source == OBJECTS:
            return ObjectSource(self.spark, table, raw, processed, files)
        hidden = [one for one in self.ledger.apart(raw.dataset) if one.merged]
        return FileSource(self.spark, table, processed, files, hidden)

    def _by_time(self, table: str, contract: Contract, rows: DataFrame, hours: list[int], check: Check) -> Published:
        event_time = F.col(self.contracts.get(contract.upstream[0]).event_time)
        scope = units.Times(contract, event_time, hours)
        return self._table(table, contract, scope.of_source(rows), scope, check)

    def _by_key(self, table: str, contract: Contract, source: FileSource, check: Check) -> Published:
        """Recompute the rows of the keys that the run's files touch, each from everything there is about it."""
        made = find(CuratedTransform, contract).key
        columns = {name: made[name]() if name in made else F.col(name) for name in contract.primary_key}
        keys = units.Keys.of(source.kept(), columns)
        keys.touched.persist()
        mine = keys.of_source(source.table()).persist()
        published = self._table(table, contract, mine, keys, check)
        mine.unpersist()
        keys.touched.unpersist()
        return published

    def _table(self, table: str, contract: Contract, mine: DataFrame, scope: units.Scope, check: Check) -> Published:
        transform = find(CuratedTransform, contract)
        lookups = [self._lookup(self.contracts.get(one)) for one in contract.upstream[1:]]
        wanted = quality.conform(transform.transform(mine, *lookups), contract)
        promised = transform.row_count

        def changes(current: DataFrame) -> DataFrame:
            return replace(wanted, scope.of_table(current), contract)

        def audit(published: DataFrame) -> None:
            done = scope.of_table(published)
            try:
                quality.audit(done, contract)
            except quality.QualityError as error:
                raise quality.QualityError(f"{error}{_named(contract, mine, done, scope)}") from error
            if promised and not promised.where:
                _require_all(contract, mine, done, scope, promised.column)

        owner = f"{self.args.execution}/{self.args.stage}/{self.args.hours}"
        return Publisher(self.spark, owner, check).publish(table, contract, changes, audit)

    def _lookup(self, contract: Contract) -> DataFrame:
        """The whole table that a transform looks values up in, as it is now."""
        table = self.args.lake.table(contract.layer, contract.dataset)
        self.spark.catalog.refreshTable(table)
        return self.spark.table(table)


def _is_forgotten(source: Source) -> bool:
    """Whether a source cannot say what is touched, so that everything has to be computed again."""
    return isinstance(source, FileSource) and source.forgotten


def _named(contract: Contract, source: DataFrame, done: DataFrame, scope: units.Scope) -> str:
    """Name the first rows that break a rule, and the files that they were computed from."""
    rows = done.where(quality.broken(contract)).select(scope.table_unit().alias("unit")).distinct().limit(_NAMED)
    found = [row["unit"] for row in rows.collect()]
    if not found:
        return ""
    said = f"; the first in {', '.join(map(str, found))}"
    if "file_digest" not in source.columns:
        return said
    came = source.where(scope.source_unit().isin(found)).groupBy("file_digest").agg(F.max("arrival_time").alias("at"))
    files = [row["file_digest"] for row in came.orderBy(F.col("at").desc()).limit(_NAMED).collect()]
    return f"{said}, from the files {', '.join(files)}, the newest first; dataplatform apart puts one apart"


def _require_all(contract: Contract, source: DataFrame, done: DataFrame, scope: units.Scope, counted: str) -> None:
    """Raise QualityError, naming the first units, unless every source row is in the table."""
    want = source.groupBy(scope.source_unit().alias("unit")).agg(F.count("*").alias("want"))
    have = done.groupBy(scope.table_unit().alias("unit")).agg(F.sum(counted).alias("have"))
    wrong = (
        want.join(have, "unit", "full").where(~F.col("want").eqNullSafe(F.col("have"))).orderBy("unit").limit(_NAMED)
    )
    units_wrong = [f"{row['unit']} ({row['have']} of {row['want']})" for row in wrong.collect()]
    if units_wrong:
        raise quality.QualityError(f"{contract.id}: {counted} differ from the source rows in {', '.join(units_wrong)}")
