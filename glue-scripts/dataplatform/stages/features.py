"""The features stage of recommendations: what was known as of two times, as tables and as the files of a training job.

A model that is to be evaluated learns what was known at the cut, and has to foresee what happened from then to as_of;
the one that goes live learns what was known at as_of.
"""

import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import reduce

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from dataplatform import quality
from dataplatform.arguments import FeaturesArguments
from dataplatform.contracts import FEATURES, Contract, Contracts
from dataplatform.counts import Report
from dataplatform.engine.iceberg import Table
from dataplatform.engine.lease import Check, Leases
from dataplatform.engine.publish import Published, Publisher, replace
from dataplatform.engine.storage import ObjectStore
from dataplatform.hours import iso
from dataplatform.stages.feature_store import FeatureStore
from dataplatform.stages.history import History
from dataplatform.transforms import find
from dataplatform.transforms.features import interactions
from dataplatform.transforms.features.as_of import instant
from dataplatform.transforms.kinds import FeatureTransform
from dataplatform.transforms.pseudonyms import PROPERTY, Secret

LOG = logging.getLogger(__name__)

TRAINING = "training"
TRAIN, TEST, FULL = "train", "test", "full"
# Rows of a training job fit one machine: more files would only take longer to fetch.
_FILES = 4


class NothingToLearnError(RuntimeError):
    """There is too little to make recommendations from."""


def folder(root: str, run: str, channel: str, dataset: str) -> str:
    """Return where a run's files of a dataset are, for a channel of its training job."""
    return f"{root}/{TRAINING}/{run}/{channel}/{dataset}"


