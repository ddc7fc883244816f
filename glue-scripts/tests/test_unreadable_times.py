"""A time that cannot be read costs its line, never the run."""

import pytest
from pyspark.sql import SparkSession

from dataplatform import lines
from dataplatform.transforms.processed import sales, times

HEADER = ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country")


@pytest.mark.parametrize("text", ["2010-12-01 8:26:00", "2010-12-01 08:26:00 GMT", "2010-02-30 08:26:00", "yesterday"])
def test_line_gets_a_reason(spark: SparkSession, text: str) -> None:
    fields = ("536365", "85123A", "LANTERN", "6", text, "2.55", "17850", "France")
    received = spark.createDataFrame([("d", 1, None, *fields, "", None, None)], lines.line_schema(HEADER))
    found = sales.clean(lines.canonical(received, HEADER)).select("reason", "error").first()
    assert (found["reason"], found["error"]) == ("wrong_type", "InvoiceDate")


def test_a_local_time_is_read_as_the_parser_reads_it(spark: SparkSession) -> None:
    """The quick way takes no more than the parser does: a cast alone would take all of these."""
    right = [
        "2010-12-01 08:26:00",
        "0000-01-01 00:00:00",
        "0999-12-31 23:59:59",
        "9999-12-31 23:59:59",
        "2012-02-29 00:00:00",
    ]
    beyond = [
        "2010-02-29 00:00:00",
        "2010-12-01 24:00:00",
        "2010-12-01 08:60:00",
        "2010-12-01 08:26:60",
        "2010-13-01 08:26:00",
    ]
    longer = [
        "2010-12-01 08:26:00Z",
        "2010-12-01 08:26:0Z",
        "2010-12-01 08:26:00.5",
        "2010-12-01 08:26:00\n",
        "2010-12-01T08:26:00",
    ]
    shorter = [
        "2010-12-01",
        "2010-12-01 08:26",
        "2010-12-1 08:26:00",
        "+2010-12-01 08:26:00",
        "-001-12-01 08:26:00",
        "now",
        "",
    ]
    texts = spark.createDataFrame([(text,) for text in right + beyond + longer + shorter], "text string")
    both = texts.select(
        "text", times.read("text", "yyyy-MM-dd HH:mm:ss").alias("slow"), times.read_local("text").alias("quick")
    )
    assert [row["text"] for row in both.where("NOT slow <=> quick").select("text").collect()] == []
    assert [row["text"] for row in both.where("quick IS NOT NULL").select("text").collect()] == right
