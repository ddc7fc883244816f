"""Names the files for which a step raises: Spark says which task failed, and how many rows it had read.

That tells the file of one that raises, at no cost. To look for more, each task gets one file: doing the step again with
fewer files reads and sums up anew each time, which costs more than small files do.
"""

import logging
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from dataplatform.engine.ledger import File
from dataplatform.engine.spark import jvm
from dataplatform.reading.records_csv import TASK
from dataplatform.reading.unreadable import name, said

LOG = logging.getLogger(__name__)

# Each suspect costs a job; where there are more, halves find them.
_MOST = 8
# More than fail in one stage.
_MANY = 1 << 20
_TASK = re.compile(r"\bTask (?P<task>\d+) in stage (?P<stage>\d+)\.(?P<attempt>\d+)")
# Spark notes what a task did beside the job. So many seconds after the job it is not waited for any more.
_PATIENCE = 2
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


def read_last(spark: SparkSession, error: Exception, begins: Mapping[str, int]) -> str | None:
    """Return the digest of the file of the row that the task that failed had read last; None without telling.

    Rows are computed as they are read, so it is the row that raises.
    """
    try:
        failed = _failed(error)
        if failed is None or not begins:
            return None
        own = failed["task"] * TASK
        last = own + _rows_read(spark, **failed) - 1
        within = [(row, digest) for digest, row in begins.items() if own <= row <= last]
        return max(within)[1] if within else None
    except Exception as unknown:  # Spark's own notes are no interface: the search does without
        LOG.info("no telling what was read last: %s", name(unknown))
        return None


def _rows_read(spark: SparkSession, task: int, stage: int, attempt: int) -> int:
    """Return how many rows the task had read when it failed; 0 without telling."""
    notes = spark.sparkContext._jsc.sc().statusStore()
    names = jvm(spark).org.apache.spark.status.api.v1
    failed = jvm(spark).java.util.ArrayList([names.TaskStatus.FAILED])
    until = time.monotonic() + _PATIENCE
    while True:
        tasks = notes.taskList(stage, attempt, 0, _MANY, names.TaskSorting.ID, failed)
        for one in (tasks.apply(place) for place in range(tasks.size())):
            if one.index() == task and one.taskMetrics().isDefined():
                return int(one.taskMetrics().get().inputMetrics().recordsRead())
        if time.monotonic() > until:
            return 0
        time.sleep(0.05)


def _next(
    step: Callable[[DataFrame], DataFrame], texts: DataFrame, by_task: Mapping[int, str], found: Sequence[str]
) -> str | None:
    """Return the digest of the file whose task raises, or the first of them to, apart from those found."""
    try:
        _compute(step(texts.where(~F.col("file_digest").isin(found)) if found else texts))
    except Exception as error:  # which names the task
        failed = _failed(error)
        digest = by_task.get(failed["task"]) if failed else None
        return None if digest in found else digest
    return None


def _compute(made: DataFrame) -> None:
    """Compute every column of every row, and keep nothing."""
    made.agg(F.max(F.xxhash64(*made.columns))).collect()


def _failed(error: Exception) -> dict[str, int] | None:
    """Return the numbers of the task that failed, of its stage, and of that one's attempt."""
    found = next((found for text in said(error) if (found := _TASK.search(text))), None)
    return {what: int(number) for what, number in found.groupdict().items()} if found else None


@contextmanager
def _a_file_a_task(spark: SparkSession) -> Iterator[None]:
    """Let no task read more than one file, however small they are."""
    before, whole = (str(spark.conf.get(name)) for name in (_OPENING, _PARTITION))
    spark.conf.set(_OPENING, whole)
    try:
        yield
    finally:
        spark.conf.set(_OPENING, before)
