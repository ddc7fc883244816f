"""Versions of products and customers as text become typed rows, or get a reason."""

from decimal import Decimal

import pytest
from frames import frame
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import DateType, StringType, StructField, StructType
from pyspark.testing import assertDataFrameEqual

from dataplatform import quality
from dataplatform.contracts import Contracts
from dataplatform.reading import lines
from dataplatform.transforms import find
from dataplatform.transforms.kinds import LineTransform
from dataplatform.transforms.processed import addresses

ARRIVAL = "2025-06-02T07:00:00"
DIGEST = "f" * 64
PRODUCT = {
    "ProductID": " 20001a ",
    "Title": "RED MUG",
    "Category": "mugs",
    "Price": "2.55",
    "Currency": "gbp",
    "UpdatedAt": "2025-06-01T01:00:00+01:00",
}
CUSTOMER = {
    "CustomerID": "12000.0",
    "Name": " Ann Example ",
    "Email": "Ann@Example.ORG",
    "BirthDate": "1980-02-29",
    "Postcode": "sw1a 1aa",
    "Country": "EIRE",
    "UpdatedAt": "2025-06-01T00:00:00Z",
}
EMPTY = {"products": ("Category", "Price", "Currency"), "customers": ("Name", "Email", "BirthDate", "Postcode")}


def evaluated(spark: SparkSession, contracts: Contracts, dataset: str, *changes: dict[str, str]) -> DataFrame:
    """Lines of one file, cleaned and evaluated: the dataset's good line with changes, numbered from 1."""
    good = {"products": PRODUCT, "customers": CUSTOMER}[dataset]
    header = tuple(good)
    rows = [
        (DIGEST, number, ARRIVAL, *{**good, **change}.values(), "text", None, None)
        for number, change in enumerate(changes, start=1)
    ]
    received = lines.trimmed(frame(spark, lines.line_schema(header), rows), header)
    contract = contracts.get(f"processed.{dataset}")
    cleaned = find(LineTransform, contract).clean(received)
    return quality.evaluate(cleaned, contract, F.lit(False))


@pytest.mark.parametrize(
    ("dataset", "key", "values", "without"),
    [
        ("products", "20001A", ("RED MUG", "mugs", Decimal("2.5500"), "GBP", None), ("RED MUG", *[None] * 4)),
        (
            "customers",
            "12000",
            ("Ann Example", "ann@example.org", "1980-02-29", "SW1A 1AA", "EIRE", "IE"),
            (None, None, None, None, "EIRE", "IE"),
        ),
    ],
)
def test_a_line_becomes_a_whole_row(
    spark: SparkSession, contracts: Contracts, dataset: str, key: str, values: tuple, without: tuple
) -> None:
    contract = contracts.get(f"processed.{dataset}")
    got = evaluated(spark, contracts, dataset, {}, dict.fromkeys(EMPTY[dataset], ""))
    assert [tuple(row) for row in got.select("reason", "error").collect()] == [(None, None)] * 2
    rows = quality.conform(got, contract)
    loose = StructType(
        [
            StructField(field.name, StringType() if isinstance(field.dataType, DateType) else field.dataType)
            for field in contract.schema
            if field.name != "line_key"
        ]
    )
    since = "2025-06-01T00:00:00"
    want = frame(spark, loose, [(key, since, DIGEST, 1, ARRIVAL, *values), (key, since, DIGEST, 2, ARRIVAL, *without)])
    dates = [field.name for field in contract.schema if isinstance(field.dataType, DateType)]
    want = want.withColumns({name: F.to_date(name) for name in dates}) if dates else want
    assertDataFrameEqual(spark.createDataFrame(rows.drop("line_key").rdd, want.schema), want)


ADDRESSES = (
    "Ann@Example.ORG",
    "mailto:ann@example.org",
    "<ann@example.org>",
    "'ann@example.org'",
    '="ann@example.org"',
)


def test_an_address_is_one_however_it_is_written(spark: SparkSession, contracts: Contracts) -> None:
    got = evaluated(spark, contracts, "customers", *({"Email": one} for one in (*ADDRESSES, "<>", "n/a")))
    read = [row["email"] for row in got.orderBy("line_number").collect()]
    assert read == ["ann@example.org"] * len(ADDRESSES) + [None, None]
    assert {addresses.plain(one) for one in ADDRESSES} == {"ann@example.org"}


def test_a_postcode_is_one_however_it_is_written(spark: SparkSession, contracts: Contracts) -> None:
    written = ("75001", "75001.0", "'75001", '"75001"', "\uff17\uff15\uff10\uff10\uff11", "75 001")
    got = evaluated(
        spark, contracts, "customers", *({"Postcode": one} for one in (*written, "01234.0", "sw1a  1aa", "-"))
    )
    read = [row["postcode"] for row in got.orderBy("line_number").collect()]
    assert read == ["75001"] * len(written) + ["01234", "SW1A 1AA", None]


@pytest.mark.parametrize(
    ("dataset", "change", "reason", "error"),
    [
        ("products", {"ProductID": " "}, "missing_field", "ProductID"),
        ("products", {"Title": ""}, "missing_field", "Title"),
        ("products", {"UpdatedAt": ""}, "missing_field", "UpdatedAt"),
        ("products", {"UpdatedAt": "2025-06-01"}, "wrong_type", "UpdatedAt"),
        ("products", {"UpdatedAt": "2025-06-02T07:00:01Z"}, "outside_lateness", "UpdatedAt"),
        ("products", {"UpdatedAt": "2025-06-02T07:00:00Z"}, None, None),
        ("products", {"Price": "cheap"}, "wrong_type", "Price"),
        ("products", {"Price": "123456789"}, "invalid_value", "Price"),
        ("products", {"Price": "-1"}, "invalid_value", "price_min"),
        ("products", {"Currency": "XXX"}, "invalid_value", "currency_known"),
        ("products", {"Currency": ""}, "invalid_value", "price_has_currency"),
        ("products", {"Currency": "XXX", "Price": ""}, None, None),
        ("customers", {"CustomerID": ""}, "missing_field", "CustomerID"),
        ("customers", {"Country": ""}, "missing_field", "Country"),
        ("customers", {"UpdatedAt": "soon"}, "wrong_type", "UpdatedAt"),
        ("customers", {"UpdatedAt": "2025-07-01T00:00:00Z"}, "outside_lateness", "UpdatedAt"),
        ("customers", {"BirthDate": "29.02.1980"}, "wrong_type", "BirthDate"),
        ("customers", {"BirthDate": "2025-06-02"}, "invalid_value", "born_before"),
        ("customers", {"BirthDate": "1899-12-31"}, "invalid_value", "birth_date_min"),
        ("customers", {"Email": "ann at example.org"}, "invalid_value", "email_pattern"),
    ],
)
def test_reasons(
    spark: SparkSession,
    contracts: Contracts,
    dataset: str,
    change: dict[str, str],
    reason: str | None,
    error: str | None,
) -> None:
    got = evaluated(spark, contracts, dataset, change).select("reason", "error").collect()
    assert [tuple(row) for row in got] == [(reason, error)]
