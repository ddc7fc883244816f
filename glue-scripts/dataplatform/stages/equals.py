"""Lines that say the same as rows that leave a processed table: they were counted as copies, and take the place."""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from dataplatform import quality
from dataplatform.contracts import Contract
from dataplatform.engine.ledger import File, Ledger
from dataplatform.reading import lines
from dataplatform.reading.cleaning import Cleaning

LOG = logging.getLogger(__name__)

_EVER = "9999-12-31T23:59:59Z"


@dataclass(frozen=True)
class Equals:
    """Looks into the files that a run does not have."""

    spark: SparkSession
    ledger: Ledger
    raw: Contract
    processed: Contract

    def of(self, gone: DataFrame, files: Sequence[File], own: Collection[File]) -> tuple[DataFrame, list[File]]:
        """Return the rows that files but the own have for keys of ``gone``, which are rows of ``files``; and whose."""
        read = {file.digest for file in own}
        suspected = [file for file in copies(self.ledger, self.raw.dataset, files) if file.digest not in read]
        if not suspected:
            return gone.limit(0), []
        LOG.info("%s: %d files may have lines equal to those that go", self.raw.dataset, len(suspected))
        cleaned = Cleaning(self.spark, self.ledger, self.raw, self.processed).clean(suspected)
        key = list(self.processed.primary_key)
        good = cleaned.lines.where(F.col("reason").isNull()).join(F.broadcast(gone.select(*key)), key, "left_semi")
        found = quality.conform(first_of_each(good, self.processed), self.processed).localCheckpoint()
        cleaned.release()
        theirs = {row["file_digest"] for row in found.select("file_digest").distinct().collect()}
        return found, [file for file in suspected if file.digest in theirs]


def copies(ledger: Ledger, dataset: str, files: Sequence[File]) -> list[File]:
    """Return the files that may have lines whose equals in the given files are kept.

    A line is kept if it arrived first. So it is a file that arrived later and, when it was counted, had copies of
    others' lines; or it was merged before an earlier one that took the place of its lines.
    """
    first = datetime.fromisoformat(min(file.arrival for file in files))
    last = max(file.merged_at or _EVER for file in files)
    later = ledger.arrived(dataset, first, datetime.fromisoformat(_EVER).astimezone(UTC))
    return [file for file in later if file.merged and (file.duplicates != 0 or file.merged_at < last)]


def first_of_each(good: DataFrame, processed: Contract) -> DataFrame:
    """Keep of equal lines the one that arrived first."""
    equal = Window.partitionBy(*processed.primary_key).orderBy(*lines.ORDER)
    return good.withColumn("_rank", F.row_number().over(equal)).where(F.col("_rank") == 1).drop("_rank")
