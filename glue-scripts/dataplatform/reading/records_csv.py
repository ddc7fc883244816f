"""The records of CSV files, as landing counts them: a record ends at a line feed that is not within quotes.

A row without any value, as spreadsheets write for one that was emptied or only formatted, is no record.

Spark's own reader is not used. It ends the job at a line of more fields than it was set to expect, changes line ends
and NUL within quotes, and takes the header's line end for that of all lines.
"""

import re
from collections.abc import Sequence
from functools import reduce

from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from dataplatform.engine.ledger import File
from dataplatform.reading import composed, texts
from dataplatform.transforms.once import once
from dataplatform.transforms.white_space import WHITE_SPACE

# What no field may hold: control characters that are no white space.
CONTROLS = "[\\x00-\\x08\\x0e-\\x1f\\x7f]"

# A comma and the field after it. Possessive: a field of any length is read once, without recursion.
_FIELD = ',(?:"((?:[^"]++|"")*+)"|([^,"]*+))'
_QUOTED = '"(?:[^"]++|"")*+"'
_SEPARATOR = "\u001f"
# What a row without values consists of, and how: a doubled quote within quotes is a value.
_SPACE = WHITE_SPACE
_EMPTY = _SPACE + ',"'
_BLANK = re.compile(rf'(?:[,{_SPACE}]++|"[{_SPACE}]*+"(?!"))*+\Z')
# What Spark numbers the rows of its tasks apart by.
TASK = 1 << 33


def read(
    spark: SparkSession, files: Sequence[File], header: Sequence[str], begins: dict[str, int] | None = None
) -> DataFrame:
    """Return the records of files with their digests, numbers, fields (null when empty), texts, reasons and errors.

    ``begins`` learns at which row each file begins, by its digest: tasks number what they read from their own number
    times TASK on.
    """
    rows = _lines(spark, files).withColumn("_read", F.monotonically_increasing_id())
    records = rows.where(~_blank("value")).withColumn("_row", F.monotonically_increasing_id())
    # One look at all bytes tells where each file begins, whether its lines are its records and its letters composed.
    seen = records.groupBy("file_digest").agg(
        F.min("_read").alias("begins"),
        F.min("_row").alias("header"),
        F.max(_odd("value")).alias("joined"),
        F.max(composed.loose("value")).alias("loose"),
    )
    found = seen.collect()
    if begins is not None:
        begins.update({one["file_digest"]: one["begins"] for one in found})
    whole = [(one["file_digest"], one["header"]) for one in found if not one["joined"]]
    joined = {one["file_digest"] for one in found if one["joined"]}
    parts = []
    if whole or not joined:
        parts.append(_whole(records, spark.createDataFrame(whole, "file_digest string, _header long")))
    if joined:
        parts.append(_joined(_lines(spark, [file for file in files if file.digest in joined])))
    parsed = _parsed(reduce(DataFrame.unionByName, parts), header)
    loose = F.col("file_digest").isin([one["file_digest"] for one in found if one["loose"]])
    if not any(one["loose"] for one in found):
        return parsed
    return parsed.where(~loose).unionByName(composed.fields(parsed.where(loose), header))


def cells(record: str) -> list[str]:
    """Take one record apart in plain Python: what it says, field by field."""
    return [quoted.replace('""', '"') or plain for quoted, plain in re.findall(_FIELD, "," + record)]


def _lines(spark: SparkSession, files: Sequence[File]) -> DataFrame:
    return texts.read(spark, files, whole=False)


def _odd(text: str) -> Column:
    """Whether a quoted field begins or ends in the text without doing both."""
    quotes = F.length(text) - F.length(F.replace(F.col(text), F.lit('"'), F.lit("")))
    return F.col(text).contains('"') & (quotes % 2 == 1)


def blank(record: str) -> bool:
    """Whether a record has no value, in plain Python."""
    return _BLANK.match(record) is not None


def _blank(text: str) -> Column:
    # Of nearly every line the first letter says it.
    nothing = F.expr(f"ltrim('{_EMPTY}', {text})") == ""
    return nothing & F.col(text).rlike("^" + _BLANK.pattern.replace("\\Z", "\\z"))


def _whole(rows: DataFrame, headers: DataFrame) -> DataFrame:
    """Number the lines of files of which each line is a record, by the rows of their headers.

    One task reads a file from its start to its end, so row ids are consecutive within a file. They are the same each
    time as long as Spark shares the files out among tasks in the same way, which session.settle sees to.
    """
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
    text, quoted, fields, wrong = F.col("payload"), F.col("_quoted"), F.col("_fields"), F.col("_wrong")
    after_comma, most = F.concat(F.lit(","), text), len(header) + 1
    # A separator within quotes would shift the fields of a record that cannot be used anyway.
    apart = F.replace(F.regexp_replace(after_comma, _FIELD, f"{_SEPARATOR}$1$2"), F.lit('""'), F.lit('"'))
    taken_apart = records.withColumn("_quoted", text.contains('"')).withColumn(
        "_fields",
        F.when(quoted, F.split(apart.substr(F.lit(2), F.length(text)), _SEPARATOR, most)).otherwise(
            F.split(text, ",", most)
        ),
    )
    number = F.when(quoted, F.regexp_count(after_comma, F.lit(_FIELD))).otherwise(F.size(fields))
    # Landing refuses such a file as a whole; what it took in before it did must not lose a letter here.
    lost = quoted & (F.regexp_replace(after_comma, _FIELD, "") != "")
    checked = taken_apart.withColumn(
        "_wrong",
        F.when(lost, "undecodable")
        .when(number > len(header), "unknown_field")
        .when(number < len(header), "missing_field")
        .when(text.rlike(CONTROLS), "invalid_value"),
    )
    outside = F.when(quoted, F.regexp_replace(text, _QUOTED, "")).otherwise(text)
    width = F.length(F.regexp_replace(outside, "[^,]++", "")) + 1
    error = (
        F.when(wrong == "undecodable", "text outside of the quotes")
        .when(wrong == "invalid_value", "a control character")
        .when(wrong.isNotNull(), F.format_string(f"%d fields, the header has {len(header)}", width))
    )
    values = {name: _filled(F.get(fields, F.lit(place))) for place, name in enumerate(header)}
    explained = checked.withColumns({**values, "reason": wrong, "error": error})
    return once(explained, "file_digest", "line_number", "payload", *header, "reason", "error")


def _filled(field: Column) -> Column:
    return F.when(field != "", field)
