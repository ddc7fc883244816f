"""Order lines: cleaned, completed, classified."""

from decimal import Decimal

import pytest
from frames import frame
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructType
from pyspark.testing import assertDataFrameEqual

from dataplatform import quality
from dataplatform.contracts import Contracts
from dataplatform.reading import lines
from dataplatform.transforms.processed import sales

HEADER = ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country")
ARRIVAL = "2010-12-01T10:00:00"
GOOD = {
    "InvoiceNo": "536365",
    "StockCode": "85123a",
    "Description": "T-LIGHT HOLDER",
    "Quantity": "6",
    "InvoiceDate": "2010-12-01 08:26:00",
    "UnitPrice": "2.55",
    "CustomerID": "17850.0",
    "Country": "United Kingdom",
}


def raw(spark: SparkSession, *changes: dict[str, str], arrival: str = ARRIVAL) -> DataFrame:
    """Canonical lines of one file: GOOD with changes, numbered from 1."""
    rows = [
        ("f", number, arrival, *[{**GOOD, **change}[name] for name in HEADER], "text", None, None)
        for number, change in enumerate(changes, start=1)
    ]
    return lines.trimmed(frame(spark, lines.line_schema(HEADER), rows), HEADER)


def cleaned(spark: SparkSession, *changes: dict[str, str], columns: str) -> list[tuple]:
    return [
        tuple(row)
        for row in sales.clean(raw(spark, *changes)).orderBy("line_number").select(*columns.split()).collect()
    ]


def test_a_line_becomes_a_whole_row(spark: SparkSession, contracts: Contracts) -> None:
    contract = contracts.get("processed.sales")
    got = quality.conform(sales.clean(raw(spark, {}, {"CustomerID": "", "Description": ""})), contract).drop("line_key")
    calendar = ("2010-12-01", 8, 3, False)
    money = (Decimal("2.5500"), False, None)
    time = "2010-12-01T08:26:00"
    want = [
        ("f", 1, ARRIVAL, "536365", "85123A", "T-LIGHT HOLDER", 6, time, *money, "17850", False, "United Kingdom", "GB")
        + ("sale", Decimal("15.3000"), False, *calendar),
        ("f", 2, ARRIVAL, "536365", "85123A", None, 6, time, *money, "guest", True, "United Kingdom", "GB")
        + ("sale", Decimal("15.3000"), False, *calendar),
    ]
    schema = StructType()
    for field in got.schema:
        schema = schema.add(field.name, "string" if field.name == "event_date" else field.dataType)
    made = frame(spark, schema, want).withColumn("event_date", F.to_date("event_date"))
    assertDataFrameEqual(spark.createDataFrame(got.rdd, made.schema), made)


CANCELLED = ("C536379", "c536379", "C 536379", "\uff23536379")
ORDERS = ("CH-1001", "C", "536379C")


def test_a_cancellation_is_one_however_it_is_written(spark: SparkSession) -> None:
    got = cleaned(
        spark, *({"InvoiceNo": one} for one in (*CANCELLED, *ORDERS)), columns="invoice_no is_return line_type"
    )
    assert got == [("C536379", True, "return")] * len(CANCELLED) + [(one, False, "sale") for one in ORDERS]


def test_rows_of_any_age_are_what_their_lines_are_today(spark: SparkSession) -> None:
    today = sales.clean(raw(spark, *({"InvoiceNo": one} for one in (*CANCELLED, *ORDERS))))
    old = {"c536379": "C536379", "C 536379": "C536379"}
    written = today.withColumns(
        {
            "invoice_no": F.expr("CASE line_number WHEN 2 THEN 'c536379' WHEN 3 THEN 'C 536379' ELSE invoice_no END"),
            "customer_id": F.lit("17\u00a0850"),
            "is_return": F.lit(False),
            "line_type": F.lit("sale"),
            "line_key": F.lit("old"),
        }
    )
    assert written.where(F.col("invoice_no").isin(*old)).count() == len(old)
    columns = ["line_key", "invoice_no", "customer_id", "is_return", "line_type", "line_total"]
    assertDataFrameEqual(sales.restate(written).select(columns), today.select(columns))


