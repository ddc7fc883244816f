"""The curated transforms, whole frames in and out."""

import time
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from frames import frame
from lake import SECRET
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructField, StructType
from pyspark.testing import assertDataFrameEqual

from dataplatform import quality
from dataplatform.contracts import Contract, Contracts
from dataplatform.transforms import find
from dataplatform.transforms.curated import (
    customer_value,
    customers_current,
    product_funnel_hourly,
    products_current,
    sales_hourly,
    sessions,
)
from dataplatform.transforms.curated.newest import with_title
from dataplatform.transforms.kinds import CuratedTransform

ZERO = Decimal("0.0000")


def want(spark: SparkSession, contract: Contract, rows: list[tuple]) -> DataFrame:
    """The expected rows with the contract's types; dates and timestamps are written as text."""
    loose = StructType()
    for field in contract.schema:
        loose = loose.add(
            field.name, "string" if field.dataType.typeName() in ("date", "timestamp") else field.dataType
        )
    made = spark.createDataFrame(rows, loose)
    return made.select(*[F.col(field.name).cast(field.dataType) for field in contract.schema])


def same(spark: SparkSession, got: DataFrame, expected: DataFrame) -> None:
    # Nullability is the table's, not the transform's.
    assertDataFrameEqual(spark.createDataFrame(got.rdd, expected.schema), expected)


def click(spark: SparkSession, contracts: Contracts, *events: dict) -> DataFrame:
    schema = contracts.get("processed.clicks").schema
    base = {"shard": "s-1", "ordinal": 0, "visitor_id": "v", "event_type": "page_view", "is_bot": False}
    rows = []
    for number, event in enumerate(events, start=1):
        one = {**base, "sequence_number": str(number), "event_id": f"e{number}", **event}
        one.setdefault("arrival_time", one["event_time"])
        rows.append([one.get(field.name) for field in schema])
    return frame(spark, schema, rows)


def catalog(spark: SparkSession, contracts: Contracts, *versions: tuple[str, str, str]) -> DataFrame:
    """Versions of products: product, valid from, title; a later one arrived later."""
    schema = contracts.get("processed.products").schema
    base = {"line_key": "k", "file_digest": "f"}
    rows = []
    for number, (product, valid_from, title) in enumerate(versions, start=1):
        one = {**base, "product_id": product, "valid_from": valid_from, "title": title, "line_number": number}
        one["arrival_time"] = f"2030-01-01T00:00:{number:02d}"
        rows.append([one.get(field.name) for field in schema])
    return frame(spark, schema, rows)


def test_sessions(spark: SparkSession, contracts: Contracts) -> None:
    contract = contracts.get("curated.sessions")
    source = click(
        spark,
        contracts,
        # two visitors; one pauses for exactly 30 minutes, then longer, then stays over midnight
        {"event_time": "2026-03-01T10:00:00", "url_path": "/a", "utm_source": "news", "referrer_host": "r.example"},
        {"event_time": "2026-03-01T10:30:00", "url_path": "/b", "event_type": "product_view", "utm_source": "later"},
        {"event_time": "2026-03-01T11:00:01", "url_path": "/c", "is_bot": True},
        {"event_time": "2026-03-01T23:59:59", "url_path": "/d", "event_type": "add_to_cart"},
        {"event_time": "2026-03-02T00:00:00", "url_path": "/e", "event_type": "purchase", "price": 2.55, "quantity": 3},
        {
            "event_time": "2026-03-01T10:00:00",
            "url_path": "/x",
            "visitor_id": "w",
            "event_type": "purchase",
            "price": 1.1,
        },
        # the same instant: the lower sequence number, as a number, comes first
        {"event_time": "2026-03-01T10:00:00", "url_path": "/z", "visitor_id": "w", "sequence_number": "10"},
    )
    rows = [
        (
            "v",
            "2026-03-01",
            "10:00:00",
            "10:30:00",
            1800,
            2,
            1,
            1,
            0,
            0,
            "0.00",
            "/a",
            "/b",
            "r.example",
            "news",
            False,
        ),
        ("v", "2026-03-01", "11:00:01", "11:00:01", 0, 1, 1, 0, 0, 0, "0.00", "/c", "/c", None, None, True),
        ("v", "2026-03-01", "23:59:59", "23:59:59", 0, 1, 0, 0, 1, 0, "0.00", "/d", "/d", None, None, False),
        ("v", "2026-03-02", "00:00:00", "00:00:00", 0, 1, 0, 0, 0, 1, "7.65", "/e", "/e", None, None, False),
        ("w", "2026-03-01", "10:00:00", "10:00:00", 0, 2, 1, 0, 0, 1, "1.10", "/x", "/z", None, None, False),
    ]
    firsts = ["s-1 1 0", "s-1 3 0", "s-1 4 0", "s-1 5 0", "s-1 6 0"]
    expected = []
    for first, row in zip(firsts, rows, strict=True):
        visitor, date, start, end, *numbers = row
        duration, events, pages, products, carts, purchases, revenue, landing, leaving, referrer, source_of, bot = (
            numbers
        )
        session_id = spark.sql(f"SELECT sha2(replace('{first}', ' ', char(31)), 256)").first()[0]
        expected.append(
            (session_id, visitor, date, f"{date} {start}", f"{date} {end}", duration, events, pages, products, carts)
            + (purchases, Decimal(revenue), landing, leaving, referrer, source_of, None, None, bot, purchases > 0)
        )
    same(spark, quality.conform(sessions.transform(source), contract), want(spark, contract, expected))


