"""The rows that a function wrote of objects' events, one file a row."""

from collections.abc import Sequence

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from dataplatform.contracts import Contract
from dataplatform.engine.ledger import File


def read(spark: SparkSession, raw: Contract, files: Sequence[File]) -> DataFrame:
    """Read the rows of the files by their folders: those are listed, while files would be asked for one by one.

    Raise FileNotFoundError when one is not there. The rows are persisted: there are as many small objects as rows.
    """
    folders = sorted({file.uri.rsplit("/", 1)[0] for file in files})
    wanted = spark.createDataFrame([(file.digest,) for file in files], "file_id string")
    rows = spark.read.schema(raw.schema).option("mode", "FAILFAST").json(folders)
    named = rows.withColumn("file_id", F.regexp_extract(F.col("_metadata.file_name"), "^([0-9a-f]{64})[.]", 1))
    found = named.join(F.broadcast(wanted), "file_id", "left_semi").persist()
    if (have := found.select("file_id").distinct().count()) != len(files):
        raise FileNotFoundError(f"{raw.id}: {have} of {len(files)} rows of the ledger are there")
    return found.drop("file_id")
