"""Upper and lower case: of what fits a column, and of nothing longer."""

import ast
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from dataplatform.contracts import Contracts
from dataplatform.transforms import processed
from dataplatform.transforms.processed import letters

CHANGED = [
    ("sales", "stock_code"),
    ("sales", "country"),
    ("products", "product_id"),
    ("customers", "email"),
    ("customers", "postcode"),
]


def test_what_fits_a_column_is_changed_and_nothing_longer(spark: SparkSession) -> None:
    short = ["85123a", "", "x" * letters.LONGEST]
    long = ["X" * (letters.LONGEST + 1), "x" * (letters.LONGEST + 1), None]
    rows = spark.createDataFrame(list(enumerate(short + long)), "number int, text string").orderBy("number")
    got = [tuple(row) for row in rows.select(letters.upper(F.col("text")), letters.lower(F.col("text"))).collect()]
    assert got == [(text.upper(), text.lower()) for text in short] + [(text, text) for text in long]


def test_fields_of_any_length_are_changed_by_nothing_else() -> None:
    for path in Path(processed.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if path.stem != "letters" and isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                assert (node.value.id, node.attr) not in {("F", "upper"), ("F", "lower"), ("F", "initcap")}, path


@pytest.mark.parametrize(("dataset", "column"), CHANGED)
def test_what_is_not_changed_is_too_long_for_its_column(contracts: Contracts, dataset: str, column: str) -> None:
    rules = contracts.get(f"processed.{dataset}").quality
    [limit] = [rule["expression"] for rule in rules if rule["name"] == f"{column}_max_length"]
    assert int(limit.removeprefix(f"length({column}) <= ")) <= letters.LONGEST
