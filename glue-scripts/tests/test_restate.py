"""A table that older rules wrote: keys over text, several writings of one customer."""

import json
from dataclasses import replace
from hashlib import sha256

import pytest
from conftest import Platform
from pyspark.sql import functions as F

from dataplatform.counts import Counts
from dataplatform.transforms import InvalidTransformError, keys
from dataplatform.transforms.processed import sales

HEADER = ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country")
LINE = ("616001", "KT-100", "ENAMEL MUG", "1", "2011-12-08 10:00:00", "3.50", "17850.00", "United Kingdom")
AGAIN = (*LINE[:5], "3.5", *LINE[6:])
OTHER = ("616002", *LINE[1:])
BOTH = "2011-12-10T09:00:00Z/2011-12-10T11:00:00Z"


def csv(*rows: tuple[str, ...]) -> str:
    return "".join(",".join(row) + "\n" for row in (HEADER, *rows))


def old_key(row: tuple[str, ...]) -> str:
    return sha256("\x1f".join(row).encode()).hexdigest()


def aged(platform: Platform) -> str:
    """Make of processed sales what the rules over text wrote of LINE and OTHER in one file and AGAIN in the next."""
    first = platform.ledger.land(csv(LINE, OTHER), "2011-12-10T09:10:00Z")
    second = platform.ledger.land(csv(AGAIN), "2011-12-10T10:10:00Z")
    platform.run("2011-12-10T10:00:00Z")
    name = platform.make("processed.sales")
    rows = platform.table("processed.sales").localCheckpoint()
    line = rows.where("line_number = 1")
    again = line.withColumns(
        {"file_digest": F.lit(second.digest), "arrival_time": F.to_timestamp(F.lit(second.arrival))}
    )
    text_keys = {(first.digest, 1): LINE, (first.digest, 2): OTHER, (second.digest, 1): AGAIN}
    key = F.lit(None).cast("string")
    for (digest, number), said in text_keys.items():
        own = (F.col("file_digest") == digest) & (F.col("line_number") == number)
        key = F.when(own, F.lit(old_key(said))).otherwise(key)
    old = rows.unionByName(again).withColumns({"line_key": key, "customer_id": F.lit(LINE[6])}).localCheckpoint()
    old.writeTo(name).overwritePartitions()
    platform.spark.sql(f"ALTER TABLE {name} UNSET TBLPROPERTIES ('{keys.PROPERTY}')")
    platform.ledger.mark_merged("sales", [second], {second.digest: 0})
    platform.curate(BOTH).run()
    assert platform.table("curated.sales_hourly").groupBy().sum("lines").first()[0] == 3
    return second.digest


def test_an_old_and_a_new_key_of_one_line_meet(platform: Platform) -> None:
    second = aged(platform)
    fields = dict(zip(HEADER, (*LINE[:3], 1, LINE[4], 3.5, 17850, LINE[7]), strict=True))
    platform.ledger.land(json.dumps(fields), "2011-12-10T11:10:00Z", "json")
    assert platform.process("2011-12-10T12:00:00Z").run().datasets["sales"] == Counts(1, 0, 1, 0, 0)
    rows = platform.table("processed.sales").orderBy("invoice_no").collect()
    assert [(row["invoice_no"], row["line_number"], row["customer_id"]) for row in rows] == [
        ("616001", 1, "17850"),
        ("616002", 2, "17850"),
    ]
    assert not {row["line_key"] for row in rows} & {old_key(said) for said in (LINE, AGAIN, OTHER)}
    assert not platform.ledger.items[second].processed, "what it had sold twice is computed again"
    assert platform.ledger.items[second].duplicates == 1

    platform.curate("2011-12-10T12:00:00Z").run()
    assert platform.table("curated.sales_hourly").groupBy().sum("lines").first()[0] == 2
    assert [row["lines"] for row in platform.table("curated.customer_value").collect()] == [2]
    assert all(file.processed for file in platform.ledger.items.values())
    mains = platform.mains()
    assert platform.process("2011-12-10T12:00:00Z").run().datasets["sales"] == Counts(1, 0, 1, 0, 0)
    assert platform.mains() == mains, "it is done once"


def test_the_old_files_read_again_change_nothing(platform: Platform) -> None:
    aged(platform)
    assert platform.process(BOTH).run().datasets["sales"] == Counts(3, 2, 1, 0, 0)
    assert [row["customer_id"] for row in platform.table("processed.sales").collect()] == ["17850", "17850"]


def test_a_dataset_that_cannot_restate_its_rows_says_so(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    aged(platform)
    monkeypatch.setattr(sales, "TRANSFORM", replace(sales.TRANSFORM, restate=None))
    with pytest.raises(InvalidTransformError, match="was written by older rules, and processed.sales has no restate"):
        platform.process(BOTH).run()