@pytest.mark.parametrize(
    ("change", "reason", "error"),
    [
        ({"InvoiceNo": "NULL"}, "missing_field", "InvoiceNo"),
        ({"InvoiceNo": '=""'}, "missing_field", "InvoiceNo"),
        ({"InvoiceNo": "17.000"}, "invalid_value", "InvoiceNo"),
        ({"StockCode": "-"}, "missing_field", "StockCode"),
        ({"CustomerID": "17850;17851"}, "invalid_value", "CustomerID"),
        ({"CustomerID": "#REF!"}, "invalid_value", "CustomerID"),
        ({"UnitPrice": "-"}, "wrong_type", "UnitPrice"),
        ({"InvoiceNo": " "}, "missing_field", "InvoiceNo"),
        ({"StockCode": ""}, "missing_field", "StockCode"),
        ({"Quantity": ""}, "missing_field", "Quantity"),
        ({"Quantity": "six"}, "wrong_type", "Quantity"),
        ({"Quantity": "6.5"}, "wrong_type", "Quantity"),
        ({"Quantity": "9999999999"}, "invalid_value", "Quantity"),
        ({"InvoiceDate": "01/12/2010"}, "wrong_type", "InvoiceDate"),
        ({"InvoiceDate": "2010-02-30 10:00:00"}, "wrong_type", "InvoiceDate"),
        ({"UnitPrice": "123456789.00"}, "invalid_value", "UnitPrice"),
        ({"Country": ""}, "missing_field", "Country"),
        ({"UnitPrice": "n/a"}, None, None),
        ({"UnitPrice": "free"}, "wrong_type", "UnitPrice"),
        ({"UnitPrice": "1,234"}, "wrong_type", "UnitPrice"),
        ({"UnitPrice": "EUR 3.25"}, "invalid_value", "UnitPrice"),
        ({"UnitPrice": "(1,234,567.891)"}, None, None),
        ({"Quantity": "NULL"}, "missing_field", "Quantity"),
        ({"Quantity": "1.234"}, "wrong_type", "Quantity"),
        ({"InvoiceDate": "0000-00-00 00:00:00"}, "missing_field", "InvoiceDate"),
        ({"InvoiceDate": "2010-12-01 08:26"}, "wrong_type", "InvoiceDate"),
        ({"InvoiceDate": "2010-12-01T08:26:00.000+0000"}, None, None),
        ({"InvoiceDate": "2110-12-01 08:26:00"}, "outside_lateness", "InvoiceDate"),
        ({"StockCode": "8.51E+04"}, "invalid_value", "StockCode"),
        ({"CustomerID": "1.23457E+11"}, "invalid_value", "CustomerID"),
        ({"UnitPrice": "1e-2147483647"}, "wrong_type", "UnitPrice"),
        ({"UnitPrice": "9" * 1001}, "invalid_value", "UnitPrice"),
        ({"UnitPrice": "1e99"}, "invalid_value", "UnitPrice"),
        ({"UnitPrice": "99999999.99999"}, "invalid_value", "UnitPrice"),
        ({"UnitPrice": "0.00001"}, "invalid_value", "UnitPrice"),
        ({"UnitPrice": "1e-2"}, None, None),
        ({"Quantity": "9" * 2000}, "invalid_value", "Quantity"),
        ({"InvoiceDate": "+300000-01-01 08:26:00"}, "wrong_type", "InvoiceDate"),
        ({"InvoiceDate": "+294247-01-10 04:00:54"}, "invalid_value", "InvoiceDate"),
        ({"InvoiceDate": "+294247-01-10 04:00:55"}, "wrong_type", "InvoiceDate"),
        ({"InvoiceDate": "+9999999999999999999-01-01 08:26:00"}, "wrong_type", "InvoiceDate"),
        ({"InvoiceDate": "+12011-01-01 08:26:00"}, "invalid_value", "InvoiceDate"),
        ({"InvoiceDate": "-0001-01-01 08:26:00"}, "invalid_value", "InvoiceDate"),
        ({"CustomerID": "guest"}, "invalid_value", "CustomerID"),
        ({"CustomerID": "Guest.0"}, "invalid_value", "CustomerID"),
        ({"CustomerID": ".0"}, "invalid_value", "CustomerID"),
        ({"UnitPrice": "2.55\u2028"}, None, None),
        ({"Quantity": "6\u0085"}, None, None),
        ({"Quantity": "6.0"}, None, None),
        ({"UnitPrice": "-11062.06"}, None, None),
    ],
)
def test_reasons(spark: SparkSession, change: dict[str, str], reason: str | None, error: str | None) -> None:
    assert cleaned(spark, change, columns="reason error") == [(reason, error)]


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ({"InvoiceDate": "0000-01-01 08:26:00"}, "invoice_time_min"),
        ({"InvoiceDate": "0500-01-01 08:26:00", "UnitPrice": ""}, "invoice_time_min"),
        ({"InvoiceDate": "1899-12-31 23:59:59"}, "invoice_time_min"),
        ({"InvoiceDate": "1900-01-01 00:00:00"}, None),
        ({"Quantity": "1000000", "UnitPrice": "100"}, None),
        ({"Quantity": "1000000", "UnitPrice": "100.0001"}, "line_total_max"),
        ({"Quantity": "-2147483647", "UnitPrice": "99999999"}, "line_total_min"),
        ({"Description": "x" * 1024}, None),
        ({"Description": "x" * 1025}, "description_max_length"),
    ],
)
def test_ranges_of_the_contract(
    spark: SparkSession, contracts: Contracts, change: dict[str, str], broken: str | None
) -> None:
    made = raw(spark, change).withColumn("file_digest", F.lit("f" * 64))
    got = quality.evaluate(sales.clean(made), contracts.get("processed.sales"), sales.needs_history())
    assert [tuple(row) for row in got.select("reason", "error").collect()] == [(broken and "invalid_value", broken)]


