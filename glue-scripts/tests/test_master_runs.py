"""Products and customers through both stages, and the curated tables that are recomputed by key."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from conftest import Platform
from lake import SECRET
from pyspark.sql import DataFrame
from test_sales_runs import DAYS, file, land_three_days, line

from dataplatform.counts import Counts
from dataplatform.engine.publish import Publisher
from dataplatform.quality import QualityError

PRODUCTS = "ProductID,Title,Category,Price,Currency,UpdatedAt\n"
CUSTOMERS = "CustomerID,Name,Email,BirthDate,Postcode,Country,UpdatedAt\n"
HOURS = [f"2010-12-01T{hour:02d}:00:00Z/2010-12-01T{hour + 1:02d}:00:00Z" for hour in (6, 7, 8)]


def product(title: str, valid: str, code: str = "85123a", price: str = "2.55") -> str:
    return f"{code},{title},,{price},GBP,{valid}Z\n"


def customer(number: str, valid: str, country: str = "France") -> str:
    return f"{number},Ann Example,ann@example.org,1980-02-29,75001,{country},{valid}Z\n"


def land(platform: Platform, dataset: str, arrival: str, *lines: str) -> None:
    header = {"products": PRODUCTS, "customers": CUSTOMERS}[dataset]
    platform.ledger.land(header + "".join(lines), arrival, dataset=dataset)


def land_three_hours(platform: Platform) -> None:
    """Three catalogs: the versions of a product out of order, an equal line in two files, a bad one."""
    named = product("OLDEST", "2010-11-01T00:00:00")
    land(platform, "products", "2010-12-01T06:10:00Z", product("MIDDLE", "2010-12-01T05:00:00"), named)
    land(platform, "products", "2010-12-01T07:10:00Z", named, product("", "2010-12-01T05:00:00"))
    newest = product("NEWEST", "2010-12-01T08:00:00")
    land(platform, "products", "2010-12-01T08:10:00Z", newest, product("CLOCK", "2010-11-01T00:00:00", "1"), newest)


def test_any_order_and_number_of_runs_leaves_the_same_tables(platform: Platform) -> None:
    land_three_hours(platform)
    for hours in HOURS:
        platform.run(hours, "products")
    tables = ("processed.products", "curated.products_current")
    once = [platform.rows(name) for name in tables]
    current = {row["product_id"]: row for row in platform.table("curated.products_current").collect()}
    assert {code: (row["title"], row["versions"]) for code, row in current.items()} == {
        "85123A": ("NEWEST", 3),
        "1": ("CLOCK", 1),
    }
    mains = platform.mains()
    report = platform.process("2010-12-01T06:00:00Z/2010-12-01T09:00:00Z", "products").run()
    assert report.datasets == {"products": Counts(received=7, processed=4, duplicates=2, quarantined=1, lost=0)}
    platform.curate("2010-12-01T06:00:00Z/2010-12-01T09:00:00Z", "products").run()
    assert platform.mains() == mains  # not one commit for a rerun that changes nothing

    platform.empty()
    for hours in (HOURS[1], HOURS[2], HOURS[1], HOURS[0]):
        platform.run(hours, "products")
    assert [platform.rows(name) for name in tables] == once


def test_a_run_recomputes_only_the_keys_it_touches(platform: Platform) -> None:
    land(platform, "customers", "2010-12-01T06:10:00Z", customer("1", "2010-11-01T00:00:00"))
    land(platform, "customers", "2010-12-01T07:10:00Z", customer("2", "2010-11-01T00:00:00"))
    for hours in HOURS[:2]:
        platform.run(hours, "customers")
    # Were the first customer recomputed, too, the row that is put here by hand would be set right.
    table = platform.lake.table("curated", "customers_current")
    platform.spark.sql(f"UPDATE {table} SET country = 'left alone' WHERE versions = 1 AND country = 'France'")
    land(platform, "customers", "2010-12-01T08:10:00Z", customer("2.0", "2010-12-01T08:00:00", "Germany"))
    platform.run(HOURS[2], "customers")
    found = {
        row["customer_key"]: (row["country"], row["versions"])
        for row in platform.table("curated.customers_current").collect()
    }
    assert found == {key_of("1"): ("left alone", 1), key_of("2"): ("Germany", 2)}


def key_of(number: str) -> str:
    return SECRET.name(number)


def test_sales_are_added_up_by_customer_and_titled_whatever_the_order_of_runs(platform: Platform) -> None:
    land_three_hours(platform)
    platform.run("2010-12-01T06:00:00Z/2010-12-01T09:00:00Z", "products")
    land_three_days(platform)
    guest = line(8, 1, 8).replace("17850.0", "")
    platform.ledger.land(file(guest), "2010-12-01T10:30:00Z")
    platform.run("2010-12-01T00:00:00Z/2010-12-04T00:00:00Z")
    once = platform.rows("curated.customer_value"), platform.rows("curated.sales_hourly")
    value = {row["customer_key"]: row for row in platform.table("curated.customer_value").collect()}
    known, unknown = value[key_of("17850")], value["guest"]
    assert (known["orders"], known["lines"], known["units_sold"]) == (5, 5, 30)
    assert known["net_revenue"] == 4 * Decimal("15.3") + 6 * Decimal("3.45")  # the missing price is 2.55
    assert (known["first_purchase"].day, known["last_purchase"].day) == (1, 3)
    assert (unknown["is_guest"], unknown["net_revenue"]) == (True, Decimal("15.3"))
    titles = {
        (row["hour_start"].astimezone(UTC), row["product_title"])
        for row in platform.table("curated.sales_hourly").collect()
    }
    assert titles == {
        (datetime(2010, 12, day, hour, tzinfo=UTC), "NEWEST") for day, hour in ((1, 8), (1, 9), (2, 8), (3, 8))
    }

    for name in ("processed.sales", "curated.customer_value", "curated.sales_hourly"):
        platform.spark.sql(f"DELETE FROM {platform.lake.table(*name.split('.'))}")
    for hours in reversed(DAYS):
        platform.run(hours)
    assert (platform.rows("curated.customer_value"), platform.rows("curated.sales_hourly")) == once


def test_a_key_that_lost_a_row_is_not_published(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    land(platform, "customers", "2010-12-01T06:05:00Z", customer("2", "2010-11-01T00:00:00"))
    platform.process(HOURS[0], "customers").run()
    platform.curate(HOURS[0], "customers").run()
    land(platform, "customers", "2010-12-01T06:10:00Z", customer("1", "2010-11-01T00:00:00"))
    platform.process(HOURS[0], "customers").run()
    merge = Publisher._merge

    def lossy(self: Publisher, table, contract, wanted: DataFrame, operations) -> None:  # noqa: ANN001
        merge(self, table, contract, wanted, operations)
        self._spark.sql(f"DELETE FROM {table.name}.branch_{self._branch}")

    monkeypatch.setattr(Publisher, "_merge", lossy)
    with pytest.raises(
        QualityError, match=rf"curated\.customers_current: versions differ .* {key_of('1')} \(None of 1\)"
    ):
        platform.curate(HOURS[0], "customers").run()
    assert [row["customer_key"] for row in platform.table("curated.customers_current").collect()] == [key_of("2")]
