"""Files of several versions of a dataset: each line is read by the header that its file came with."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import Platform, lake_of
from lake import MemoryLedger, path_of
from landing import quarantined
from pyspark.sql import SparkSession

from dataplatform.contracts import Contracts, Known
from dataplatform.counts import Counts
from dataplatform.engine.ledger import File
from dataplatform.erasure import places
from dataplatform.erasure.person import Person
from dataplatform.erasure.tables import Tables
from dataplatform.erasure.versions import Version
from dataplatform.reading import lines
from dataplatform.transforms import keys

SALES = ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country")
# As many columns in another order, one more before the others, another name for one.
REORDERED = ("StockCode", "InvoiceNo", *SALES[2:])
ADDED = ("Channel", *SALES)
RENAMED = (*SALES[:7], "Land")
VALUES = {
    "InvoiceNo": "536365",
    "StockCode": "85123A",
    "Description": "HANGING HEART",
    "Quantity": "6",
    "InvoiceDate": "2010-12-01 08:26:00",
    "UnitPrice": "2.55",
    "CustomerID": "17850",
    "Kunde": "17850",
    "Country": "France",
    "Land": "France",
    "Channel": "web",
}
HOURS = "2010-12-01T10:00:00Z"
DAY = "2010-12-01T00:00:00Z/2010-12-02T00:00:00Z"


def file_of(header: tuple[str, ...], *records: dict[str, str]) -> str:
    rows = [header, *[[{**VALUES, **one}[name] for name in header] for one in records]]
    return "".join(",".join(row) + "\n" for row in rows)


def land(platform: Platform, header: tuple[str, ...], *records: dict[str, str], noted: bool = True) -> File:
    """Land a file; one that is not ``noted`` is of the time when the ledger did not keep headers."""
    file = platform.ledger.land(file_of(header, *records), "2010-12-01T09:30:00Z", records=len(records))
    platform.ledger.items[file.digest] = replace(file, columns=header if noted else ())
    return platform.ledger.items[file.digest]


@contextmanager
def version(
    spark: SparkSession,
    contracts: Contracts,
    root: Path,
    headers: tuple[tuple[str, ...], ...],
    former: dict[str, tuple[str, ...]],
) -> Iterator[Platform]:
    """A lake of a version of the sales with the first of the headers; the others are earlier versions'."""
    raw = replace(contracts.get("raw.sales"), header=headers[0], headers=headers, former=former)
    with lake_of(spark, replace(contracts, contracts={**contracts.contracts, "raw.sales": raw}), root) as made:
        yield made


def by_invoice(platform: Platform) -> dict[str, dict]:
    return {row["invoice_no"]: row.asDict() for row in platform.table("processed.sales").collect()}


@pytest.mark.parametrize(
    ("new", "old", "former", "noted"),
    [
        (ADDED, SALES, {}, True),
        (REORDERED, SALES, {}, True),
        (REORDERED, SALES, {}, False),
        (SALES, RENAMED, {"Country": ("Land",)}, True),
        (SALES, ADDED, {}, True),
    ],
    ids=["added", "reordered", "before the ledger had headers", "renamed", "removed"],
)
def test_old_and_new_files_of_an_hour_are_told_by_their_headers(
    spark: SparkSession,
    contracts: Contracts,
    tmp_path: Path,
    new: tuple[str, ...],
    old: tuple[str, ...],
    former: dict[str, tuple[str, ...]],
    noted: bool,
) -> None:
    with version(spark, contracts, tmp_path, (new, old), former) as platform:
        first = land(platform, old, {}, {"InvoiceNo": "536366"}, {"InvoiceNo": "536367", "Quantity": "x"}, noted=noted)
        # The first line comes again in the new form.
        second = land(platform, new, {}, {"InvoiceNo": "536368"}, {"InvoiceNo": "536369", "Quantity": "x"})
        counts = Counts(6, 3, 1, 2)
        assert platform.process(HOURS).run().datasets["sales"] == counts
        rows = by_invoice(platform)
        assert sorted(rows) == ["536365", "536366", "536368"]
        for row in rows.values():
            said = (row["stock_code"], row["description"], row["quantity"], row["country"])
            assert said == ("85123A", "HANGING HEART", 6, "France")
        assert set(quarantined(platform, "sales")) == {f"{first.digest}:3", f"{second.digest}:3"}
        before = platform.rows("processed.sales")
        for hours in (HOURS, DAY):  # the hour again, and a backfill
            assert platform.process(hours).run().datasets["sales"] == counts
        assert platform.rows("processed.sales") == before