def test_product_funnel_hourly(spark: SparkSession, contracts: Contracts) -> None:
    contract = contracts.get("curated.product_funnel_hourly")
    p = {"product_id": "p"}
    source = click(
        spark,
        contracts,
        {"event_time": "2026-03-01T10:00:00", "event_type": "product_view", **p},
        {"event_time": "2026-03-01T10:59:59.999", "event_type": "product_view", "visitor_id": "w", **p},
        {"event_time": "2026-03-01T10:10:00", "event_type": "add_to_cart", **p},
        {"event_time": "2026-03-01T10:20:00", "event_type": "remove_from_cart", **p},
        {"event_time": "2026-03-01T10:30:00", "event_type": "purchase", "price": 0.1, "quantity": 3, **p},
        {"event_time": "2026-03-01T11:00:00", "event_type": "purchase", "price": 2.0, **p},
        {"event_time": "2026-03-01T10:00:00", "event_type": "page_view", **p},
        {"event_time": "2026-03-01T10:00:00", "event_type": "product_view"},
        *(
            {
                "event_time": f"2026-03-01T{at}:00",
                "event_type": step,
                "visitor_id": "bot",
                "is_bot": True,
                "price": 9.0,
                **p,
            }
            for at in ("10:40", "12:00")
            for step in product_funnel_hourly.STEPS
        ),
    )
    expected = [
        ("2026-03-01 10:00:00", "p", 2, 1, 1, 1, 3, Decimal("0.30"), 2, 0.5, 1.0, "FIRST"),
        ("2026-03-01 11:00:00", "p", 0, 0, 0, 1, 1, Decimal("2.00"), 1, None, None, "SECOND"),
    ]
    # Catalogs write codes in upper case; what is valid from a moment on counts in the hour that holds it.
    products = catalog(spark, contracts, ("P", "2026-03-01T11:30:00", "SECOND"), ("P", "2025-01-01T00:00:00", "FIRST"))
    got = product_funnel_hourly.transform(source, products)
    same(spark, quality.conform(got, contract), want(spark, contract, expected))


def test_titles_are_those_of_the_hour(spark: SparkSession, contracts: Contracts) -> None:
    products = catalog(
        spark,
        contracts,
        ("A", "2026-03-01T10:00:00", "OLD"),
        ("A", "2026-03-01T11:00:00", "NEW"),
        ("A", "2026-03-01T10:00:00", "OLD, CORRECTED"),
    )
    hours = [("A", f"2026-03-01 {hour:02d}:00:00") for hour in (9, 10, 11, 12)] + [("B", "2026-03-01 12:00:00")]
    rows = spark.createDataFrame(hours, "code string, at string").withColumn("at", F.to_timestamp("at"))
    got = with_title(rows, products, "code", "at").orderBy("code", "at").select("code", F.hour("at"), "product_title")
    titles = [None, "OLD, CORRECTED", "NEW", "NEW"]
    assert [tuple(row) for row in got.collect()] == [
        *[("A", hour, title) for hour, title in zip((9, 10, 11, 12), titles, strict=True)],
        ("B", 12, None),
    ]


def test_many_versions_of_a_product_cost_what_they_hold(spark: SparkSession) -> None:
    versions = spark.range(40_000).selectExpr(
        *("'A' AS product_id", "timestamp_seconds(id * 3600 - 1) AS valid_from", "concat('title ', id) AS title"),
        *("timestamp_seconds(id) AS arrival_time", "'f' AS file_digest", "id AS line_number"),
    )
    hours = spark.range(40_000).selectExpr("'a' AS code", "timestamp_seconds(id * 3600) AS at", "id")
    start = time.perf_counter()
    got = with_title(hours, versions, "code", "at")
    assert got.where("product_title = concat('title ', least(id + 1, 39999))").count() == 40_000
    assert time.perf_counter() - start < 60, "each hour looks at all versions"


