"""The process stage of a dataset of objects: rows that a function wrote of their events, into one row a version."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from dataplatform import quality
from dataplatform.arguments import StageArguments
from dataplatform.contracts import Contract, Contracts
from dataplatform.counts import PROCESSED, Counts, Report, count, require_complete
from dataplatform.engine.lease import Leases
from dataplatform.engine.ledger import File, Ledger
from dataplatform.engine.publish import Publisher, replace
from dataplatform.engine.storage import ObjectStore
from dataplatform.hours import overdue
from dataplatform.objects_order import order
from dataplatform.reading import object_rows
from dataplatform.transforms import find
from dataplatform.transforms.kinds import ObjectTransform

LOG = logging.getLogger(__name__)


@dataclass
class ProcessObjects:
    """One run of the process stage over the events that arrived in its hours."""

    spark: SparkSession
    args: StageArguments
    contracts: Contracts
    ledger: Ledger
    leases: Leases
    store: ObjectStore

    def run(self) -> Report:
        """Merge the events of the hours; return the counts, written before anything is raised about them."""
        pipeline = self.contracts.pipeline(self.args.pipeline)
        raw, processed = self.contracts.get(pipeline.raw), self.contracts.get(pipeline.processed)
        report = Report(self.args.pipeline, self.args.stage, str(self.args.hours), self.args.execution)
        files = self.ledger.files(raw.dataset, self.args.hours)
        LOG.info("%s: %d rows in %s", raw.dataset, len(files), self.args.hours)
        counts, lost = Counts(), []
        if files:
            counts, lost = self._publish(files, raw, processed, report)
        else:
            waiting = self.ledger.unprocessed(raw.dataset)
            report.waiting = len(overdue(datetime.fromisoformat(file.arrival) for file in waiting))
        report.datasets[raw.dataset] = counts
        report.write(self.store, self.args.lake.artifacts)
        require_complete(raw.dataset, counts, lost)
        if pipeline.curated:
            self.ledger.mark_merged(raw.dataset, files, {})
        else:
            self.ledger.mark_processed(raw.dataset, files)
        return report

    def _publish(
        self, files: list[File], raw: Contract, processed: Contract, report: Report
    ) -> tuple[Counts, list[str]]:
        transform = find(ObjectTransform, processed)
        # Kept: it is asked for several times, and a run's rows are as many small objects.
        events = newest(
            transform.describe(object_rows.read(self.spark, raw, files)), processed, transform.lasting
        ).persist()
        objects = events.select(transform.object_column).distinct()
        table = self.args.lake.table(processed.layer, processed.dataset)
        found: list[tuple[Counts, list[str]]] = []

        def touched(rows: DataFrame) -> DataFrame:
            return rows.join(objects, transform.object_column, "left_semi").select(*processed.names)

        def changes(current: DataFrame) -> DataFrame:
            known = touched(current)
            versions = newest(known.drop(transform.current_column).unionByName(events), processed, transform.lasting)
            return replace(quality.conform(transform.current(versions), processed), known, processed)

        def audit(published: DataFrame) -> None:
            rows = touched(published)
            quality.audit(rows, processed)
            found[:] = [count(_places(events, rows, processed))]
            require_complete(raw.dataset, *found[0])

        owner = f"{self.args.execution}/{self.args.stage}/{self.args.hours}"
        with self.leases.hold([table]) as check:
            published = Publisher(self.spark, owner, check).publish(table, processed, changes, audit)
        report.publish(processed.id, [raw.id], table, published)
        # A row says of its event as soon as it happened: when it arrived is when it was.
        report.newest = int(max(datetime.fromisoformat(file.arrival) for file in files).timestamp())
        events.unpersist()
        return found[0]


def newest(events: DataFrame, contract: Contract, lasting: Sequence[str] = ()) -> DataFrame:
    """Keep of each version what its latest event says, whatever the order in which events came, or how often.

    Columns that last are the same in all events that say them, and stay when a later event does not.
    """
    version = Window.partitionBy(*contract.primary_key)
    events = events.withColumns({name: F.max(name).over(version) for name in lasting})
    latest = Window.partitionBy(*contract.primary_key).orderBy(order().desc(), F.col("state").desc())
    return events.withColumn("_rank", F.row_number().over(latest)).where(F.col("_rank") == 1).drop("_rank")


def _places(events: DataFrame, published: DataFrame, contract: Contract) -> DataFrame:
    """Say for every version of the run whether the table knows its event or a later one."""
    key = list(contract.primary_key)
    kept = published.select(*key, order().alias("kept"))
    known = F.col("kept") >= order()
    return (
        events.select(*key, "sequencer")
        .join(kept, key, "left")
        .select(F.concat_ws("?versionId=", *key).alias("identity"), F.when(known, F.lit(PROCESSED)).alias("place"))
    )
