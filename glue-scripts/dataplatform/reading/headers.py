"""The columns of CSV files by their names: each file has the header of the version that its source knew."""

from collections.abc import Sequence
from dataclasses import replace

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from dataplatform.contracts import Known
from dataplatform.engine.ledger import File
from dataplatform.reading import records_csv, texts
from dataplatform.reading.mapped import places

_BOM = "\ufeff"


def assigned(spark: SparkSession, files: Sequence[File], header: Sequence[str], known: Known) -> list[File]:
    """Return CSV files with their columns.

    The ledger did not always keep those of a dataset's own files. One has the only header there was, or says it.
    """
    silent = [file for file in files if not file.columns]
    if not silent:
        return list(files)
    said: dict[str, tuple[str, ...]] = {}
    if {*known.headers, tuple(header)} != {tuple(header)}:
        rows = texts.read(spark, silent, whole=False).withColumn("_row", F.monotonically_increasing_id())
        first = rows.groupBy("file_digest").agg(F.min_by("value", "_row").alias("value")).collect()
        said = {row["file_digest"]: tuple(_names(row["value"])) for row in first}
    return [file if file.columns else replace(file, columns=said.get(file.digest, tuple(header))) for file in files]


def _names(line: str) -> list[str]:
    return records_csv.cells(line.removeprefix(_BOM).removesuffix("\r"))


def read(
    spark: SparkSession,
    files: Sequence[File],
    header: Sequence[str],
    known: Known,
    begins: dict[str, int] | None = None,
) -> DataFrame:
    """Read files that all have the same columns; one of the header that they do not have is null."""
    columns = files[0].columns
    if columns == tuple(header):
        return records_csv.read(spark, files, header, begins)
    at = dict(zip(columns, places(columns), strict=True))

    def named(column: str) -> Column:
        place = next((at[name] for name in known.of(column) if name in at), None)
        return (F.col(place) if place else F.lit(None).cast("string")).alias(column)

    records = records_csv.read(spark, files, places(columns), begins)
    return records.select(
        "file_digest", "line_number", "payload", *[named(column) for column in header], "reason", "error"
    )
