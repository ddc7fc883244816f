"""All that happened on a stream before a time: the processed objects, read by path, once an event."""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime

from pyspark import StorageLevel
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from dataplatform.contracts import Contract
from dataplatform.stages.stream import IDENTITY, glob, order
from dataplatform.transforms.features.as_of import instant

LOG = logging.getLogger(__name__)

_DAY = "event_date="


class History:
    """The events of a stream before ``end``: the columns that are asked for, and event_time."""

    def __init__(
        self, spark: SparkSession, root: str, contract: Contract, columns: Sequence[str], end: datetime
    ) -> None:
        self._columns = list(dict.fromkeys((*columns, contract.event_time)))
        self._time = F.col(contract.event_time)
        everything = self._read(spark, root, contract, end).where(self._time < instant(end))
        # Nearly all ids are there once. Those that are not are few: to look for the first of each is little work.
        # Hashes are cheaper to count than ids; ids that share one are looked at, too, and found to be different.
        hashed = everything.withColumn("_hash", F.xxhash64("event_id"))
        hashes = hashed.groupBy("_hash").agg(F.count("*").alias("_times")).where("_times > 1").select("_hash")
        hashes = hashes.persist(StorageLevel.MEMORY_AND_DISK)
        # Once they are known to be few, events are compared with them where they are read, instead of sorted.
        LOG.info("%s: %d hashes of more than one event", contract.id, hashes.count())
        self._once = hashed.join(hashes, "_hash", "left_anti").select(*self._columns)
        self._often = hashed.join(hashes, "_hash", "left_semi").withColumn("_order", order())
        self._kept = [hashes, self._once.persist(StorageLevel.MEMORY_AND_DISK), self._often.persist()]

    def before(self, at: datetime) -> DataFrame:
        """Return the events before a time, the first identity of each among those before it.

        What comes later decides nothing, not even which of two events with one id is the first.
        """
        often = self._often.where(self._time < instant(at))
        first = often.groupBy("event_id").agg(F.min_by(F.struct(*self._columns), "_order").alias("_first"))
        return self._once.where(self._time < instant(at)).unionByName(first.select("_first.*"))

    def release(self) -> None:
        """Forget what was kept of the objects."""
        for frame in self._kept:
            frame.unpersist()

    def _read(self, spark: SparkSession, root: str, contract: Contract, end: datetime) -> DataFrame:
        wanted = dict.fromkeys((*IDENTITY, "event_id", "arrival_time", *self._columns))
        schema = StructType([contract.schema[name] for name in wanted])
        last = f"{_DAY}{end.astimezone(UTC):%Y-%m-%d}"
        place = f"{root}/{contract.dataset}"
        days = [day for day in glob(spark, f"{place}/{_DAY}*") if day.rstrip("/").rsplit("/", 1)[1] <= last]
        if not days:
            return spark.createDataFrame([], schema)
        return spark.read.schema(schema).option("basePath", place).parquet(*days).select(*wanted)
