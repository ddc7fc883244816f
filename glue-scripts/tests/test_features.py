"""The features of recommendations, whole frames in and out, and that nothing in them is later than it should be."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from frames import frame
from lake import SECRET
from pyspark.sql import DataFrame, SparkSession
from test_curated import click, same, want
from test_product_assets import version as image

from dataplatform import quality
from dataplatform.contracts import Contract, Contracts
from dataplatform.transforms.features import interactions, products

AS_OF = datetime(2026, 3, 2, tzinfo=UTC)
NOW = "2026-03-02 00:00:00"


def key(customer: str) -> str:
    return SECRET.name(customer)


def sale(spark: SparkSession, contracts: Contracts, *lines: tuple[str, str, str, str]) -> DataFrame:
    """Order lines: customer, product, time, type."""
    schema = contracts.get("processed.sales").schema
    rows = []
    for customer, stock_code, invoice_time, line_type in lines:
        one = {"customer_id": customer, "stock_code": stock_code, "invoice_time": invoice_time, "line_type": line_type}
        rows.append([one.get(field.name) for field in schema])
    return frame(spark, schema, rows)


def seen(visitor: str, product: str, time: str, step: str = "product_view", **more: object) -> dict:
    return {"visitor_id": visitor, "product_id": product, "event_time": f"2026-03-{time}", "event_type": step, **more}


CLICKS = [
    seen("v1", "a1", "01T10:00:00"),
    seen("v1", "A1", "01T11:00:00"),
    seen("v1", "A1", "01T12:00:00", "add_to_cart"),
    # signed in: all that v1 did is customer 7's, but this purchase is an order line
    seen("v1", "A1", "01T13:00:00", "purchase", user_id="7"),
    # signed in as two: nobody's
    seen("v2", "B2", "01T10:00:00", "add_to_cart", user_id="7"),
    seen("v2", "B2", "01T10:01:00", "remove_from_cart", user_id="8"),
    seen("v2", "B2", "01T10:02:00", "remove_from_cart"),
    seen("v3", "B2", "01T10:00:00", "purchase"),
    # no product, no step, no person
    {"visitor_id": "v3", "event_time": "2026-03-01T10:00:00", "event_type": "page_view"},
    seen("v3", "C3", "01T10:00:00", "search"),
    # signed in as nobody
    seen("v3", "C3", "01T10:01:00", "search", user_id="NULL"),
    seen("v5", "C3", "01T10:01:00", "search", user_id="NULL"),
    seen("bot", "A1", "01T10:00:00", is_bot=True),
]
SALES = [
    ("7", "A1", "2026-03-01T13:00:01", "sale"),
    ("7", "A1", "2026-03-01T14:00:00", "return"),
    ("9", "C3", "2026-02-01T09:00:00", "sale"),
    ("9", "C3", "2026-03-01T09:00:00", "sale"),
    ("9", "D4", "2026-03-01T23:59:59", "return"),
    ("9", "POST", "2026-03-01T09:00:00", "fee"),
    ("9", "A1", "2026-03-01T09:00:00", "adjustment"),
    ("guest", "A1", "2026-03-01T09:00:00", "sale"),
]
INTERACTIONS = [
    (NOW, key("7"), "customer", "A1", 2, 1, 1, 1, 5.0, "2026-03-01 14:00:00", "2026-03-01 13:00:01"),
    (NOW, "v2", "visitor", "B2", 0, 0, 0, 0, 0.0, "2026-03-01 10:02:00", None),
    (NOW, "v3", "visitor", "B2", 0, 0, 1, 0, 5.0, "2026-03-01 10:00:00", "2026-03-01 10:00:00"),
    (NOW, key("9"), "customer", "C3", 0, 0, 2, 0, 10.0, "2026-03-01 09:00:00", "2026-03-01 09:00:00"),
    (NOW, key("9"), "customer", "D4", 0, 0, 0, 1, 0.0, "2026-03-01 23:59:59", None),
]
# Each would change something, had it happened a moment before as_of.
LATER_CLICKS = [
    seen("v1", "A1", "02T00:00:00"),
    seen("v3", "B2", "02T00:00:00", "purchase", user_id="9"),
    seen("v1", "Z9", "05T00:00:00", "purchase", user_id="8"),
    seen("v4", "A1", "02T00:00:01"),
]
LATER_SALES = [("7", "A1", "2026-03-02T00:00:00", "return"), ("10", "D4", "2026-03-09T00:00:00", "sale")]


def checked(made: DataFrame, contract: Contract) -> DataFrame:
    conformed = quality.conform(made, contract)
    quality.audit(conformed, contract)
    return conformed


def test_interactions(spark: SparkSession, contracts: Contracts) -> None:
    contract = contracts.get("features.interactions")
    made = interactions.transform(
        click(spark, contracts, *CLICKS), sale(spark, contracts, *SALES), AS_OF, keyed=SECRET.add
    )
    same(spark, checked(made, contract), want(spark, contract, INTERACTIONS))


def test_interactions_since_a_time(spark: SparkSession, contracts: Contracts) -> None:
    contract = contracts.get("features.interactions")
    since = datetime(2026, 3, 1, 13, tzinfo=UTC)
    made = interactions.transform(
        click(spark, contracts, *CLICKS), sale(spark, contracts, *SALES), AS_OF, since, keyed=SECRET.add
    )
    expected = [(*INTERACTIONS[0][:4], 0, 0, *INTERACTIONS[0][6:8], 0.0, *INTERACTIONS[0][9:]), INTERACTIONS[4]]
    same(spark, checked(made, contract), want(spark, contract, expected))


def test_interactions_know_nothing_of_what_comes_later(spark: SparkSession, contracts: Contracts) -> None:
    contract = contracts.get("features.interactions")
    clicks = click(spark, contracts, *CLICKS, *LATER_CLICKS)
    sales = sale(spark, contracts, *SALES, *LATER_SALES)
    same(
        spark,
        checked(interactions.transform(clicks, sales, AS_OF, keyed=SECRET.add), contract),
        want(spark, contract, INTERACTIONS),
    )
    # The same events a moment earlier are known: each would have shown.
    after = datetime(2026, 3, 10, tzinfo=UTC)
    assert checked(interactions.transform(clicks, sales, after, keyed=SECRET.add), contract).count() == 8


def listed(
    spark: SparkSession, contracts: Contracts, *versions: tuple[str, str, str, str | None, str | None]
) -> DataFrame:
    """Versions of products: product, valid from, title, category, price."""
    schema = contracts.get("processed.products").schema
    rows = []
    for number, (product, valid_from, title, category, price) in enumerate(versions, start=1):
        one = {"line_key": "k", "file_digest": "f", "line_number": number, "arrival_time": "2026-01-01T00:00:00"}
        one |= {"product_id": product, "valid_from": valid_from, "title": title, "category": category}
        one["price"] = Decimal(price) if price else None
        rows.append([one.get(field.name) for field in schema])
    return frame(spark, schema, rows)


CATALOG = [
    ("A1", "2026-01-01T00:00:00", "OLD LANTERN", "light", "9.0000"),
    ("A1", "2026-03-01T23:59:59", "LANTERN", "light", "1.0000"),
    ("B2", "2026-01-02T00:00:00", "MUG", None, "2.0000"),
    ("C3", "2026-01-03T00:00:00", "CLOCK", "time", "2.0000"),
    ("D4", "2026-01-04T00:00:00", "TEAPOT", None, "50.0000"),
    ("E5", "2026-01-05T00:00:00", "SAMPLE", None, None),
]
ASSETS = [
    image("a.png", "01T10:00:00", product_id="a1", width=30, height=40),
    # the newer is shown on its side: it is landscape though stored as portrait
    image("a2.png", "01T11:00:00", product_id="A1", width=30, height=40, orientation=6),
    image("b.png", "01T10:00:00", product_id="B2", width=100, height=91),
    # replaced by the one with the higher sequencer, and then by a text
    image("c.png", "01T10:00:00", product_id="C3", is_current=False),
    image("c.png", "01T12:00:00", version_id="2", sequencer="0B", product_id="C3", kind="text"),
    image("d.png", "01T10:00:00", product_id="D4", state="delete_marker", is_current=False, kind=None),
    image("logo.png", "01T10:00:00", product_id=None),
]
JANUARY = [f"2026-01-0{day} 00:00:00" for day in range(1, 6)]
PRODUCTS = [
    (NOW, "A1", "LANTERN", "light", Decimal("1.0000"), 0, 2, "landscape", JANUARY[0]),
    (NOW, "B2", "MUG", None, Decimal("2.0000"), 1, 1, "square", JANUARY[1]),
    (NOW, "C3", "CLOCK", "time", Decimal("2.0000"), 1, 0, None, JANUARY[2]),
    (NOW, "D4", "TEAPOT", None, Decimal("50.0000"), 4, 0, None, JANUARY[3]),
    (NOW, "E5", "SAMPLE", None, None, None, 0, None, JANUARY[4]),
]
LATER_CATALOG = [
    ("B2", "2026-03-02T00:00:00", "CUP", "cups", "70.0000"),
    ("F6", "2026-03-03T00:00:00", "NEW", None, "0.1000"),
]
LATER_ASSETS = [
    image("a2.png", "02T00:00:00", version_id="2", sequencer="0C", state="delete_marker", kind=None),
    image("b.png", "02T00:00:00", version_id="2", sequencer="0B", product_id="B2", width=1, height=9),
    image("c3.png", "02T00:00:00", product_id="C3"),
]


def pictures(spark: SparkSession, contracts: Contracts, *versions: dict) -> DataFrame:
    schema = contracts.get("processed.assets").schema
    return frame(spark, schema, [[one.get(field.name) for field in schema] for one in versions])


def test_products(spark: SparkSession, contracts: Contracts) -> None:
    contract = contracts.get("features.products")
    made = products.transform(listed(spark, contracts, *CATALOG), pictures(spark, contracts, *ASSETS), AS_OF)
    same(spark, checked(made, contract), want(spark, contract, PRODUCTS))


def test_products_know_nothing_of_what_comes_later(spark: SparkSession, contracts: Contracts) -> None:
    contract = contracts.get("features.products")
    catalog = listed(spark, contracts, *CATALOG, *LATER_CATALOG)
    # What is current now was not then: the versions before are not any more.
    assets = pictures(spark, contracts, *[{**one, "is_current": False} for one in ASSETS], *LATER_ASSETS)
    same(spark, checked(products.transform(catalog, assets, AS_OF), contract), want(spark, contract, PRODUCTS))
    after = checked(products.transform(catalog, assets, datetime(2026, 3, 10, tzinfo=UTC)), contract)
    found = {row["product_id"]: (row["title"], row["images"], row["image_aspect"]) for row in after.collect()}
    assert found["A1"][1:] == (1, "portrait")
    assert found["B2"] == ("CUP", 1, "portrait")
    assert found["C3"][1] == 1
    assert "F6" in found


def test_a_time_without_a_zone_is_refused(spark: SparkSession, contracts: Contracts) -> None:
    with pytest.raises(ValueError, match="has no zone"):
        products.transform(listed(spark, contracts), pictures(spark, contracts), datetime(2026, 3, 2))
