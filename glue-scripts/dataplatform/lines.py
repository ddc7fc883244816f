"""Raw files as lines: one row a record, every field as text, with the record's identity.

Columns: ``file_digest, line_number, arrival_time``, the header's fields (as received), ``payload`` (the record's text),
``reason`` and ``error`` (null unless the record does not have the header's fields).
"""

from collections.abc import Iterable, Sequence
from functools import reduce

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import (
    ArrayType,
    BooleanType,
    DataType,
    LongType,
    MapType,
    StringType,
    StructField,
    StructType,
)

from dataplatform.ledger import File

IDENTITY = ("file_digest", "line_number")
# Orders lines that say the same: the first one is kept.
ORDER = ("arrival_time", "file_digest", "line_number")
SEPARATOR = "\u001f"
# In the place of a record that an erasure took out of a raw file: the records after it keep their numbers.
ERASED = "#erased"
WHITE_SPACE = " \t\n\r\f\u000b\u00a0"

_MALFORMED = "_malformed"
_WRITTEN = {
    "escape": '"',
    "emptyValue": "",
    "ignoreLeadingWhiteSpace": "false",
    "ignoreTrailingWhiteSpace": "false",
}
_FILES = StructType([StructField("file_digest", StringType()), StructField("arrival", StringType())])


def read(spark: SparkSession, files: Iterable[File], header: Sequence[str]) -> DataFrame:
    """Read raw files of either format; without files the frame is empty."""
    files = list(files)
    tabular = [file for file in files if file.format == "csv"]
    documents = [file for file in files if file.format == "json"]
    unknown = {file.format for file in files} - {"csv", "json"}
    if unknown:
        raise ValueError(f"ledger names formats no reader knows: {', '.join(sorted(unknown))}")
    parts = []
    if tabular:
        parts.append(_csv(spark, [file.uri for file in tabular], header))
    if documents:
        parts.append(_json(spark, [file.uri for file in documents], header))
    if not parts:
        return spark.createDataFrame([], line_schema(header))
    lines = reduce(DataFrame.unionByName, parts)
    arrivals = spark.createDataFrame([(file.digest, file.arrival) for file in files], _FILES)
    return lines.join(F.broadcast(arrivals), "file_digest", "inner").select(
        "file_digest",
        "line_number",
        F.to_timestamp("arrival").alias("arrival_time"),
        *header,
        "payload",
        "reason",
        "error",
    )


def line_schema(header: Sequence[str]) -> StructType:
    """The schema of read's frames."""
    schema = StructType().add("file_digest", "string").add("line_number", "long").add("arrival_time", "timestamp")
    for name in (*header, "payload", "reason", "error"):
        schema = schema.add(name, "string")
    return schema


def canonical(lines: DataFrame, header: Sequence[str]) -> DataFrame:
    """Trim the fields (an absent one becomes empty) and add ``line_key``, the SHA-256 over all of them."""
    trimmed = {name: F.btrim(F.coalesce(F.col(name), F.lit("")), F.lit(WHITE_SPACE)) for name in header}
    return lines.withColumns(trimmed).withColumn("line_key", F.sha2(F.concat_ws(SEPARATOR, *header), 256))


def identity() -> Column:
    """The identity of a line as text: ``<digest>:<line>``."""
    return F.concat_ws(":", *IDENTITY)