def test_sales_hourly(spark: SparkSession, contracts: Contracts) -> None:
    contract = contracts.get("curated.sales_hourly")
    schema = contracts.get("processed.sales").schema
    base = {"stock_code": "A", "country": "France", "country_code": "FR", "customer_id": "1", "customer_imputed": False}
    base |= {"invoice_time": "2010-12-01T08:10:00", "unit_price_imputed": False, "description": "THING"}

    def sold(invoice: str, kind: str, quantity: int, total: str, **more: object) -> dict:
        line = {"invoice_no": invoice, "line_type": kind, "quantity": quantity, "line_total": Decimal(total)}
        return {**base, **line, **more}

    lines = [
        sold("1", "sale", 2, "5.1000"),
        sold("1", "sale", 1, "2.5500", unit_price_imputed=True, description="OTHER NAME"),
        sold("2", "sale", 1, "2.5500", customer_id="guest", customer_imputed=True),
        sold("C3", "return", -1, "-2.5500", customer_id="2"),
        sold("4", "adjustment", 9, "0.0000", description=None, customer_id="2"),
        sold("5", "fee", 1, "18.0000", stock_code="POST", description=None),
        sold("6", "sale", 1, "1.0000", invoice_time="2010-12-01T09:00:00", country="Narnia", country_code=None),
    ]
    fields = [field for field in schema if field.name in lines[0]]
    source = frame(spark, StructType(fields), [[line.get(field.name) for field in fields] for line in lines])
    money = [Decimal(text) for text in ("10.2000", "2.5500", "7.6500", "2.5500", "0.0000")]
    expected = [
        ("2010-12-01 08:00:00", "A", "France", "FR", "THING", 4, 2, 5, 4, 1, *money, "A THING"),
        (
            "2010-12-01 08:00:00",
            "POST",
            "France",
            "FR",
            None,
            1,
            1,
            1,
            0,
            0,
            ZERO,
            ZERO,
            ZERO,
            ZERO,
            Decimal("18.0000"),
            None,
        ),
        ("2010-12-01 09:00:00", "A", "Narnia", None, "THING", 1, 1, 1, 1, 0)
        + (Decimal("1.0000"), ZERO, Decimal("1.0000"), ZERO, ZERO, "A THING"),
    ]
    products = catalog(spark, contracts, ("A", "2010-12-01T08:59:59", "A THING"))
    got = sales_hourly.transform(source, products)
    same(spark, quality.conform(got, contract), want(spark, contract, expected))


def test_the_most_frequent_of_many_descriptions(spark: SparkSession) -> None:
    names = ["b", "a", None, "c", "b", "a", None, None, *[f"other {number}" for number in range(20_000)]]
    rows = spark.createDataFrame([(1, name) for name in names] + [(2, None)], "product int, description string")
    found = rows.groupBy("product").agg(sales_hourly._most_frequent("description").alias("most")).orderBy("product")
    assert [row["most"] for row in found.collect()] == ["a", None]


def test_products_current(spark: SparkSession, contracts: Contracts) -> None:
    contract = contracts.get("curated.products_current")
    schema = contracts.get("processed.products").schema
    at = ("2025-01-01T00:00:00", "2025-02-01T00:00:00", "2025-03-01T00:00:00")
    rows = [
        ("A", at[1], "k", "f", 9, at[2], "MUG", "mugs", Decimal("1.5000"), "GBP"),
        ("A", at[0], "k", "g", 1, at[1], "OLD MUG", None, None, None),
        # One valid_from twice: the later arrival counts, and in one file the later line.
        ("B", at[0], "k", "f", 2, at[1], "CLOCK", None, None, None),
        ("B", at[0], "k", "g", 1, at[2], "CLOK", None, None, None),
        ("B", at[0], "k", "g", 2, at[2], "A CLOCK", None, None, None),
    ]
    day = "2025-01-01 00:00:00"
    expected = [
        ("A", "MUG", "mugs", Decimal("1.5000"), "GBP", "2025-02-01 00:00:00", day, 2),
        ("B", "A CLOCK", None, None, None, day, day, 3),
    ]
    got = products_current.transform(frame(spark, schema, [(*row, None) for row in rows]))
    same(spark, quality.conform(got, contract), want(spark, contract, expected))


def key_of(customer: str) -> str:
    return SECRET.name(customer)


def recorded(spark: SparkSession, contracts: Contracts, rows: Sequence[tuple[Any, ...]]) -> DataFrame:
    """Rows of processed.customers, dates as text."""
    fields = contracts.get("processed.customers").schema
    schema = StructType(
        [StructField(one.name, StringType() if one.name == "birth_date" else one.dataType) for one in fields]
    )
    return frame(spark, schema, rows).withColumn("birth_date", F.to_date("birth_date"))


