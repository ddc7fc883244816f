"""The maintain stage: rows end with their contract's retention, and tables stay small.

It compacts, expires snapshots and removes orphans itself. Glue's table optimizers and Athena's OPTIMIZE and VACUUM
would do the same, and are left off: they know nothing of the leases, so they commit between a publisher's branch and
its merge, which then starts over; they work table by table, not after the rows that end; and no emulator runs them, so
what a deployment relies on could not be tried. One job does all of it in one order, and tests read its tables before
and after.
"""

import io
import json
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from dataplatform.arguments import MaintainArguments, StageArguments
from dataplatform.contracts import FEATURES, Contract, Contracts
from dataplatform.engine.iceberg import Table
from dataplatform.engine.lease import Leases
from dataplatform.engine.storage import ObjectStore
from dataplatform.hours import HOUR, Hours
from dataplatform.reading import unreadable
from dataplatform.stages import table_maintenance
from dataplatform.stages.curated_tables import CuratedTables
from dataplatform.stages.sources import Without
from dataplatform.transforms.processed.versions import VALID_FROM
from dataplatform.transforms.pseudonyms import Secret

LOG = logging.getLogger(__name__)

STAGE = "maintain"


def outlived(rows: DataFrame, contract: Contract, now: datetime) -> DataFrame | None:
    """Return the rows that are kept longer than the contract says; None for tables whose rows have no age of their own.

    An event ages from its time, features from the time that they are as of. A version ages from the time when the next
    one of its key began, so the one that is valid is never too old. Tables with a row a key say what the rows they are
    computed from say, and age with those.
    """
    if not contract.retention_days:
        return None
    before = F.timestamp_seconds(F.lit(int((now - timedelta(days=contract.retention_days)).timestamp())))
    if VALID_FROM in contract.primary_key:
        entity = contract.primary_key[0]
        newer = rows.where(F.col(VALID_FROM) < before).groupBy(entity).agg(F.max(VALID_FROM).alias("_newest"))
        return rows.join(newer, entity).where(F.col(VALID_FROM) < F.col("_newest")).select(*contract.names)
    if contract.layer in ("curated", FEATURES):
        timed = contract.unit_column if contract.unit != "key" else None
    else:
        timed = contract.event_time if contract.event_time in contract.names else None
    return None if timed is None else rows.where(F.col(timed).cast("timestamp") < before)


@dataclass
class Maintain:
    """One run of the stage over every Iceberg table, each under its lease, as publishers hold it."""

    spark: SparkSession
    args: MaintainArguments
    contracts: Contracts
    leases: Leases
    store: ObjectStore
    now: datetime
    secret: Secret | None  # of the pseudonyms, where tables have any

    def run(self) -> dict[str, dict[str, int]]:
        """Maintain all tables; return what was done by contract, also written as an object.

        A table that fails does not keep the others from their turn; all problems are raised together at the end.
        """
        done: dict[str, dict[str, int]] = {}
        problems: list[Exception] = []
        for contract in self.contracts.iceberg():
            try:
                done[contract.id] = self._table(contract)
            except Exception as error:
                LOG.error("%s is not maintained: %s", contract.id, unreadable.name(error))
                problems.append(error)
        text = json.dumps({"at": self.now.isoformat(), "tables": done}, indent=1).encode()
        self.store.put(f"{self.args.lake.artifacts}/runs/{STAGE}/{self.now:%Y-%m-%d}.json", io.BytesIO(text))
        if problems:
            raise ExceptionGroup(f"{len(problems)} tables are not maintained", problems)
        return done

    def _table(self, contract: Contract) -> dict[str, int]:
        lake = self.args.lake
        table = lake.table(contract.layer, contract.dataset)
        with self.leases.hold([table]) as check:
            if Table(self.spark, table).main() is None:
                return {}
            rows = self._end(table, contract)
            check()
            small = table_maintenance.rewrite_small_files(self.spark, table)
            check()
            expired = table_maintenance.expire_snapshots(
                self.spark, table, self.now - timedelta(days=self.args.snapshot_days)
            )
            check()
            orphans = table_maintenance.remove_orphans(
                self.spark, table, self.now - timedelta(days=self.args.orphan_days)
            )
        return {"rows_ended": rows, "files_put_together": small, "files_expired": expired, "orphans_removed": orphans}

    def _end(self, table: str, contract: Contract) -> int:
        doomed = outlived(self.spark.table(table), contract, self.now)
        if doomed is None:
            return 0
        # Cut from the table, which changes before the keys are used the last time.
        doomed = doomed.localCheckpoint()
        count = doomed.count()
        if count:
            for name, pipeline in self.contracts.pipelines.items():
                if pipeline.processed == contract.id:
                    recompute(self, name, Without(self.spark, table, contract, doomed))
            table_maintenance.delete_rows(self.spark, table, contract, doomed)
        doomed.unpersist()
        return count


def recompute(run: "Maintain", pipeline: str, source: Without) -> None:
    """Compute a pipeline's curated tables again where rows of its processed table are about to go."""
    args = StageArguments(
        pipeline=pipeline,
        stage=STAGE,
        hours=Hours(run.now - HOUR, run.now, late_arrivals=False),
        execution=run.args.execution,
        lake=run.args.lake,
        files_table="",
        leases_table=run.args.leases_table,
        lateness_hours=0,
        dedup_days=0,
    )
    CuratedTables(run.spark, args, run.contracts, run.secret).recompute(source, run.leases)
