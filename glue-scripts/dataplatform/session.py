"""The one Spark session of a job."""

import logging
import sys
from pathlib import Path

from pyspark.sql import SparkSession


def start(name: str) -> SparkSession:
    """Return the session; settings come from the environment, but for those that settle gives."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    session = SparkSession.builder.appName(name).getOrCreate()
    settle(session)
    # Python workers read JSON files by this library.
    library = Path(__file__).parents[1]
    if library.is_file():
        session.sparkContext.addPyFile(str(library))
    return session


def settle(session: SparkSession) -> None:
    """Apply the settings that the code's meaning and its speed rest on, whatever the environment says."""
    # Hours and dates are UTC everywhere.
    session.conf.set("spark.sql.session.timeZone", "UTC")
    # A time that Spark 2 would have read and Spark 3 does not, such as one whose hour has one digit, is unreadable. By
    # default it ends the job instead, so one line could stop an hour for good.
    session.conf.set("spark.sql.legacy.timeParserPolicy", "CORRECTED")
    # Spark 3.5.4 frees a batch of columns once it has read its rows; Iceberg 1.7.1 writes the next one into it. A file
    # of more than one batch, 5,000 rows, would crash the machine or be misread (SPARK-50235, apache/iceberg#11731).
    session.conf.set("spark.sql.iceberg.vectorization.enabled", "false")
    # What a job keeps, it reads a few times: packing columns would cost more than reading their objects again.
    session.conf.set("spark.sql.inMemoryColumnarStorage.compressed", "false")
    # By default the number of tasks that files are shared out among follows the workers that are there just then. Rows
    # are numbered by their tasks, in CSV files, and have the same numbers when they are read again.
    session.conf.set("spark.sql.files.minPartitionNum", str(session.sparkContext.defaultParallelism))
    # A document of JSON files is a row: by default ten thousand of them would go to Python at once.
    session.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", "1")