def test_customers_current(spark: SparkSession, contracts: Contracts) -> None:
    contract = contracts.get("curated.customers_current")

    def record(customer: str, valid: str, birth: str | None, postcode: str | None, country: str, code: str | None):  # noqa: ANN202
        email = None if customer == "3" else "a@b.example"
        found = ("k", "f", 1, "2026-01-01T00:00:00", "A. Name", email, birth, postcode, country, code)
        return (customer, f"{valid}T00:00:00", *found)

    records = [
        record("1", "2025-06-02", "2000-06-03", "SW1A 1AA", "United Kingdom", "GB"),  # 25 tomorrow
        record("1", "2025-06-01", "1990-01-01", "M1 1AA", "United Kingdom", "GB"),
        record("2", "2025-06-03", "2000-06-03", "M1 1AA", "United Kingdom", "GB"),  # 25 today
        record("3", "2025-06-02", None, None, "Channel Islands", None),
        record("4", "2025-06-02", "1960-06-02", "75001", "France", "FR"),
        record("5", "2025-06-02", "2007-06-03", "??", "UK", "GB"),
    ]
    source = recorded(spark, contracts, records)
    second = "2025-06-02 00:00:00"
    expected = [
        (key_of("1"), "18_24", "SW", "United Kingdom", "GB", True, second, "2025-06-01 00:00:00", 2),
        (key_of("2"), "25_34", "M", "United Kingdom", "GB", True, *["2025-06-03 00:00:00"] * 2, 1),
        (key_of("3"), None, None, "Channel Islands", None, False, second, second, 1),
        (key_of("4"), "65_plus", "75", "France", "FR", True, second, second, 1),
        (key_of("5"), "under_18", None, "UK", "GB", True, second, second, 1),
    ]
    same(
        spark,
        quality.conform(customers_current.transform(SECRET.add(source)), contract),
        want(spark, contract, expected),
    )


def test_customer_value(spark: SparkSession, contracts: Contracts) -> None:
    contract = contracts.get("curated.customer_value")

    def line(
        customer: str, invoice: str, kind: str, quantity: int, total: str, at: str, country: str = "France"
    ) -> dict:
        made = {"customer_id": customer, "invoice_no": invoice, "line_type": kind, "quantity": quantity}
        made |= {"line_total": Decimal(total), "invoice_time": f"2010-12-{at}", "country": country}
        return made | {"country_code": "FR" if country == "France" else None, "line_key": invoice}

    lines = [
        line("1", "10", "sale", 2, "5.1000", "01T08:00:00"),
        line("1", "10", "sale", 1, "1.0000", "01T08:00:00"),
        line("1", "11", "sale", 4, "4.0000", "03T09:00:00"),
        line("1", "C12", "return", -1, "-1.0000", "04T09:00:00", country="Narnia"),
        line("1", "13", "fee", 1, "18.0000", "02T09:00:00"),
        line("2", "C14", "return", -2, "-3.0000", "01T08:00:00"),
        line("2", "15", "adjustment", 7, "0.0000", "01T09:00:00"),
        line("guest", "16", "sale", 1, "2.0000", "01T08:00:00"),
        line("guest", "17", "sale", 1, "2.0000", "02T08:00:00"),
    ]
    fields = [field for field in contracts.get("processed.sales").schema if field.name in lines[0]]
    source = frame(spark, StructType(fields), [[one[field.name] for field in fields] for one in lines])

    def money(*texts: str) -> list[Decimal]:
        return [Decimal(text) for text in texts]

    first, last = "2010-12-01 08:00:00", "2010-12-03 09:00:00"
    expected = [
        (key_of("1"), False, "Narnia", None, 5, 2, 7, 1, *money("10.1000", "1.0000", "9.1000"), first, last),
        (key_of("2"), False, "France", "FR", 2, 0, 0, 2, *money("0.0000", "3.0000", "-3.0000"), None, None),
        ("guest", True, "France", "FR", 2, 2, 2, 0, *money("4.0000", "0.0000", "4.0000"), first, "2010-12-02 08:00:00"),
    ]
    same(
        spark, quality.conform(customer_value.transform(SECRET.add(source)), contract), want(spark, contract, expected)
    )


def test_no_rows_are_no_rows(spark: SparkSession, contracts: Contracts) -> None:
    """Every curated transform takes an empty source and empty lookups."""
    curated = [contracts.get(one) for pipeline in contracts.pipelines.values() for one in pipeline.curated]
    assert len(curated) > 5
    for contract in curated:
        empty = [spark.createDataFrame([], contracts.get(one).schema) for one in contract.upstream]
        found = find(CuratedTransform, contract)
        if found.pseudonymous:
            empty[0] = SECRET.add(empty[0])
        assert quality.conform(found.transform(*empty), contract).isEmpty()
