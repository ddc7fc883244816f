"""Lines that an earlier run could use and this one cannot: they leave every table, whatever else the run has."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from conftest import Platform
from landing import quarantined
from test_master_runs import HOURS, customer, land, product

from dataplatform.counts import Counts
from dataplatform.engine.publish import Publisher
from dataplatform.reading.cleaning import Cleaning
from dataplatform.stages import table_maintenance

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
FIRST, SECOND = (f"2011-12-{day:02d}T09:00:00Z/2011-12-{day:02d}T10:00:00Z" for day in (8, 10))


def line(number: int, day: int, price: str = "2.55") -> str:
    return f"{number},85123A,MUG,6,2011-12-{day:02d} 08:26:00,{price},17850,France\n"


def refuse(platform: Platform, contract_id: str, expression: str) -> None:
    """Do what a later version does that evaluates a line otherwise."""
    contract = platform.contracts.get(contract_id)
    rule = {"name": "later", "kind": "expression", "columns": [], "expression": expression, "severity": "error"}
    stricter = replace(contract, quality=(*contract.quality, rule))
    platform.contracts = replace(platform.contracts, contracts={**platform.contracts.contracts, contract_id: stricter})


def sold(platform: Platform) -> tuple[list[str], int]:
    """The invoices in processed, and how many lines the hours and the customers in curated have: the same number."""
    invoices = sorted(row["invoice_no"] for row in platform.table("processed.sales").collect())
    hourly, by_customer = (
        platform.table(f"curated.{name}").groupBy().sum("lines").first()[0] or 0
        for name in ("sales_hourly", "customer_value")
    )
    assert hourly == by_customer
    return invoices, hourly


def test_a_line_that_loses_its_price_leaves_every_table(platform: Platform) -> None:
    """No good line is near: its price came from a file that was put apart."""
    priced = platform.ledger.land(HEADER + line(1, 1, "4.00"), "2011-12-08T09:00:00Z")
    bare = platform.ledger.land(HEADER + line(2, 3, ""), "2011-12-10T09:00:00Z")
    for hours in (FIRST, SECOND):
        platform.run(hours)
    assert sold(platform) == (["1", "2"], 2)
    platform.ledger.mark_apart("sales", priced, "LaterError")
    assert platform.process(SECOND).run().datasets["sales"] == Counts(received=1, quarantined=1)
    report = platform.curate(SECOND).run()
    assert (report.disagreement, sold(platform)[1]) == (0, 0)
    assert quarantined(platform, "sales") == {f"{bare.digest}:1": ("price_not_imputable", line(2, 3, "").strip())}
    assert platform.ledger.items[bare.digest].processed
    mains = platform.mains()[:-1]
    platform.run(SECOND)
    assert (sold(platform), platform.mains()[:-1]) == (([], 0), mains), "only the file put apart goes after that"


def test_an_equal_line_that_can_be_used_takes_the_place(platform: Platform) -> None:
    """The later file knows a price that the earlier one did not."""
    platform.ledger.land(HEADER + line(1, 1, "4.00"), "2011-12-08T09:00:00Z")
    first = platform.ledger.land(HEADER + line(2, 3, ""), "2011-12-10T09:00:00Z")
    second = platform.ledger.land(HEADER + line(2, 3, "") + line(3, 3), "2011-12-10T09:40:00Z")
    platform.run(FIRST)
    platform.run(SECOND)
    assert first.digest in {row["file_digest"] for row in platform.table("processed.sales").collect()}
    refuse(platform, "processed.sales", f"file_digest <> '{first.digest}'")
    assert platform.process(SECOND).run().datasets["sales"] == Counts(received=3, processed=2, quarantined=1)
    assert platform.curate(SECOND).run().disagreement == 0
    assert sold(platform) == (["1", "2", "3"], 3)
    [row] = platform.table("processed.sales").where("invoice_no = '2'").collect()
    assert row["file_digest"] == second.digest


def failing(*_: object) -> None:
    raise OSError("no space")


@pytest.mark.parametrize("forgotten", [False, True])
def test_curated_is_computed_without_it_whenever_a_run_gets_that_far(
    platform: Platform, monkeypatch: pytest.MonkeyPatch, *, forgotten: bool
) -> None:
    """Also when nothing says any more what the line was: snapshots expire."""
    file = platform.ledger.land(HEADER + line(1, 1) + line(2, 2), "2011-12-08T09:00:00Z")
    platform.run(FIRST)
    refuse(platform, "processed.sales", "invoice_no <> '2'")
    with monkeypatch.context() as patched:
        patched.setattr(Publisher, "_merge", failing)
        with pytest.raises(OSError, match="no space"):
            platform.process(FIRST).run()
    platform.process(FIRST).run()
    with monkeypatch.context() as patched:
        patched.setattr(Publisher, "_merge", failing)
        with pytest.raises(OSError, match="no space"):
            platform.curate(FIRST).run()
    assert sold(platform) == (["1"], 2)
    assert not platform.ledger.items[file.digest].processed
    if forgotten:
        platform.spark.catalog.clearCache()  # maintenance has a session of its own
        table_maintenance.expire_snapshots(
            platform.spark, platform.made["processed.sales"], datetime.now(UTC) + timedelta(days=1)
        )
    platform.run("2011-12-08T11:00:00Z")
    assert sold(platform) == (["1"], 1)
    assert platform.ledger.items[file.digest].processed


def test_versions_that_cannot_be_used_leave_what_there_is_of_their_key(platform: Platform) -> None:
    """Of a key with an earlier version that one is current again, a key without any other is gone."""
    known, bad = "2010-11-01T00:00:00", "2010-12-01T05:00:00"
    land(platform, "products", "2010-12-01T06:10:00Z", product("OLD", known))
    land(platform, "products", "2010-12-01T07:10:00Z", product("NEW", bad), product("NEW", bad, code="22423"))
    land(platform, "customers", "2010-12-01T06:10:00Z", customer("1", known))
    land(platform, "customers", "2010-12-01T07:10:00Z", customer("1", bad, "Spain"), customer("2", bad, "Spain"))
    refused = {"products": "title <> 'NEW'", "customers": "country_code <> 'ES'"}
    for dataset, expression in refused.items():
        for hours in HOURS[:2]:
            platform.run(hours, dataset)
        versions = platform.table(f"curated.{dataset}_current").groupBy().sum("versions").first()[0]
        assert versions == platform.table(f"processed.{dataset}").count() == 3
        refuse(platform, f"processed.{dataset}", expression)
        assert platform.process(HOURS[1], dataset).run().datasets[dataset] == Counts(received=2, quarantined=2)
        assert platform.curate(HOURS[1], dataset).run().disagreement == 0
        [left] = platform.table(f"processed.{dataset}").collect()
        [current] = platform.table(f"curated.{dataset}_current").collect()
        assert current["versions"] == 1
        assert left[expression.split()[0]] in {"OLD", "FR"}
        assert not quarantined(platform, dataset).keys() & {f"{left['file_digest']}:{left['line_number']}"}


def versions(platform: Platform, dataset: str) -> set[tuple[str, str]]:
    """The file and the source of each row there is of a dataset that is versions; curated has as many."""
    rows = platform.table(f"processed.{dataset}")
    assert platform.table(f"curated.{dataset}_current").groupBy().sum("versions").first()[0] == rows.count()
    return {(row["file_digest"], str(row["valid_from"])) for row in rows.collect()}


@pytest.mark.parametrize("apart", [False, True])
def test_an_equal_line_of_a_file_that_the_run_does_not_have_takes_the_place(
    platform: Platform, monkeypatch: pytest.MonkeyPatch, *, apart: bool
) -> None:
    """It was counted as a copy; of the others, no file is read that had none."""
    first = platform.ledger.land(HEADER + line(1, 1) + line(2, 2), "2011-12-08T09:00:00Z")
    platform.ledger.land(HEADER + line(3, 2), "2011-12-10T09:10:00Z")
    second = platform.ledger.land(HEADER + line(2, 2) + line(4, 3), "2011-12-10T09:20:00Z")
    third = platform.ledger.land(HEADER + line(2, 2) + line(5, 3), "2011-12-10T09:30:00Z")
    platform.run(FIRST)
    platform.run(SECOND)
    assert [platform.ledger.items[one.digest].duplicates for one in (first, second, third)] == [0, 1, 1]
    read = []
    clean = Cleaning.clean
    monkeypatch.setattr(Cleaning, "clean", lambda self, files: read.append(files) or clean(self, files))
    if apart:
        platform.ledger.mark_apart("sales", first, "LaterError")
        left = ["2", "3", "4", "5"]
    else:
        refuse(platform, "processed.sales", f"file_digest <> '{first.digest}' OR invoice_no <> '2'")
        left = ["1", "2", "3", "4", "5"]
    for _ in range(2 if apart else 1):
        platform.run("2011-12-10T11:00:00Z" if apart else FIRST)
    assert {file.digest for files in read for file in files} == {
        second.digest,
        third.digest,
        *([] if apart else [first.digest]),
    }
    assert sold(platform)[0] == left
    [row] = platform.table("processed.sales").where("invoice_no = '2'").collect()
    assert row["file_digest"] == second.digest
    platform.run("2011-12-10T12:00:00Z")
    assert sold(platform) == (left, len(left))
    assert not platform.ledger.unprocessed("sales")


def test_an_equal_version_of_a_file_that_the_run_does_not_have_takes_the_place(platform: Platform) -> None:
    """Also one that was there first: the file that arrived before it was merged after it, and took its place."""
    for dataset, one in (("products", product), ("customers", customer)):
        text = {"products": "MUG", "customers": "1"}[dataset]
        land(platform, dataset, "2010-12-01T07:10:00Z", one(text, "2010-11-01T00:00:00"))
        platform.run(HOURS[1], dataset)
        [(second, _)] = versions(platform, dataset)
        land(platform, dataset, "2010-12-01T06:10:00Z", *[one(text, f"2010-11-0{day}T00:00:00") for day in (1, 2)])
        platform.run(HOURS[0], dataset)
        [first] = {digest for digest, _ in versions(platform, dataset)}
        assert first != second
        platform.ledger.mark_apart(dataset, platform.ledger.items[first], "LaterError")
        for hour in (9, 10, 11):
            platform.run(f"2010-12-01T{hour:02d}:00:00Z", dataset)
        assert {digest for digest, _ in versions(platform, dataset)} == {second}
        assert not platform.ledger.unprocessed(dataset)
