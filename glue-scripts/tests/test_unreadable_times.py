"""A time that cannot be read costs its line, never the run."""

import pytest
from pyspark.sql import SparkSession

from dataplatform import lines
from dataplatform.transforms.processed import sales

HEADER = ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country")


@pytest.mark.parametrize("text", ["2010-12-01 8:26:00", "2010-12-01 08:26:00 GMT", "2010-02-30 08:26:00", "yesterday"])
def test_line_gets_a_reason(spark: SparkSession, text: str) -> None:
    fields = ("536365", "85123A", "LANTERN", "6", text, "2.55", "17850", "France")
    received = spark.createDataFrame([("d", 1, None, *fields, "", None, None)], lines.line_schema(HEADER))
    found = sales.clean(lines.canonical(received, HEADER)).select("reason", "error").first()
    assert (found["reason"], found["error"]) == ("wrong_type", "InvoiceDate")