def test_line_types(spark: SparkSession) -> None:
    got = cleaned(
        spark,
        {},
        {"InvoiceNo": "C536365", "Quantity": "-6"},
        {"Quantity": "-1"},
        {"UnitPrice": "0.0"},
        {"UnitPrice": "0", "Quantity": "-20"},
        {"StockCode": "post"},
        {"StockCode": "BANK CHARGES", "InvoiceNo": "C1"},
        columns="line_type is_return line_total",
    )
    assert got == [
        ("sale", False, Decimal("15.3000")),
        ("return", True, Decimal("-15.3000")),
        ("return", True, Decimal("-2.5500")),
        ("adjustment", False, Decimal("0.0000")),
        ("adjustment", True, Decimal("0.0000")),
        ("fee", False, Decimal("15.3000")),
        ("fee", True, Decimal("15.3000")),
    ]


def test_london_time_is_stored_as_utc(spark: SparkSession) -> None:
    got = sales.clean(
        raw(spark, {}, {"InvoiceDate": "2011-07-01 00:30:00"}, {"InvoiceDate": "2011-10-30 01:30:00"})
    ).orderBy("line_number")
    texts = got.select(F.date_format("invoice_time", "yyyy-MM-dd HH:mm"), "event_hour", "day_of_week", "is_weekend")
    assert [tuple(row) for row in texts.collect()] == [
        ("2010-12-01 08:26", 8, 3, False),
        ("2011-06-30 23:30", 23, 4, False),
        ("2011-10-30 00:30", 0, 7, True),  # the clock shows 01:30 twice: the first one
    ]


def test_countries(spark: SparkSession) -> None:
    names = [{"Country": name} for name in ("EIRE", "france", "Channel Islands", "Narnia")]
    assert cleaned(spark, *names, columns="country_code") == [("IE",), ("FR",), (None,), (None,)]


def history(spark: SparkSession) -> DataFrame:
    """Prices of one product: 1, 2 and 4 in the 30 days before 2010-12-01, others that do not count."""

    def price(day: str, value: str, arrival: str = "2010-11-29T00:00:00", **more: str) -> DataFrame:
        change = {"InvoiceDate": f"{day} 12:00:00", "UnitPrice": value, **more}
        return sales.clean(raw(spark, change, arrival=arrival))

    parts = [
        price("2010-11-01", "1.00"),
        price("2010-11-01", "1.00", arrival="2010-11-30T00:00:00"),  # says the same: counts once
        price("2010-11-02", "2.00"),
        price("2010-11-03", "4.00"),
        price("2010-10-31", "90.00"),  # 31 days before
        price("2010-12-01", "91.00", arrival="2010-11-30T12:00:00"),  # the day itself
        price("2010-11-04", "92.00", arrival="2010-12-02T00:00:00"),  # not known yet
        price("2010-11-05", "93.00", StockCode="OTHER"),
        price("2010-11-06", "0.00"),  # an adjustment
        price("2010-11-07", ""),
        price("2010-11-08", "94.00", Quantity="bad"),
    ]
    made = parts[0]
    for part in parts[1:]:
        made = made.unionByName(part)
    return made


def test_a_missing_price_is_the_median_of_the_thirty_days_before(spark: SparkSession) -> None:
    bare = sales.clean(raw(spark, {"UnitPrice": ""}, {"UnitPrice": "", "StockCode": "NEW"}, {}))
    got = sales.complete(bare, history(spark)).orderBy("line_number")
    columns = ("unit_price", "unit_price_imputed", "line_type", "line_total", "reason")
    assert [tuple(row) for row in got.select(*columns).collect()] == [
        (Decimal("2.0000"), True, "sale", Decimal("12.0000"), None),
        (None, False, "sale", None, "price_not_imputable"),
        (Decimal("2.5500"), False, "sale", Decimal("15.3000"), None),
    ]


def test_the_median_of_an_even_number_of_prices_is_exact(spark: SparkSession) -> None:
    bare = sales.clean(
        raw(spark, {"UnitPrice": "", "InvoiceDate": "2010-12-02 08:00:00"}, arrival="2010-12-01T23:00:00")
    )
    # 1 is 31 days before the second; left are 2, 4 and 91, then one more price makes four.
    more = sales.clean(
        raw(spark, {"InvoiceDate": "2010-11-20 08:00:00", "UnitPrice": "4.0001"}, arrival="2010-11-21T00:00:00")
    )
    got = sales.complete(bare, history(spark).unionByName(more)).select("unit_price").first()
    assert got["unit_price"] == Decimal("4.0001")  # (4.0000 + 4.0001) / 2 = 4.00005, half up
