"""Identifiers: one normal form in Spark, in plain Python and, by the test of internal/identifiers, in Go."""

import json
from pathlib import Path

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from dataplatform.reading import composed
from dataplatform.transforms import verdict
from dataplatform.transforms.processed import identifiers, letters

CASES = json.loads((Path(__file__).parent / "cases" / "identifiers.json").read_text())


def test_spark_and_python_say_the_same(spark: SparkSession) -> None:
    schema = "place int, raw string, reason string, error string"
    given = spark.createDataFrame([(place, one["text"], None, None) for place, one in enumerate(CASES)], schema)
    trimmed = composed.fields(given, ["raw"]).withColumn("raw", letters.trimmed(F.col("raw")))
    read = identifiers.read(trimmed, {"normal": "raw"}, {"number": "raw"})
    read = read.withColumns({"nobody": identifiers.nobody("number"), "invoice": identifiers.invoice("number")})
    rows = {
        row["place"]: row
        for row in verdict.give(read, identifiers.customer_checks("raw", "number", "nobody")).collect()
    }
    for place, one in enumerate(CASES):
        row = rows[place]
        spark_says = (row["normal"], "" if row["nobody"] else row["number"])
        python_says = (identifiers.plain(one["text"]), identifiers.plain_customer(one["text"]))
        assert (one["text"], *spark_says) == (one["text"], one["normal"], one["customer"])
        assert (one["text"], *python_says) == (one["text"], one["normal"], one["customer"])
        assert (one["text"], row["reason"]) == (one["text"], "invalid_value" if one.get("wrong") else None)
        assert (one["text"], row["invoice"]) == (one["text"], one.get("invoice", one["normal"]))


def test_case_makes_no_two_codes_one(spark: SparkSession) -> None:
    texts = {
        "85123a": "85123A",
        "caf\u00e9-1": "CAF\u00c9-1",
        "k\u0131l\u0131m-1": "K\u0131L\u0131M-1",
        "kilim-1": "KILIM-1",
        "stra\u00dfe": "STRA\u00dfE",
        "strasse": "STRASSE",
        "85\u200b123a": "85123A",
    }
    frame = spark.createDataFrame([(text,) for text in texts], "text string")
    assert dict(frame.select("text", letters.code(F.col("text"))).collect()) == texts