def test_an_erasure_over_files_of_both_headers(spark: SparkSession, contracts: Contracts, tmp_path: Path) -> None:
    old, former = (*SALES[:6], "Land", "Kunde"), {"CustomerID": ("Kunde",), "Country": ("Land",)}
    alone = {one: contracts.get(one) for one in ("raw.sales", "processed.sales")}
    contracts = replace(
        contracts, pipelines={"sales": replace(contracts.pipeline("sales"), curated=())}, contracts=alone
    )
    with version(spark, contracts, tmp_path, (SALES, old), former) as platform:
        other, bad = {"CustomerID": "17851", "Kunde": "17851"}, {"Quantity": "x"}
        first = land(platform, old, {}, {**other, "InvoiceNo": "536366"}, {**bad, "InvoiceNo": "536367"})
        second = land(platform, SALES, {}, {"InvoiceNo": "536368"}, {**other, **bad, "InvoiceNo": "536369"})
        assert platform.process(HOURS).run().datasets["sales"] == Counts(6, 3, 1, 2)

        person, lost = Person.of("17850"), set[str]()
        look = places.raw_files(person, {}, known=platform.contracts.get("raw.sales").known)
        for file in (first, second):
            path = path_of(file.uri)
            found = look(
                None, Version("raw", f"sales/{path.parent.name}/{path.name}", "1", True, False), path.read_bytes()
            )
            path.write_bytes(found.body)
            lost |= found.identities
            platform.ledger.items[file.digest] = replace(platform.ledger.items[file.digest], erased=len(found.removed))
        assert lost == {f"{first.digest}:1", f"{first.digest}:3", f"{second.digest}:1", f"{second.digest}:2"}
        tables = Tables(spark, platform.arguments("sales", "erase", HOURS), platform.contracts)
        assert tables.erase(person, lost, lambda: None) == {"processed.sales": 2}

        # Nothing of it comes back, neither by its hour nor by a backfill.
        for hours in (HOURS, DAY):
            assert platform.process(hours).run().datasets["sales"] == Counts(2, 1, 0, 1)
            assert {row["customer_id"] for row in by_invoice(platform).values()} == {"17851"}
            assert set(quarantined(platform, "sales")) == {f"{second.digest}:3"}


def test_an_hour_before_the_change_is_run_again(spark: SparkSession, contracts: Contracts, tmp_path: Path) -> None:
    with lake_of(spark, contracts, tmp_path) as platform:
        land(platform, SALES, {}, {"InvoiceNo": "536366"}, noted=False)
        platform.process(HOURS).run()
        before = platform.rows("processed.sales")
        raw = replace(contracts.get("raw.sales"), header=ADDED, headers=(ADDED, SALES))
        platform.contracts = replace(contracts, contracts={**contracts.contracts, "raw.sales": raw})
        assert platform.process(HOURS).run().datasets["sales"] == Counts(2, 2)
        assert platform.rows("processed.sales") == before
        assert not quarantined(platform, "sales")


def test_json_of_an_earlier_version_is_no_fault(spark: SparkSession, tmp_path: Path) -> None:
    known = Known(headers=(("No", "Land"), ("No", "Country", "Note")), former={"Land": ("Country",)})
    records = [{"No": "1", "Country": "FR", "Note": "x"}, {"No": "2", "Land": "DE"}, {"No": "3", "Other": "x"}]
    file = MemoryLedger(tmp_path).land(json.dumps(records), HOURS, "json")
    got = lines.read(spark, [file], ("No", "Land"), known=known).orderBy("line_number")
    assert [(row["No"], row["Land"], row["reason"]) for row in got.collect()] == [
        ("1", "FR", None),
        ("2", "DE", None),
        ("3", None, "unknown_field"),
    ]


def test_a_line_with_too_few_fields_is_held_against_its_own_header(spark: SparkSession, tmp_path: Path) -> None:
    ledger = MemoryLedger(tmp_path)
    file = replace(ledger.land("No,Text\n1,a\n2\n3,b,c\n", HOURS), columns=("No", "Text"))
    got = lines.read(spark, [file], ("No", "More", "Text")).orderBy("line_number").collect()
    assert [(row["No"], row["More"], row["Text"], row["error"]) for row in got] == [
        ("1", None, "a", None),
        ("2", None, None, "1 fields, the header has 2"),
        ("3", None, "b", "3 fields, the header has 2"),
    ]


def test_a_column_of_a_later_version_adds_to_a_key_only_where_it_has_a_value(spark: SparkSession) -> None:
    rows = spark.sql(
        "SELECT 'a' AS name, 1 AS amount, * FROM VALUES (NULL, NULL), ('', NULL), ('web', NULL), "
        "(NULL, timestamp_seconds(1)), ('web', timestamp_seconds(1)) AS more(channel, at)"
    )
    said = ("name", "amount")
    first = {row["line_key"] for row in keys.add(rows, said).collect()}
    later = [row["line_key"] for row in keys.add(rows, said, ("channel", "at")).collect()]
    assert first == {later[0]} == {later[1]}, "the key of a line without the columns stays what it was"
    assert len(set(later[1:])) == 4
