"""The process stage of a dataset of objects: rows that a function wrote of their events, into one row a version."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from dataplatform import quality
from dataplatform.contracts import Contract
from dataplatform.counts import PROCESSED, Counts, Report, count, require_complete
from dataplatform.engine.ledger import File
from dataplatform.engine.publish import Publisher, replace
from dataplatform.hours import overdue
from dataplatform.objects_order import order
from dataplatform.reading import object_rows
from dataplatform.stages import sources
from dataplatform.stages.stage import Outcome, StageRun
from dataplatform.transforms import find
from dataplatform.transforms.kinds import ObjectTransform

LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Merged(Outcome):
    """What a run made of events, one a file."""

    files: Sequence[File] = ()


@dataclass
class ProcessObjects(StageRun[list[File], Merged]):
    """One run of the process stage over the events that arrived in its hours."""

    def select(self) -> list[File]:
        """Return the events of the hours."""
        files = self.ledger.files(self.raw.dataset, self.args.hours)
        LOG.info("%s: %d rows in %s", self.raw.dataset, len(files), self.args.hours)
        return files

    def compute(self, selected: list[File], report: Report) -> Merged:
        """Merge the events."""
        if selected:
            counts, lost = self._publish(selected, report)
            return Merged(counts, lost, selected)
        waiting = self.ledger.unprocessed(self.raw.dataset)
        report.waiting = len(overdue(datetime.fromisoformat(file.arrival) for file in waiting))
        return Merged(Counts(), ())

    def mark(self, computed: Merged) -> None:
        """Note that the events are merged, or processed when nothing is computed from them."""
        if self.pipeline.curated:
            self.ledger.mark_merged(self.raw.dataset, computed.files, {})
        else:
            self.ledger.mark_processed(self.raw.dataset, computed.files)

    def _publish(self, files: list[File], report: Report) -> tuple[Counts, list[str]]:
        raw, processed = self.raw, self.processed
        transform = find(ObjectTransform, processed)
        # Kept: it is asked for several times, and a run's rows are as many small objects.
        events = newest(
            transform.describe(object_rows.read(self.spark, raw, files)), processed, transform.lasting
        ).persist()
        objects = events.select(transform.object_column).distinct()
        table = self.table(processed)
        referred = sources.referred(self.spark, self.args.lake, self.contracts, processed)

        def touched(rows: DataFrame) -> DataFrame:
            return rows.join(objects, transform.object_column, "left_semi").select(*processed.names)

        def changes(current: DataFrame) -> DataFrame:
            known = touched(current)
            versions = newest(known.drop(transform.current_column).unionByName(events), processed, transform.lasting)
            return replace(quality.conform(transform.current(versions), processed), known, processed)

        def audit(published: DataFrame) -> tuple[Counts, list[str]]:
            rows = touched(published)
            quality.audit(rows, processed, published, referred)
            counts, lost = count(_places(events, rows, processed))
            require_complete(raw.dataset, counts, lost)
            return counts, lost

        with self.leases.hold([table]) as check:
            published = Publisher(self.spark, self.args.owner, check).publish(table, processed, changes, audit)
        report.publish(processed.id, [raw.id], table, published)
        # A row says of its event as soon as it happened: when it arrived is when it was.
        report.newest = int(max(datetime.fromisoformat(file.arrival) for file in files).timestamp())
        events.unpersist()
        return published.audited


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
