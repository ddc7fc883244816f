"""Names the files for which a step raises: Spark says which task failed, and here each task has one file.

Doing the step again with fewer files reads and sums up anew each time, which costs more than small files do.
"""

import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from dataplatform.ledger import File
from dataplatform.unreadable import name, said

LOG = logging.getLogger(__name__)

# Each suspect costs a job; where there are more, halves find them.
_MOST = 8
_TASK = re.compile(r"\bTask (\d+) in stage \d")
_OPENING = "spark.sql.files.openCostInBytes"
_PARTITION = "spark.sql.files.maxPartitionBytes"


def suspects(
    spark: SparkSession,
    files: Sequence[File],
    read: Callable[[Sequence[File]], DataFrame],
    step: Callable[[DataFrame], DataFrame],
) -> Iterator[list[File]]:
    """Yield the first file for which ``step``, which works row by row, seems to raise, then all; none without telling.

    It is a hint: whoever asks has to see the others pass, and these not.
    """
    texts = None
    try:
        with _a_file_a_task(spark):
            texts = read(files).persist()
            where = texts.select("file_digest", F.spark_partition_id().alias("task")).distinct().collect()
        by_task = {row["task"]: row["file_digest"] for row in where}
        found: list[str] = []
        while len(found) < _MOST and (digest := _next(step, texts, by_task, found)):
            found.append(digest)
            if len(found) == 1:  # mostly it is the only one: to look for more would cost more than to try the others
                yield [file for file in files if file.digest in found]
        if len(found) > 1:
            yield [file for file in files if file.digest in found]
    except Exception as error:  # reading raises, so halves have to tell
        LOG.info("no telling which files raise: %s", name(error))
    finally:
        if texts is not None:
            texts.unpersist()


def _next(
    step: Callable[[DataFrame], DataFrame], texts: DataFrame, by_task: Mapping[int, str], found: Sequence[str]
) -> str | None:
    """Return the digest of the file whose task raises, or the first of them to, apart from those found."""
    try:
        _compute(step(texts.where(~F.col("file_digest").isin(found)) if found else texts))
    except Exception as error:  # which names the task
        digest = by_task.get(_task(error))
        return None if digest in found else digest
    return None


def _compute(made: DataFrame) -> None:
    """Compute every column of every row, and keep nothing."""
    made.agg(F.max(F.xxhash64(*made.columns))).collect()


def _task(error: Exception) -> int | None:
    found = next((found for text in said(error) if (found := _TASK.search(text))), None)
    return int(found.group(1)) if found else None


@contextmanager
def _a_file_a_task(spark: SparkSession) -> Iterator[None]:
    """Let no task read more than one file, however small they are."""
    before = spark.conf.get(_OPENING)
    spark.conf.set(_OPENING, spark.conf.get(_PARTITION))
    try:
        yield
    finally:
        spark.conf.set(_OPENING, before)
