"""The curate stage: recompute the event hours that a run's arrivals touch."""

import logging
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from dataplatform import quality, units
from dataplatform.arguments import StageArguments
from dataplatform.contracts import Contract, Contracts, Pipeline
from dataplatform.counts import Counts, Report, require_complete
from dataplatform.lease import Check, Leases
from dataplatform.ledger import File, Ledger
from dataplatform.publish import Published, Publisher, replace
from dataplatform.sources import FileSource, Source
from dataplatform.storage import ObjectStore
from dataplatform.stream import StreamSource
from dataplatform.transforms import find

LOG = logging.getLogger(__name__)


@dataclass
class Curate:
    """One run of the curate stage."""

    spark: SparkSession
    args: StageArguments
    contracts: Contracts
    ledger: Ledger
    leases: Leases
    store: ObjectStore

    def run(self) -> Report:
        """Recompute the pipeline's curated tables; return the counts, written before anything is raised about them."""
        pipeline = self.contracts.pipeline(self.args.pipeline)
        dataset = self.contracts.get(pipeline.raw).dataset
        report = Report(self.args.pipeline, self.args.stage, str(self.args.hours), self.args.execution)
        files = [] if pipeline.streaming else self._files(dataset)
        counts, lost = Counts(), []
        if files or pipeline.streaming:
            counts, lost = self._publish(pipeline, files, report)
        report.datasets[dataset] = counts
        report.write(self.store, self.args.lake.artifacts)
        require_complete(dataset, counts, lost)
        self.ledger.mark_processed(dataset, files)
        return report

    def _files(self, dataset: str) -> list[File]:
        """The run's files whose lines are in the processed table; later ones wait for the next run."""
        return [file for file in self.ledger.files(dataset, self.args.hours) if file.merged]

    def _publish(self, pipeline: Pipeline, files: list[File], report: Report) -> tuple[Counts, list[str]]:
        curated = [self.contracts.get(one) for one in pipeline.curated]
        tables = {contract.id: self.args.lake.table(contract.layer, contract.dataset) for contract in curated}
        # Read under the leases: whoever publishes last has then seen everything the ones before it saw.
        with self.leases.hold(list(tables.values())) as check:
            source = self._source(pipeline, files)
            hours = source.touched()
            LOG.info("%s: %d event hours touched", pipeline.name, len(hours))
            counts, lost = source.counts(hours)
            if not hours or lost:
                return counts, lost
            finest = "hour" if all(contract.unit == "hour" for contract in curated) else "day"
            rows = source.rows(hours, finest).persist()
            for contract in curated:
                published = self._table(tables[contract.id], contract, rows, hours, check)
                name = tables[contract.id].split(".", 1)[1]
                report.tables[name] = {"rows": published.rows, "snapshot": published.snapshot}
            rows.unpersist()
        return counts, lost

    def _source(self, pipeline: Pipeline, files: list[File]) -> Source:
        raw, processed = self.contracts.get(pipeline.raw), self.contracts.get(pipeline.processed)
        if pipeline.streaming:
            return StreamSource(self.spark, self.args, raw, processed)
        table = self.args.lake.table(processed.layer, processed.dataset)
        return FileSource(self.spark, table, processed, files)

    def _table(self, table: str, contract: Contract, rows: DataFrame, hours: list[int], check: Check) -> Published:
        transform = find(contract.layer, contract.dataset)
        event_time = F.col(self.contracts.get(contract.upstream[0]).event_time)
        mine = units.whole(rows, event_time, hours, contract.unit)
        wanted = quality.conform(transform.transform(mine), contract)
        counted = getattr(transform, "ROWS", None)

        def changes(current: DataFrame) -> DataFrame:
            return replace(wanted, units.of_table(current, contract, hours), contract)

        def audit(published: DataFrame) -> None:
            done = units.of_table(published, contract, hours)
            quality.audit(done, contract)
            if counted:
                _require_all(contract, mine, event_time, done, counted)

        owner = f"{self.args.execution}/{self.args.stage}/{self.args.hours}"
        return Publisher(self.spark, owner, check).publish(table, contract, changes, audit)


def _require_all(contract: Contract, source: DataFrame, event_time: Column, done: DataFrame, counted: str) -> None:
    """Raise QualityError, naming the first units, unless every source row is in the table."""
    unit = F.unix_seconds(F.date_trunc(contract.unit, event_time)).alias("unit")
    want = source.groupBy(unit).agg(F.count("*").alias("want"))
    start = F.unix_seconds(F.col(contract.unit_column).cast("timestamp")).alias("unit")
    have = done.groupBy(start).agg(F.sum(counted).alias("have"))
    wrong = want.join(have, "unit", "full").where(~F.col("want").eqNullSafe(F.col("have"))).orderBy("unit").limit(10)
    units_wrong = [f"{row['unit']} ({row['have']} of {row['want']})" for row in wrong.collect()]
    if units_wrong:
        raise quality.QualityError(f"{contract.id}: {counted} differ from the source rows in {', '.join(units_wrong)}")
