"""The records of CSV files, as landing counts them: a record ends at a line feed that is not within quotes.

Spark's own reader is not used. It ends the job at a line of more fields than it was told to expect, changes line ends
and NUL within quotes, and takes the header's line end for that of all lines.
"""

import re
from collections.abc import Sequence

from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from dataplatform.ledger import File

# What no field may hold: control characters that are no white space.
CONTROLS = "[\\x00-\\x08\\x0e-\\x1f\\x7f]"

# A comma and the field after it. Possessive: a field of any length is read once, without recursion.
_FIELD = ',(?:"(?:[^"]++|"")*+"|[^,"]*+)'
_QUOTED = '"(?:[^"]++|"")*+"'


def read(spark: SparkSession, files: Sequence[File], header: Sequence[str]) -> DataFrame:
    """Return the records of files with their digests, numbers, fields (null when empty), texts, reasons and errors."""
    lines = _lines(spark, files)
    broken = {row["file_digest"] for row in lines.where(_odd("value")).select("file_digest").distinct().collect()}
    whole = [file for file in files if file.digest not in broken]
    parts = [_whole(_lines(spark, whole))] if whole else []
    if broken:
        parts.append(_joined(_lines(spark, [file for file in files if file.digest in broken])))
    records = parts[0] if len(parts) == 1 else parts[0].unionByName(parts[1])
    return _parsed(records, header)


def cells(record: str) -> list[str]:
    """Take one record apart in plain Python: what it says, field by field."""
    found = re.findall(_FIELD, "," + record)
    return [one[2:-1].replace('""', '"') if one.startswith(',"') else one[1:] for one in found]


def _lines(spark: SparkSession, files: Sequence[File]) -> DataFrame:
    texts = spark.read.option("lineSep", "\n").text([file.uri for file in files])
    return texts.select(digest(), "value")


def digest() -> Column:
    """The digest in the name of the file that a row was read from."""
    return F.regexp_extract(F.col("_metadata.file_name"), "^([0-9a-f]{64})[.]", 1).alias("file_digest")


def _odd(text: str) -> Column:
    """Whether a quoted field begins or ends in the text without doing both."""
    return (F.length(text) - F.length(F.replace(F.col(text), F.lit('"'), F.lit("")))) % 2 == 1


def _blank(text: str) -> Column:
    return F.col(text).isin("", "\r")


def _whole(lines: DataFrame) -> DataFrame:
    """Number the lines of files of which each line is a record."""
    rows = lines.where(~_blank("value")).withColumn("_row", F.monotonically_increasing_id())
    # One task reads a file from its start to its end, so row ids are consecutive within a file: first the header's.
    headers = rows.groupBy("file_digest").agg(F.min("_row").alias("_header"))
    return (
        rows.join(F.broadcast(headers), "file_digest", "inner")
        .where(F.col("_row") > F.col("_header"))
        .select("file_digest", (F.col("_row") - F.col("_header")).alias("line_number"), _ended("value"))
    )


def _joined(lines: DataFrame) -> DataFrame:
    """Put the lines of each record together, in files that have line ends within quotes, and number the records."""
    in_order = Window.partitionBy("file_digest").orderBy("_row")
    quotes = F.sum(_odd("value").cast("int")).over(in_order.rowsBetween(Window.unboundedPreceding, -1))
    begins = (F.coalesce(quotes, F.lit(0)) % 2 == 0).cast("int")
    rows = lines.withColumn("_row", F.monotonically_increasing_id()).withColumn("_begins", begins)
    records = (
        rows.withColumn("_record", F.sum("_begins").over(in_order))
        .groupBy("file_digest", "_record")
        .agg(F.sort_array(F.collect_list(F.struct("_row", "value")))["value"].alias("_values"))
        .select("file_digest", "_record", F.array_join("_values", "\n").alias("value"))
        .where(~_blank("value"))
    )
    number = F.row_number().over(Window.partitionBy("file_digest").orderBy("_record")) - 1
    numbered = records.withColumn("line_number", number.cast("long")).where("line_number > 0")
    return numbered.select("file_digest", "line_number", _ended("value"))


def _ended(text: str) -> Column:
    """The record without the carriage return of its line end."""
    return (
        F.when(F.col(text).endswith("\r"), F.expr(f"left({text}, length({text}) - 1)"))
        .otherwise(F.col(text))
        .alias("payload")
    )


def _parsed(records: DataFrame, header: Sequence[str]) -> DataFrame:
    text, found, fields = F.col("payload"), F.col("_found"), F.col("_fields")
    quoted = text.contains('"')
    taken_apart = records.withColumn(
        "_found", F.when(quoted, F.regexp_extract_all(F.concat(F.lit(","), text), F.lit(_FIELD), F.lit(0)))
    ).withColumn("_fields", F.when(quoted, F.transform(found, _value)).otherwise(F.split(text, ",", len(header) + 1)))
    outside = F.when(quoted, F.regexp_replace(text, _QUOTED, "")).otherwise(text)
    width = F.length(F.regexp_replace(outside, "[^,]++", "")) + 1
    # Landing refuses such a file as a whole; what it took in before it did must not lose a letter here.
    lost = quoted & (F.length(F.array_join(found, "")) != F.length(text) + 1)
    verdict = (
        F.when(lost, _because("undecodable", F.lit("text outside of the quotes")))
        .when(F.size(fields) > len(header), _because("unknown_field", _told(width, header)))
        .when(F.size(fields) < len(header), _because("missing_field", _told(width, header)))
        .when(text.rlike(CONTROLS), _because("invalid_value", F.lit("a control character")))
    )
    values = [_filled(F.get(fields, F.lit(place))).alias(name) for place, name in enumerate(header)]
    record = F.struct(*values, verdict["reason"].alias("reason"), verdict["error"].alias("error"))
    # Unfolded as an array of one, fields are columns for what follows. Else conditions on them would be pushed into
    # their expressions: each would take the record apart again, and planning alone would take minutes.
    return taken_apart.select("file_digest", "line_number", "payload", F.inline(F.array(record)))


def _value(found: Column) -> Column:
    """What a field says that was found with the comma before it."""
    inside = found.substr(F.lit(3), F.length(found) - 3)
    return F.when(found.startswith(',"'), F.replace(inside, F.lit('""'), F.lit('"'))).otherwise(
        found.substr(F.lit(2), F.length(found))
    )


def _filled(field: Column) -> Column:
    return F.when(field != "", field)


def _because(reason: str, error: Column) -> Column:
    return F.struct(F.lit(reason).alias("reason"), error.alias("error"))


def _told(width: Column, header: Sequence[str]) -> Column:
    return F.format_string(f"%d fields, the header has {len(header)}", width)