@dataclass
class Features:
    """One run of the stage."""

    spark: SparkSession
    args: FeaturesArguments
    contracts: Contracts
    leases: Leases
    store: ObjectStore
    secret: Secret
    feature_store: FeatureStore | None = None  # only where the arguments name groups

    def run(self) -> Report:
        """Publish the features as of both times and write the files of the training job; return what was done.

        Raise NothingToLearnError when a training job could do nothing with it: no file is written then, and no table
        published that would have no rows of a time.
        """
        args, made = self.args, self.contracts.iceberg(FEATURES)
        report = Report(args.pipeline, args.stage, args.hours, args.execution)
        self._refresh(made)
        clicks = self._history(made)
        foreseen = self._foreseen(clicks).persist()
        try:
            self._require_purchases(foreseen)
            self._make(made, clicks, foreseen, report)
        finally:
            foreseen.unpersist()
            clicks.release()
        report.write(self.store, args.lake.artifacts)
        return report

    def _make(self, made: list[Contract], clicks: History, foreseen: DataFrame, report: Report) -> None:
        """Publish the tables, and write the files from them, all of it under their leases."""
        args = self.args
        tables = {contract.id: args.lake.table(contract.layer, contract.dataset) for contract in made}
        with self.leases.hold(list(tables.values())) as check:
            for contract in made:
                published = self._publish(tables[contract.id], contract, clicks, check)
                report.publish(contract.id, contract.upstream, tables[contract.id], published)
            self._export_all(tables, foreseen)
            if self.feature_store:
                for dataset, group in args.feature_groups.items():
                    self.feature_store.put(group, self._as_of(tables[f"{FEATURES}.{dataset}"], args.as_of))

    def _as_of(self, table: str, at: datetime) -> DataFrame:
        self.spark.catalog.refreshTable(table)
        return self.spark.table(table).where(F.col("as_of") == instant(at))

    def _refresh(self, made: list[Contract]) -> None:
        """See the upstream tables as they are now, once: to refresh one again forgets what was kept of its rows."""
        for one in sorted({one for contract in made for one in contract.upstream}):
            contract = self.contracts.get(one)
            if contract.format == "iceberg":
                self.spark.catalog.refreshTable(self.args.lake.table(contract.layer, contract.dataset))

    def _history(self, made: list[Contract]) -> History:
        streams = {one for contract in made for one in contract.upstream if self.contracts.get(one).format == "parquet"}
        (clicks,) = map(self.contracts.get, streams)
        return History(self.spark, self.args.lake.processed, clicks, interactions.CLICK, self.args.as_of)

    def _upstream(self, contract: Contract, clicks: History, at: datetime) -> list[DataFrame]:
        """The whole upstreams of features in the contract's order; of a stream, what happened before a time."""
        found = []
        for one in map(self.contracts.get, contract.upstream):
            if one.format == "iceberg":
                found.append(self.spark.table(self.args.lake.table(one.layer, one.dataset)))
            else:
                found.append(clicks.before(at))
        return found

    def _foreseen(self, clicks: History) -> DataFrame:
        """What happened from the cut on."""
        contract, args = self.contracts.get("features.interactions"), self.args
        [steps, sales] = self._upstream(contract, clicks, args.as_of)
        made = interactions.transform(steps, sales, as_of=args.as_of, since=args.cut, keyed=self.secret.add)
        return quality.conform(made, contract)

    def _require_purchases(self, foreseen: DataFrame) -> None:
        bought = (F.col("party_kind") == interactions.CUSTOMER) & (F.col("purchases") > 0)
        if foreseen.where(bought).isEmpty():
            raise NothingToLearnError(
                f"no customer bought anything from {iso(self.args.cut)} to {iso(self.args.as_of)}: "
                "a model could not be judged; choose an earlier cut, or wait for sales to come in"
            )

    def _publish(self, table: str, contract: Contract, clicks: History, check: Check) -> Published[None]:
        times = (self.args.cut, self.args.as_of)
        found = find(FeatureTransform, contract)
        more = {"keyed": self.secret.add} if found.pseudonymous else {}
        made = [found.transform(*self._upstream(contract, clicks, at), as_of=at, **more) for at in times]
        parts = [quality.conform(one, contract) for one in made]
        wanted = reduce(DataFrame.unionByName, parts)
        mine = F.col("as_of").isin(*[instant(at) for at in times])

        # Pseudonyms that another secret made meet nobody's any more: what is of other times goes with them.
        anew = found.pseudonymous and Table(self.spark, table).properties().get(PROPERTY) != self.secret.mark

        def changes(current: DataFrame) -> DataFrame:
            return replace(wanted, current if anew else current.where(mine), contract)

        def audit(published: DataFrame) -> None:
            done = published.where(mine)
            quality.audit(done, contract, published)
            _require_rows(contract, _rows(done), times)

        published = Publisher(self.spark, self.args.owner, check).publish(table, contract, changes, audit)
        if anew:
            self.spark.sql(f"ALTER TABLE {table} SET TBLPROPERTIES ('{PROPERTY}' = '{self.secret.mark}')")
        return published

    def _export_all(self, tables: Mapping[str, str], foreseen: DataFrame) -> None:
        """Write the files of all channels beside each other: a time's rows may be one file, which one core reads."""
        channels = ((TRAIN, self.args.cut), (FULL, self.args.as_of))
        files = [
            (self._as_of(table, at), channel, self.contracts.get(one))
            for one, table in tables.items()
            for channel, at in channels
        ]
        files.append((foreseen, TEST, self.contracts.get("features.interactions")))
        # A time is one that any reader knows.
        self.spark.conf.set("spark.sql.parquet.outputTimestampType", "TIMESTAMP_MICROS")
        with ThreadPoolExecutor(len(files)) as pool:
            list(pool.map(self._export, *zip(*files, strict=True)))

    def _export(self, rows: DataFrame, channel: str, contract: Contract) -> None:
        """Write a channel's files, and nothing else, where an earlier try of the run may have left some."""
        target = folder(self.args.lake.features, self.args.execution, channel, contract.dataset)
        writer = rows.coalesce(_FILES).write.mode("overwrite").option("compression", "zstd")
        # Nothing but data is in the folder.
        writer.option("mapreduce.fileoutputcommitter.marksuccessfuljobs", "false").parquet(target)
        LOG.info("%s: %d rows", target, self.spark.read.schema(contract.schema).parquet(target).count())


def _rows(done: DataFrame) -> dict[int, int]:
    """Count the rows that say anything, by the time they are as of in Unix microseconds."""
    tells = F.col("weight") > 0 if "weight" in done.columns else F.lit(True)
    counted = done.where(tells).groupBy(F.unix_micros("as_of").alias("at")).count()
    return {row["at"]: row["count"] for row in counted.collect()}


def _require_rows(contract: Contract, rows: Mapping[int, int], times: tuple[datetime, ...]) -> None:
    counts = {iso(at): rows.get(round(at.timestamp() * 1_000_000), 0) for at in times}
    LOG.info("%s: rows by as_of %s", contract.id, counts)
    empty = [at for at, count in counts.items() if not count]
    if empty:
        raise NothingToLearnError(
            f"{contract.id} would have no rows that say anything as of {', '.join(empty)}: nothing is known of before; "
            f"the tables it is made of are {', '.join(contract.upstream)}"
        )