def _csv(spark: SparkSession, uris: list[str], header: Sequence[str]) -> DataFrame:
    schema = StructType([StructField(name, StringType()) for name in (*header, _MALFORMED)])
    rows = (
        spark.read.schema(schema)
        .options(header=True, multiLine=True, escape='"', mode="PERMISSIVE", columnNameOfCorruptRecord=_MALFORMED)
        .csv(uris)
        .select(*header, _MALFORMED, _digest(), F.monotonically_increasing_id().alias("_row"))
    )
    # One task reads a file from its start to its end, so row ids are consecutive within a file.
    firsts = rows.groupBy("file_digest").agg(F.min("_row").alias("_first"))
    unquoted = F.regexp_replace(_MALFORMED, '"[^"]*"', "")
    width = F.size(F.split(unquoted, ",", -1))
    record = F.to_csv(F.struct(*header), _WRITTEN)
    erased = F.coalesce(F.rtrim(_MALFORMED) == ERASED, F.lit(False))
    return (
        rows.join(F.broadcast(firsts), "file_digest", "inner")
        .where(~erased)
        .select(
            "file_digest",
            (F.col("_row") - F.col("_first") + 1).alias("line_number"),
            *header,
            F.coalesce(F.rtrim(_MALFORMED), record).alias("payload"),
            F.when(F.col(_MALFORMED).isNull(), F.lit(None))
            .when(width > len(header), F.lit("unknown_field"))
            .otherwise(F.lit("missing_field"))
            .alias("reason"),
            F.when(
                F.col(_MALFORMED).isNotNull(), F.format_string(f"%d fields, the header has {len(header)}", width)
            ).alias("error"),
        )
    )


def _json(spark: SparkSession, uris: list[str], header: Sequence[str]) -> DataFrame:
    document = F.btrim("value", F.lit(WHITE_SPACE + "\ufeff"))
    texts = F.when(document.startswith("["), F.from_json(document, ArrayType(StringType()))).otherwise(
        F.filter(F.split(document, "\r?\n"), lambda line: F.btrim(line, F.lit(WHITE_SPACE)) != "")
    )
    rows = spark.read.text(uris, wholetext=True).select(_digest(), F.posexplode(texts).alias("_row", "payload"))
    # An array's element comes without its quotes.
    rows = rows.where(~F.col("payload").isin(ERASED, f'"{ERASED}"'))
    fields = F.from_json("payload", MapType(StringType(), StringType()))
    unknown = F.array_except(F.map_keys("_fields"), F.array(*[F.lit(name) for name in header]))
    missing = F.array_except(F.array(*[F.lit(name) for name in header]), F.map_keys("_fields"))
    nested = F.array_compact(F.array(*[F.when(_neither_text_nor_number(name), F.lit(name)) for name in header]))
    parsed = rows.withColumn("_fields", fields).withColumns(
        {
            "_unknown": unknown,
            "_missing": missing,
            **{f"_{kind}": F.from_json("payload", _all(header, of)) for kind, of in _WRONG_TYPES.items()},
        }
    )
    reason = (
        F.when(F.col("_fields").isNull(), F.lit("undecodable"))
        .when(F.size("_unknown") > 0, F.lit("unknown_field"))
        .when(F.size("_missing") > 0, F.lit("missing_field"))
        .when(F.size(nested) > 0, F.lit("wrong_type"))
    )
    names = (
        F.when(F.col("_fields").isNull(), F.lit("not a JSON object"))
        .when(F.size("_unknown") > 0, F.array_join("_unknown", ", "))
        .when(F.size("_missing") > 0, F.array_join("_missing", ", "))
        .when(F.size(nested) > 0, F.array_join(nested, ", "))
    )
    return parsed.select(
        "file_digest",
        (F.col("_row").cast(LongType()) + 1).alias("line_number"),
        *[F.col("_fields").getItem(name).alias(name) for name in header],
        "payload",
        reason.alias("reason"),
        names.alias("error"),
    )


# A field that parses as one of these is neither text nor a number.
_WRONG_TYPES: dict[str, DataType] = {
    "flag": BooleanType(),
    "list": ArrayType(StringType()),
    "object": MapType(StringType(), StringType()),
}


def _neither_text_nor_number(name: str) -> Column:
    return reduce(Column.__or__, [F.col(f"_{kind}").getField(name).isNotNull() for kind in _WRONG_TYPES])


def _all(header: Sequence[str], of: DataType) -> StructType:
    return StructType([StructField(name, of) for name in header])


def _digest() -> Column:
    return F.regexp_extract(F.col("_metadata.file_name"), "^([0-9a-f]{64})[.]", 1).alias("file_digest")
