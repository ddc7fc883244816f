"""Where curated tables get their rows from: a processed table of files or of objects, or the objects of a stream."""

from collections.abc import Sequence
from functools import reduce
from typing import Protocol

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from dataplatform import table_rules
from dataplatform.arguments import Lake
from dataplatform.contracts import Contract, Contracts
from dataplatform.counts import Counts
from dataplatform.engine.iceberg import Table
from dataplatform.engine.ledger import File
from dataplatform.reading import object_rows
from dataplatform.stages import units
from dataplatform.transforms import find
from dataplatform.transforms.kinds import ObjectTransform


def whole(spark: SparkSession, lake: Lake, contract: Contract) -> DataFrame:
    """Return a dataset's whole table as it is now."""
    table = lake.table(contract.layer, contract.dataset)
    spark.catalog.refreshTable(table)
    return spark.table(table)


def referred(spark: SparkSession, lake: Lake, contracts: Contracts, contract: Contract) -> dict[str, DataFrame]:
    """Return the other tables that a contract's rules refer to, by the ids of their contracts."""
    return {one: whole(spark, lake, contracts.get(one)) for one in table_rules.references(contract)}


class Source(Protocol):
    """The processed rows of a run's pipeline, each identity and each event once."""

    @property
    def forgotten(self) -> bool:
        """Say whether nobody knows what is touched, so that everything has to be computed again."""

    def touched(self) -> list[int]:
        """Return the event hours that the run's arrivals touch, as Unix seconds of their starts."""

    def rows(self, hours: Sequence[int], unit: str) -> DataFrame:
        """Return all rows of the units that hold the hours, whenever they arrived."""

    def counts(self, hours: Sequence[int]) -> tuple[Counts, list[str]]:
        """Count the run's identities; also return the first that are lost."""


class FileSource:
    """Rows of an Iceberg table that the process stage filled from files."""

    def __init__(
        self, spark: SparkSession, table: str, contract: Contract, files: Sequence[File], hidden: Sequence[File] = ()
    ) -> None:
        self._spark = spark
        self._contract = contract
        self.files = files
        spark.catalog.refreshTable(table)
        self._everything = spark.table(table)
        taken = {snapshot for file in files for snapshot in file.taken_from}
        there = sorted(snapshot for snapshot in taken if Table(spark, table).has(snapshot))
        # What went from a snapshot that is no more, nobody can say.
        self.forgotten = len(there) < len(taken)
        self._before = [spark.read.option("snapshot-id", one).table(table) for one in there]
        self._table = self._everything
        if hidden:  # put apart: their rows are there, and count for nothing
            self._table = self._everything.where(~F.col("file_digest").isin([file.digest for file in hidden]))

    def touched(self) -> list[int]:
        """Return the hours of the rows that were kept from the run's files.

        A line of theirs that is not kept has an equal in another file with the same hour and changed nothing there.
        The answer follows from the table alone, so it is the same when an earlier run did the processing and failed
        before it curated.
        """
        if not self.files:
            return []
        return units.touched_hours(self._everything if self.forgotten else self.kept(), self._contract.event_time)

    def kept(self) -> DataFrame:
        """Return the rows that were kept from the run's files, also of those put apart, and those that went since."""
        return reduce(
            lambda found, before: found.unionByName(self._theirs(before), allowMissingColumns=True),
            self._before,
            self._theirs(self._everything),
        )

    def _theirs(self, rows: DataFrame) -> DataFrame:
        digests = self._spark.createDataFrame([(file.digest,) for file in self.files], "file_digest string")
        arrivals = [F.to_timestamp(F.lit(one(file.arrival for file in self.files))) for one in (min, max)]
        return rows.where(F.col("arrival_time").between(*arrivals)).join(
            F.broadcast(digests), "file_digest", "left_semi"
        )

    def table(self) -> DataFrame:
        """Return all rows there are."""
        return self._table

    def rows(self, hours: Sequence[int], unit: str) -> DataFrame:
        """Return the rows of the units that hold the hours."""
        return units.whole(self._table, F.col(self._contract.event_time), hours, unit)

    def counts(self, hours: Sequence[int]) -> tuple[Counts, list[str]]:
        """Count the rows of the touched hours; the audit shows that they are all in the curated tables."""
        rows = self.rows(hours, "hour").count() if hours else 0
        return Counts(received=rows, processed=rows), []


class ObjectSource(FileSource):
    """Rows of an Iceberg table that the process stage merged from the events of objects."""

    def __init__(
        self, spark: SparkSession, table: str, raw: Contract, processed: Contract, files: Sequence[File]
    ) -> None:
        super().__init__(spark, table, processed, files)
        self._raw = raw

    def kept(self) -> DataFrame:
        """Return all versions of the objects that the run's events are about.

        An event changes what other versions are: the one before is not the current one any more, or is again.
        """
        transform = find(ObjectTransform, self._contract)
        events = transform.describe(object_rows.read(self._spark, self._raw, self.files))
        return self._table.join(events.select(transform.object_column).distinct(), transform.object_column, "left_semi")


class Without(FileSource):
    """A processed table without the rows that are about to be deleted from it.

    Curated is computed from it before they go, so that a run that dies in between finds them again.
    """

    def __init__(self, spark: SparkSession, table: str, contract: Contract, doomed: DataFrame) -> None:
        super().__init__(spark, table, contract, [])
        self._doomed = doomed
        self._table = self._table.join(doomed.select(*contract.primary_key), list(contract.primary_key), "left_anti")

    def touched(self) -> list[int]:
        """Return the hours of the rows that go."""
        return units.touched_hours(self._doomed, self._contract.event_time)

    def kept(self) -> DataFrame:
        """Return the rows that go: what they have a part in is computed again."""
        return self._doomed
