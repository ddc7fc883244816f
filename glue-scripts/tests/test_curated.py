"""The curated transforms, whole frames in and out."""

from decimal import Decimal

from frames import frame
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructType
from pyspark.testing import assertDataFrameEqual

from dataplatform import quality
from dataplatform.contracts import Contract, Contracts
from dataplatform.transforms.curated import product_funnel_hourly, sales_hourly, sessions

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
    firsts = ["v s-1 1 0", "v s-1 3 0", "v s-1 4 0", "v s-1 5 0", "w s-1 6 0"]
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
    )
    expected = [
        ("2026-03-01 10:00:00", "p", 2, 1, 1, 1, 3, Decimal("0.30"), 2, 0.5, 1.0),
        ("2026-03-01 11:00:00", "p", 0, 0, 0, 1, 1, Decimal("2.00"), 1, None, None),
    ]
    same(spark, quality.conform(product_funnel_hourly.transform(source), contract), want(spark, contract, expected))


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
        ("2010-12-01 08:00:00", "A", "France", "FR", "THING", 4, 2, 5, 4, 1, *money),
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
        ),
        ("2010-12-01 09:00:00", "A", "Narnia", None, "THING", 1, 1, 1, 1, 0)
        + (Decimal("1.0000"), ZERO, Decimal("1.0000"), ZERO, ZERO),
    ]
    same(spark, quality.conform(sales_hourly.transform(source), contract), want(spark, contract, expected))


def test_no_rows_are_no_rows(spark: SparkSession, contracts: Contracts) -> None:
    for name, module in (("sessions", sessions), ("product_funnel_hourly", product_funnel_hourly)):
        empty = spark.createDataFrame([], contracts.get("processed.clicks").schema)
        got = quality.conform(module.transform(empty), contracts.get(f"curated.{name}"))
        assert got.isEmpty()
