"""Raw files as lines: one row a record, every field as text, with the record's identity.

Columns: ``file_digest, line_number, arrival_time``, the header's fields (as received), ``payload`` (the record's text),
``reason`` and ``error`` (null unless the record does not have the header's fields).
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from typing import Any

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from dataplatform.contracts import Known
from dataplatform.engine.ledger import File
from dataplatform.reading import headers, mapped, records_csv, records_json
from dataplatform.transforms.once import once
from dataplatform.transforms.processed import letters

IDENTITY = ("file_digest", "line_number")
# Orders lines that say the same: the first one is kept.
ORDER = ("arrival_time", "file_digest", "line_number")
# In the place of a record that an erasure took out of a raw file, before the file's digest: the records after it keep
# their numbers. No source can write it, for the digest is of all that the source wrote. Erasures once left it bare.
ERASED = "#erased"

_FILES = "file_digest string, arrival string, erased boolean, bare boolean"


def read(
    spark: SparkSession,
    files: Iterable[File],
    header: Sequence[str],
    begins: dict[str, int] | None = None,
    *,
    mappings: Mapping[str, Mapping[str, Any]] | None = None,
    known: Known | None = None,
) -> DataFrame:
    """Read raw files of either format; without files the frame is empty. ``begins`` is that of records_csv.

    Files of other versions of the dataset are read by the names of their columns, as far as they are ``known``.
    Of files with another source's columns each is read as its mapping says; the frame has the column mapped.VOID then.
    """
    files = list(files)
    tabular = [file for file in files if file.format == "csv" and not file.mapping]
    documents = [file for file in files if file.format == "json"]
    unknown = {file.format for file in files} - {"csv", "json"}
    if unknown:
        raise ValueError(f"ledger names formats no reader knows: {', '.join(sorted(unknown))}")
    parts = []
    known = known or Known()
    own = headers.assigned(spark, tabular, header, known)
    for columns in sorted({file.columns for file in own}):
        of_those = [file for file in own if file.columns == columns]
        parts.append(headers.read(spark, of_those, header, known, begins))
    if documents:
        parts.append(records_json.read(spark, documents, header, known))
    for source, columns in sorted({(file.mapping, file.columns) for file in files if file.mapping}):
        if source not in (mappings or {}):
            raise ValueError(f"there is no mapping {source}; it stays as long as raw has files that came by it")
        theirs = [file for file in files if (file.mapping, file.columns) == (source, columns)]
        read_by_place = records_csv.read(spark, theirs, mapped.places(columns), begins)
        parts.append(mapped.fields(read_by_place, columns, (mappings or {})[source], header))
    if not parts:
        return spark.createDataFrame([], line_schema(header))
    lines = reduce(lambda one, other: one.unionByName(other, allowMissingColumns=True), parts)
    void = [mapped.VOID] if mapped.VOID in lines.columns else []
    arrivals = spark.createDataFrame(
        [(file.digest, file.arrival, file.erased > 0, file.bare_marks) for file in files], _FILES
    )
    text = F.btrim("payload", F.lit('" \r'))
    erased = F.col("erased") & (
        (text == F.concat_ws(" ", F.lit(ERASED), "file_digest")) | (F.col("bare") & (text == ERASED))
    )
    return (
        lines.join(F.broadcast(arrivals), "file_digest", "inner")
        .where(~erased)
        .select(
            "file_digest",
            "line_number",
            F.to_timestamp("arrival").alias("arrival_time"),
            *header,
            "payload",
            "reason",
            "error",
            *void,
        )
    )


def mark(digest: str) -> str:
    """Return what stands in the place of a record that was taken out of a file."""
    return f"{ERASED} {digest}"


def line_schema(header: Sequence[str]) -> StructType:
    """The schema of read's frames."""
    schema = StructType().add("file_digest", "string").add("line_number", "long").add("arrival_time", "timestamp")
    for name in (*header, "payload", "reason", "error"):
        schema = schema.add(name, "string")
    return schema


def trimmed(lines: DataFrame, header: Sequence[str]) -> DataFrame:
    """Trim the fields; an absent one becomes empty."""
    return once(lines.withColumns({name: letters.trimmed(F.coalesce(F.col(name), F.lit(""))) for name in header}))


def identity() -> Column:
    """The identity of a line as text: ``<digest>:<line>``."""
    return F.concat_ws(":", *IDENTITY)
