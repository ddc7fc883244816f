"""Rules over more than a row are asked before a table is published, and name what breaks them."""

import logging
from dataclasses import replace
from typing import Any

import pytest
from conftest import Platform
from pyspark.sql import DataFrame, SparkSession

from dataplatform import quality, table_rules
from dataplatform.contracts import Contract, Contracts

HOURS = "2010-12-01T10:00:00Z"
HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"


def rule(name: str, kind: str, *columns: str, severity: str = "error", **more: Any) -> dict[str, Any]:
    return {"name": name, "kind": kind, "columns": list(columns), "severity": severity, **more}


def ruled(contracts: Contracts, *rules: dict[str, Any]) -> Contract:
    return replace(contracts.get("curated.customers_current"), quality=rules)


@pytest.fixture(scope="module")
def rows(spark: SparkSession) -> DataFrame:
    """Ten rows, of which three have no country and two the same postcode."""
    return spark.sql(
        "SELECT concat('k', id) AS customer_key, IF(id < 3, NULL, 'GB') AS country_code,"
        " concat('p', greatest(id, 1)) AS postcode_area FROM range(10)"
    )


def customers(contracts: Contracts, *rules: dict[str, Any]) -> Contract:
    return replace(ruled(contracts, *rules), primary_key=("customer_key",))


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (rule("seldom", "not_null", "country_code", bounds={"atMost": 30.0, "percent": True}), ""),
        (
            rule("seldom", "not_null", "country_code", bounds={"below": 30.0, "percent": True}),
            "seldom: 3 of 10 rows, 30 percent, want < 30 percent; the first: customer_key=k0 country_code=None,",
        ),
        (
            rule("few", "not_null", "country_code", bounds={"atMost": 2.0}),
            "few: 3 of 10 rows, 30 percent, want <= 2; the first",
        ),
        (
            rule("british", "expression", expression="country_code <> 'GB'", bounds={"atMost": 10.0, "percent": True}),
            "british: 7 of 10 rows, 70 percent, want <= 10 percent; the first: customer_key=k3,",
        ),
        (rule("twice", "unique", "postcode_area", bounds={"atMost": 0.0}), "twice: 1 of 10 rows"),
        (rule("enough", "row_count", bounds={"atLeast": 20.0}), ""),
        (rule("enough", "row_count", bounds={"atLeast": 21.0}), "enough: 20 rows, want >= 21"),
        (rule("exactly", "row_count", bounds={"atLeast": 3.0, "atMost": 3.0}), "20 rows, want >= 3 and <= 3"),
        (rule("known", "reference", "customer_key", dataset="processed.customers", to="id"), ""),
        (
            rule("known", "reference", "postcode_area", dataset="processed.customers", to="id"),
            "known: 10; the first: customer_key=k0 postcode_area=p1,",
        ),
        (rule("known", "reference", "country_code", dataset="processed.customers", to="code"), ""),
    ],
)
def test_rules_of_the_rows_together(
    spark: SparkSession, contracts: Contracts, rows: DataFrame, broken: dict[str, Any], said: str
) -> None:
    upstream = {"processed.customers": spark.sql("SELECT concat('k', id) AS id, 'GB' AS code FROM range(100)")}
    whole = rows.unionByName(rows)
    if not said:
        quality.audit(rows, customers(contracts, broken), whole, upstream)
        return
    with pytest.raises(quality.QualityError) as raised:
        quality.audit(rows, customers(contracts, broken), whole, upstream)
    assert f"curated.customers_current: rows that break a rule: {broken['name']}: " in str(raised.value)
    assert said in str(raised.value)


def test_a_warning_is_logged(contracts: Contracts, rows: DataFrame, caplog: pytest.LogCaptureFixture) -> None:
    one = rule("enough", "row_count", severity="warning", bounds={"atLeast": 21.0})
    with caplog.at_level(logging.WARNING):
        quality.audit(rows, customers(contracts, one))
    assert "enough: 10 rows, want >= 21" in caplog.text


def test_no_row_breaks_them_alone(contracts: Contracts, rows: DataFrame) -> None:
    one = rule("seldom", "not_null", "country_code", bounds={"below": 5.0, "percent": True})
    contract = customers(contracts, one)
    assert rows.where(quality.broken(contract)).count() == 0
    quality.audit(rows.limit(0), contract)


def test_personal_values_are_not_quoted(contracts: Contracts, rows: DataFrame) -> None:
    contract = customers(contracts, rule("seldom", "not_null", "country_code", bounds={"atMost": 0.0}))
    columns = tuple({**one, "classification": "pii"} for one in contract.columns)
    [(_, said)] = table_rules.broken(rows, replace(contract, columns=columns), rows, {})
    assert "k0" not in said


def add(platform: Platform, *rules: dict[str, Any]) -> None:
    """Give the sales more rules."""
    processed = platform.contracts.get("processed.sales")
    changed = replace(processed, quality=(*processed.quality, *rules))
    platform.contracts = replace(
        platform.contracts, contracts={**platform.contracts.contracts, "processed.sales": changed}
    )


def test_a_reference_to_another_processed_table_keeps_a_run_from_publishing(platform: Platform) -> None:
    known = rule("stock_code_in_products", "reference", "stock_code", dataset="processed.products", to="product_id")
    own = rule("invoice_no_in_sales", "reference", "invoice_no", dataset="processed.sales", to="invoice_no")
    add(platform, known, own)
    platform.make("processed.products")
    product = "ProductID,Title,Category,Price,Currency,UpdatedAt\n{},HEART,Decoration,2.55,GBP,2010-11-30T09:00:00Z\n"
    sale = "536365,85123A,HEART,6,2010-12-01 08:26:00,2.55,17850,France\n"
    platform.ledger.land(product.format("85123B"), "2010-12-01T09:10:00Z", dataset="products", records=1)
    platform.process(HOURS, "products").run()
    platform.ledger.land(HEADER + sale, "2010-12-01T09:30:00Z", records=1)
    with pytest.raises(
        quality.QualityError, match="stock_code_in_products: 1; the first: line=[0-9a-f]{64}:1 stock_code=85123A"
    ):
        platform.process(HOURS).run()
    assert not platform.rows("processed.sales")
    platform.ledger.land(product.format("85123A"), "2010-12-01T09:40:00Z", dataset="products", records=1)
    platform.process(HOURS, "products").run()
    assert platform.process(HOURS).run().datasets["sales"].processed == 1


def test_a_share_keeps_a_run_from_publishing(platform: Platform) -> None:
    few = rule("descriptions", "not_null", "description", bounds={"atMost": 10.0, "percent": True})
    add(platform, few)
    good = "".join(f"53636{n},85123A,HEART,6,2010-12-01 08:26:00,2.55,17850,France\n" for n in range(6))
    platform.ledger.land(HEADER + good, "2010-12-01T09:30:00Z", records=6)
    platform.process(HOURS).run()
    before = platform.rows("processed.sales")
    without = "".join(f"53637{n},85123A,,6,2010-12-01 08:26:00,2.55,17850,France\n" for n in range(4))
    platform.ledger.land(HEADER + without, "2010-12-01T09:40:00Z", records=4)
    with pytest.raises(
        quality.QualityError,
        match=r"descriptions: 4 of 10 rows, 40 percent, want <= 10 percent; the first: line=[0-9a-f]{64}:1 desc",
    ):
        platform.process(HOURS).run()
    assert platform.rows("processed.sales") == before
