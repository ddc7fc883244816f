"""Maintenance: rows end with their retention, snapshots and orphans go, and what stays is the same."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from conftest import Platform
from lake import SECRET, path_of
from pyspark.sql import functions as F
from test_curated import want
from test_master_runs import HOURS, land_three_hours
from test_sales_runs import DAYS, land_three_days

from dataplatform.arguments import MaintainArguments
from dataplatform.contracts import Contracts
from dataplatform.engine.iceberg import Table
from dataplatform.stages.maintain import Maintain

DAY = timedelta(days=1)


def only(contracts: Contracts, retention: int, *names: str) -> Contracts:
    """The contracts with tables of these alone, kept for so many days."""
    kept = {
        key: replace(
            one, retention_days=retention if key in names else 0, format=one.format if key in names else "none"
        )
        for key, one in contracts.contracts.items()
    }
    return replace(contracts, contracts=kept)


def maintain(platform: Platform, now: datetime, retention: int, *names: str, age: int = 7) -> dict:
    args = MaintainArguments("run", platform.lake, "leases", snapshot_days=age, orphan_days=age)
    some = only(platform.contracts, retention, *names)
    return Maintain(platform.spark, args, some, platform.leases, platform.store, now, SECRET).run()


def folder(platform: Platform, name: str) -> Path:
    return path_of(str(Table(platform.spark, platform.make(name)).handle.location()))


def data_files(platform: Platform, name: str) -> int:
    return len(list(folder(platform, name).glob("data/**/*.parquet")))


def test_order_lines_end_and_what_is_computed_from_them_follows(platform: Platform) -> None:
    land_three_days(platform)
    for day in DAYS:
        platform.run(day)
    # Seconds, for datetimes would pass through the time zone of the machine.
    sales = [row[0] for row in platform.table("processed.sales").select(F.unix_seconds("invoice_time")).collect()]
    middle = sorted(sales)[len(sales) // 2]
    now = datetime.fromtimestamp(middle, UTC) + 100 * DAY
    gone = [seconds for seconds in sales if seconds < middle]

    done = maintain(platform, now, 100, "processed.sales")

    assert done["processed.sales"]["rows_ended"] == len(gone) > 0
    assert platform.table("processed.sales").count() == len(sales) - len(gone)
    lines = sum(row["lines"] for row in platform.table("curated.customer_value").collect())
    assert lines == len(sales) - len(gone), "totals are those of the lines there are"
    hourly = sum(row["lines"] for row in platform.table("curated.sales_hourly").collect())
    assert hourly == len(sales) - len(gone)
    assert maintain(platform, now, 100, "processed.sales")["processed.sales"]["rows_ended"] == 0


def test_a_version_ends_when_its_successor_is_old(platform: Platform) -> None:
    land_three_hours(platform)
    for hours in HOURS:
        platform.run(hours, "products")
    titles = {row["title"] for row in platform.table("processed.products").collect()}
    assert titles == {"OLDEST", "MIDDLE", "NEWEST", "CLOCK"}
    # MIDDLE began 5:00, NEWEST 8:00: at this time only what MIDDLE replaced is too old, and CLOCK has no successor.
    now = datetime(2010, 12, 1, 6, tzinfo=UTC) + 30 * DAY
    assert maintain(platform, now, 30, "processed.products")["processed.products"]["rows_ended"] == 1
    assert {row["title"] for row in platform.table("processed.products").collect()} == {"MIDDLE", "NEWEST", "CLOCK"}
    current = {row["product_id"]: row for row in platform.table("curated.products_current").collect()}
    assert {code: (row["title"], row["versions"]) for code, row in current.items()} == {
        "85123A": ("NEWEST", 2),
        "1": ("CLOCK", 1),
    }


def test_snapshots_and_orphans_go_only_when_they_are_old(platform: Platform) -> None:
    land_three_days(platform)
    for day in DAYS:
        platform.run(day)
    name = "processed.sales"
    table = platform.make(name)
    rows, files = platform.rows(name), data_files(platform, name)
    platform.spark.sql(f"UPDATE {table} SET quantity = quantity + 1")  # which writes files anew
    platform.spark.sql(f"CALL glue_catalog.system.rollback_to_snapshot('{table}', {before(platform, table)})")
    orphan = folder(platform, name) / "data" / "left-over.parquet"
    orphan.write_bytes(b"of a run that died")

    now = datetime.now(UTC)
    young = maintain(platform, now, 36500, name)[name]
    assert (young["files_expired"], young["orphans_removed"], orphan.exists()) == (0, 0, True)

    old = maintain(platform, now + 8 * DAY, 36500, name)[name]
    assert old["files_expired"] > 0
    assert old["orphans_removed"] >= 1
    assert not orphan.exists()
    assert platform.rows(name) == rows
    assert data_files(platform, name) <= files
    assert platform.spark.sql(f"SELECT * FROM {table}.snapshots").count() == 1
    assert table in platform.leases.held


def before(platform: Platform, table: str) -> int:
    history = platform.spark.sql(f"SELECT snapshot_id FROM {table}.history ORDER BY made_current_at DESC").collect()
    return history[1]["snapshot_id"]


def test_features_end_with_the_time_they_are_as_of(platform: Platform) -> None:
    contract = platform.contracts.get("features.products")
    of = [("2026-01-01 00:00:00", "2025-12-01 00:00:00"), ("2026-03-02 00:00:00", "2025-12-01 00:00:00")]
    rows = [(at, "A1", "LANTERN", None, None, None, 0, None, since) for at, since in of]
    want(platform.spark, contract, rows).writeTo(platform.make(contract.id)).append()

    now = datetime(2026, 4, 1, 0, 0, 1, tzinfo=UTC)
    assert maintain(platform, now, 90, contract.id)[contract.id]["rows_ended"] == 1
    # Seconds, for datetimes would pass through the time zone of the machine.
    [left] = platform.table(contract.id).select(F.unix_seconds("as_of")).collect()
    assert left[0] == int(datetime(2026, 3, 2, tzinfo=UTC).timestamp())
