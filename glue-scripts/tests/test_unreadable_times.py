"""A time that cannot be read costs its line, never the run."""

import pytest
from pyspark.sql import SparkSession

from dataplatform.reading import lines
from dataplatform.transforms.processed import sales, times

HEADER = ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country")


@pytest.mark.parametrize("text", ["2010-12-01 8:26:00", "2010-12-01 08:26:00 GMT", "2010-02-30 08:26:00", "yesterday"])
def test_line_gets_a_reason(spark: SparkSession, text: str) -> None:
    fields = ("536365", "85123A", "LANTERN", "6", text, "2.55", "17850", "France")
    received = spark.createDataFrame([("d", 1, None, *fields, "", None, None)], lines.line_schema(HEADER))
    found = sales.clean(lines.trimmed(received, HEADER)).select("reason", "error").first()
    assert (found["reason"], found["error"]) == ("wrong_type", "InvoiceDate")


def test_a_local_time_is_read_in_its_form_and_in_no_other(spark: SparkSession) -> None:
    """A cast alone would take all that stands below, and more."""
    wanted = {
        "2010-12-01 08:26:00": "2010-12-01 08:26:00",
        "9999-12-31 23:59:59": "9999-12-31 23:59:59",
        "2012-02-29 00:00:00": "2012-02-29 00:00:00",
        "2011-07-01 00:30:00": "2011-06-30 23:30:00",
        "2011-03-27 01:30:00": "2011-03-27 01:30:00",
        "2010-12-01 08:26:00.000": "2010-12-01 08:26:00",
        "2010-12-01T08:26:00.5": "2010-12-01 08:26:00.5",
        "2010-12-01 08:26:00Z": "2010-12-01 08:26:00",
        "2010-12-01 08:26:00+0100": "2010-12-01 07:26:00",
        "2010-12-01 08:26:00 -05:00": "2010-12-01 13:26:00",
        "2010-12-01 08:26:00+00": "2010-12-01 08:26:00",
    }
    beyond = ["2010-02-29 00:00:00", "2010-12-01 24:00:00", "2010-12-01 08:60:00", "2010-12-01 08:26:60"]
    longer = ["2010-12-01 08:26:0Z", "2010-12-01 08:26:00\n", "2010-12-01 08:26:00+19:00", "2010-12-01 08:26:00 GMT"]
    shorter = ["2010-12-01", "2010-12-01 08:26", "2010-12-1 08:26:00", "+2010-12-01 08:26:00", "now", ""]
    texts = spark.createDataFrame([(text,) for text in [*wanted, *beyond, *longer, *shorter]], "text string")
    read = texts.select("text", times.read_local("text", "Europe/London").cast("string").alias("time")).collect()
    found = {row["text"]: row["time"] for row in read if row["time"] is not None}
    assert found == wanted
