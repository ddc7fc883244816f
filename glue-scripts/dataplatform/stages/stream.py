"""The processed objects of a stream: read by path, once an identity, once an event."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property, reduce
from operator import or_

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import IntegerType, StringType, StructField, StructType

from dataplatform.arguments import StageArguments
from dataplatform.contracts import Contract
from dataplatform.counts import DUPLICATE, PROCESSED, QUARANTINED, Counts, count
from dataplatform.engine.spark import jvm
from dataplatform.hours import HOUR, Span, each_hour
from dataplatform.stages import units

IDENTITY = ("shard", "sequence_number", "ordinal")
# Clocks of senders may be ahead of ours: events are looked for this far after the last arrival.
_AHEAD = timedelta(days=1)
# More days than this are found by listing those there are, not by asking for each: a lateness limit may be years.
_PROBED_DAYS = 31

_RAW_IDENTITY = StructType(
    [
        StructField("shard", StringType()),
        StructField("sequence_number", StringType()),
        StructField("ordinal", IntegerType()),
        StructField("arrival_time", StringType()),
    ]
)
_QUARANTINED = StructType([StructField("identity", StringType())])


class StreamSource:
    """Events of a stream whose arrival lies in the spans of a run; hidden identities count for nothing."""

    forgotten = False

    def __init__(
        self,
        spark: SparkSession,
        args: StageArguments,
        raw: Contract,
        processed: Contract,
        spans: Sequence[Span],
        *,
        hidden: DataFrame | None = None,
    ) -> None:
        self._spark = spark
        self._args = args
        self._raw = raw
        self._processed = processed
        self.spans = spans
        self._hidden = hidden
        self._near: dict[tuple[str, ...], DataFrame] = {}

    def without(self, hidden: DataFrame | None) -> "StreamSource":
        """Return the source without identities."""
        if hidden is None:
            return self
        return StreamSource(self._spark, self._args, self._raw, self._processed, self.spans, hidden=hidden)

    def touched(self) -> list[int]:
        """Return the hours of the events that arrived, and of every event with the id of one of them.

        An id that arrives again may take the place of a copy with a different time, so that hour changes as well.
        """
        hours = units.touched_hours(self._arrived, "event_time")
        if not hours:
            return []
        ids = self._arrived.select("event_id").distinct()
        return units.touched_hours(self._around(hours).join(ids, "event_id", "left_semi"), "event_time")

    def rows(self, hours: Sequence[int], unit: str) -> DataFrame:
        """Return the events of the units that hold the hours, duplicates taken out by identity and then by event id."""
        days = sorted({hour - hour % units.DAY_SECONDS for hour in hours})
        everything = self._read(self._folders(days), self._processed.schema)
        wanted = units.whole(everything, F.col("event_time"), hours, unit)
        firsts = self._firsts(hours)
        # Copies of the first identity are redeliveries and say the same: any of them will do.
        return (
            wanted.withColumn("_order", order())
            .join(firsts, ["event_id", "_order"], "left_semi")
            .drop("_order")
            .dropDuplicates(["event_id"])
        )

    def counts(self, hours: Sequence[int]) -> tuple[Counts, list[str]]:
        """Count the raw identities that arrived in the hours by where they are."""
        apart = self._quarantined().select("identity", F.lit(True).alias("apart"))
        places = self._received.select("identity").join(apart, "identity", "left")
        if hours:
            kept = self._firsts(hours).withColumn("first", F.lit(True))
            mine = self._arrived.select("event_id", order().alias("_order"), _text().alias("identity"))
            found = mine.join(kept, ["event_id", "_order"], "left").select(
                "identity", F.coalesce("first", F.lit(False)).alias("first")
            )
            places = places.join(found, "identity", "left")
        else:
            places = places.withColumn("first", F.lit(None).cast("boolean"))
        place = (
            F.when(F.col("first"), F.lit(PROCESSED))
            .when(~F.col("first"), F.lit(DUPLICATE))
            .when(F.col("apart"), F.lit(QUARANTINED))
        )
        return count(places.select("identity", place.alias("place")))

    def held_against(self, hours: Sequence[int]) -> tuple[DataFrame, Column, list[int]]:
        """Return the events of the days before and of the hours, the hour of their arrival, and the days' first hours.

        No more days than duplicates are looked for in: they are read already.
        """
        days = sorted({hour - hour % units.DAY_SECONDS for hour in hours})
        first = days[0] - self._args.dedup_days * units.DAY_SECONDS
        checked = list(range(first, days[0], units.DAY_SECONDS)) + days
        return self.rows(checked, "day"), F.unix_seconds(F.date_trunc("hour", "arrival_time")), checked

    @cached_property
    def _arrived(self) -> DataFrame:
        """The processed identities that arrived in the hours, each once, listed after raw.

        The function writes raw last, so every row in it has its other row by then.
        """
        _ = self._received
        late = timedelta(hours=self._args.lateness_hours)
        hours = {hour for start, end in self.spans for hour in each_hour(start - late, end + _AHEAD)}
        folders = self._existing(self._args.lake.processed, "event", sorted(hours))
        rows = self._read(folders, self._identity_schema()).where(_within(F.col("arrival_time"), self.spans))
        return rows.dropDuplicates(list(IDENTITY)).persist()

    def _around(self, hours: Sequence[int]) -> DataFrame:
        """Identities of the events up to dedup_days before and after the days of the hours."""
        margin = self._args.dedup_days * units.DAY_SECONDS
        days = sorted({hour - hour % units.DAY_SECONDS for hour in hours})
        wanted = sorted({near for day in days for near in range(day - margin, day + margin + 1, units.DAY_SECONDS)})
        # Kept: a stream's objects are many and small, and the same ones are asked for several times in a run.
        folders = tuple(self._folders(wanted))
        if folders not in self._near:
            self._near[folders] = self._read(folders, self._identity_schema()).persist()
        return self._near[folders]

    def _firsts(self, hours: Sequence[int]) -> DataFrame:
        """The lowest order of each event id: its first identity."""
        return self._around(hours).groupBy("event_id").agg(F.min(order()).alias("_order"))

    @cached_property
    def _received(self) -> DataFrame:
        """The raw identities that arrived in the hours; read only by who counts, as an erasure may not read raw so."""
        raw = self._read(self._raw_folders(), _RAW_IDENTITY, text=True)
        arrived = self._visible(raw.where(_within(F.to_timestamp("arrival_time"), self.spans)))
        return arrived.select(_text().alias("identity")).distinct()

    def batches(self) -> DataFrame | None:
        """Return the raw identities that arrived: hour, batch, when that was written, reason; None if none is bad.

        One that was delivered again belongs to the batch that brought it first.
        """
        folders = self._raw_folders()
        if not folders or not self._quarantine_folders():
            return None
        raw = self._read(folders, _RAW_IDENTITY, text=True).select(
            *IDENTITY,
            F.to_timestamp("arrival_time").alias("arrival"),
            F.unix_micros("_metadata.file_modification_time").alias("written"),
            F.col("_metadata.file_name").alias("batch"),
        )
        hour = F.unix_seconds(F.date_trunc("hour", "arrival")).alias("hour")
        first = F.min(F.struct("written", "batch", hour)).alias("first")
        firsts = raw.where(_within(F.col("arrival"), self.spans)).groupBy(*IDENTITY).agg(first)
        named = firsts.select(*IDENTITY, "first.*", _text().alias("identity"))
        return named.join(self._quarantined(), "identity", "left").drop("identity")

    def _quarantined(self) -> DataFrame:
        reason = F.regexp_extract(F.input_file_name(), "reason=([a-z_0-9]+)", 1)
        rows = self._read(self._quarantine_folders(), _QUARANTINED, text=True).withColumn("reason", reason)
        return rows.groupBy("identity").agg(F.min("reason").alias("reason"))

    def _raw_folders(self) -> list[str]:
        return self._by_arrival(f"{self._raw.dataset}/")

    def _quarantine_folders(self) -> list[str]:
        return self._by_arrival(f"quarantine/{self._raw.dataset}/reason=*/")

    def _by_arrival(self, prefix: str) -> list[str]:
        # An object is filed under one hour but may hold a batch that began in the one before.
        hours = {hour for start, end in self.spans for hour in each_hour(start - HOUR, end + HOUR)}
        return self._existing(self._args.lake.raw, "ingest", sorted(hours), prefix)

    def _folders(self, days: Sequence[int]) -> list[str]:
        starts = [datetime.fromtimestamp(day, UTC) for day in days]
        return self._existing(
            self._args.lake.processed, "event", [start + HOUR * hour for start in starts for hour in range(24)]
        )

    def _existing(self, root: str, kind: str, hours: Sequence[datetime], prefix: str = "") -> list[str]:
        """The folders of the hours that are there: an hour without data has none, and Spark refuses to read one."""
        prefix = prefix or f"{self._processed.dataset}/"
        wanted = {f"{kind}_date={hour:%Y-%m-%d}/{kind}_hour={hour:%H}" for hour in hours}
        days = {folder.split("/", 1)[0] for folder in wanted}
        if len(days) > _PROBED_DAYS:
            days &= {folder.rsplit("/", 1)[1] for folder in glob(self._spark, f"{root}/{prefix}{kind}_date=*")}
        found = []
        for day in sorted(days):
            for folder in glob(self._spark, f"{root}/{prefix}{day}/{kind}_hour=*"):
                if "/".join(folder.rsplit("/", 2)[1:]) in wanted:
                    found.append(folder)
        return found

    def _read(self, folders: Sequence[str], schema: StructType, text: bool = False) -> DataFrame:
        if not folders:
            return self._spark.createDataFrame([], schema)
        reader = self._spark.read.schema(schema)
        if text:
            return reader.json(list(folders))
        return self._visible(reader.parquet(*folders))

    def _visible(self, rows: DataFrame) -> DataFrame:
        return rows if self._hidden is None else rows.join(self._hidden, list(IDENTITY), "left_anti")

    def _identity_schema(self) -> StructType:
        names = (*IDENTITY, "event_id", "arrival_time", "event_time")
        return StructType([self._processed.schema[name] for name in names])


def _within(arrival: Column, spans: Sequence[Span]) -> Column:
    def instant(at: datetime) -> Column:
        return F.timestamp_seconds(F.lit(int(at.timestamp())))

    return reduce(or_, [(arrival >= instant(start)) & (arrival < instant(end)) for start, end in spans])


def order() -> Column:
    """Order of identities: arrival, shard, sequence number as the number it is, ordinal."""
    number = F.regexp_replace("sequence_number", "^0+", "")
    return F.struct("arrival_time", "shard", F.length(number).alias("digits"), number.alias("number"), "ordinal")


def _text() -> Column:
    return F.concat_ws(":", *IDENTITY)


def glob(spark: SparkSession, pattern: str) -> list[str]:
    """Return the folders and objects that a pattern finds."""
    path = jvm(spark).org.apache.hadoop.fs.Path(pattern)
    found = path.getFileSystem(spark._jsc.hadoopConfiguration()).globStatus(path)
    return [str(status.getPath()) for status in found or []]
