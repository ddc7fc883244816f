"""Sales files through both stages: what must hold whatever the order and number of runs."""

import gzip
import json
from dataclasses import replace
from decimal import Decimal

import pytest
from conftest import Platform
from lake import path_of
from pyspark.sql import DataFrame

from dataplatform.counts import Counts, LostError
from dataplatform.engine.publish import Publisher

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"


def line(number: int, day: int, hour: int, price: str = "2.55", code: str = "85123A", quantity: str = "6") -> str:
    return (
        f"{number},{code},HANGING HEART,{quantity},2010-12-{day:02d} {hour:02d}:26:00,{price},17850.0,United Kingdom\n"
    )


def file(*lines: str) -> str:
    return HEADER + "".join(lines)


def land_three_days(platform: Platform) -> None:
    """Three files over three days with an equal line in two of them, a bad line and a missing price."""
    platform.ledger.land(file(line(1, 1, 8), line(2, 1, 9, "3.45"), line(1, 1, 8)), "2010-12-01T10:00:00Z")
    platform.ledger.land(
        file(line(3, 2, 8, ""), line(2, 1, 9, "3.45"), line(4, 2, 8, quantity="x")), "2010-12-02T10:00:00Z"
    )
    platform.ledger.land(file(line(5, 3, 8), line(6, 3, 9, "", code="NEW"), line(7, 1, 8)), "2010-12-03T10:00:00Z")


def tables(platform: Platform) -> tuple[list[tuple], list[tuple]]:
    return platform.rows("processed.sales"), platform.rows("curated.sales_hourly")


DAYS = [f"2010-12-0{day}T00:00:00Z/2010-12-0{day + 1}T00:00:00Z" for day in (1, 2, 3)]


def test_any_order_and_number_of_runs_leaves_the_same_tables(platform: Platform) -> None:
    land_three_days(platform)
    for hours in DAYS:
        platform.run(hours)
    once = tables(platform)
    kept = {row["invoice_no"]: row for row in platform.table("processed.sales").collect()}
    assert sorted(kept) == ["1", "2", "3", "5", "7"]
    assert kept["3"]["unit_price"] == Decimal("3.0000")  # the median of 2.55 and 3.45 of the day before
    assert kept["3"]["unit_price_imputed"]
    assert kept["2"]["arrival_time"].isoformat() < "2010-12-02"
    mains = platform.mains()
    platform.run("2010-12-01T00:00:00Z/2010-12-04T00:00:00Z")
    assert platform.mains() == mains  # not one commit for a rerun that changes nothing

    platform.empty()
    for hours in (DAYS[2], DAYS[0], DAYS[2], DAYS[1]):
        platform.run(hours)
    assert tables(platform) == once


def test_a_line_from_the_future_is_completed_the_same_whatever_runs_beside_it(platform: Platform) -> None:
    def sold(number: int, day: str, price: str, code: str = "85123A") -> str:
        return file(line(number, 1, 8, price, code).replace("2010-12-01", day))

    platform.ledger.land(sold(1, "2010-12-02", "4.00"), "2010-12-01T10:10:00Z")
    # A clock that goes up to a day fast: the line's day comes after its file.
    bare = platform.ledger.land(sold(3, "2010-12-03", ""), "2010-12-02T10:10:00Z")
    # Its prices are looked for among files from long before.
    platform.ledger.land(sold(4, "2010-10-05", "", code="KT-100"), "2010-12-02T10:20:00Z")
    platform.run("2010-12-02T10:00:00Z/2010-12-02T11:00:00Z")
    [together] = platform.table("processed.sales").collect()
    assert (together["file_digest"], together["unit_price"]) == (bare.digest, Decimal("4.0000"))

    platform.empty()
    del platform.ledger.items[next(digest for digest, one in platform.ledger.items.items() if ":20:" in one.arrival)]
    platform.run("2010-12-02T10:00:00Z/2010-12-02T11:00:00Z")
    assert platform.table("processed.sales").collect() == [together]


def test_counts_and_quarantine(platform: Platform) -> None:
    land_three_days(platform)
    report = platform.process("2010-12-01T00:00:00Z/2010-12-04T00:00:00Z").run()
    assert report.datasets["sales"] == Counts(received=9, processed=5, duplicates=2, quarantined=2, lost=0)
    written = json.loads((platform.root / "artifacts/runs/sales/run/process.json").read_text())
    assert written == report.document()
    assert written["quarantinedShare"] == pytest.approx(2 / 9)
    objects = sorted((platform.root / "raw/quarantine/sales").rglob("*.gz"))
    assert [path.parts[-4:-1] for path in objects] == [
        ("reason=price_not_imputable", "ingest_date=2010-12-03", "ingest_hour=10"),
        ("reason=wrong_type", "ingest_date=2010-12-02", "ingest_hour=10"),
    ]
    second = next(one for one in platform.ledger.items.values() if one.arrival.startswith("2010-12-02"))
    assert objects[1].name == f"{second.digest}.ndjson.gz"
    assert json.loads(gzip.decompress(objects[1].read_bytes())) == {
        "identity": f"{second.digest}:3",
        "source": second.uri,
        "error": "wrong_type: Quantity",
        "payload": line(4, 2, 8, quantity="x").strip(),
        "arrival_time": "2010-12-02T10:00:00Z",
        "contract_version": "1.0.0",
    }
    before = objects[1].read_bytes()
    platform.process("2010-12-01T00:00:00Z/2010-12-04T00:00:00Z").run()
    assert objects[1].read_bytes() == before


def test_a_file_that_becomes_usable_leaves_the_quarantine(platform: Platform) -> None:
    """A price arrives that was known in time but landed late: the rerun takes the line out of the quarantine."""
    platform.ledger.land(file(line(6, 3, 9, "", code="NEW")), "2010-12-03T10:00:00Z")
    hours = "2010-12-03T10:00:00Z/2010-12-03T11:00:00Z"
    assert platform.process(hours).run().datasets["sales"].quarantined == 1
    platform.ledger.land(file(line(1, 1, 9, "7.00", code="NEW")), "2010-12-01T10:00:00Z")
    assert platform.process(hours).run().datasets["sales"] == Counts(1, 1, 0, 0, 0)
    assert not list((platform.root / "raw/quarantine").rglob("*.gz"))


def test_a_line_that_becomes_unusable_leaves_the_table(platform: Platform) -> None:
    land_three_days(platform)
    hours = "2010-12-01T00:00:00Z/2010-12-04T00:00:00Z"
    platform.process(hours).run()
    contract = platform.contracts.get("processed.sales")
    rule = {
        "name": "not_seven",
        "kind": "expression",
        "columns": [],
        "expression": "invoice_no <> '7'",
        "severity": "error",
    }
    stricter = replace(contract, quality=(*contract.quality, rule))
    platform.contracts = replace(platform.contracts, contracts={**platform.contracts.contracts, contract.id: stricter})
    assert platform.process(hours).run().datasets["sales"] == Counts(9, 4, 2, 3, 0)
    assert "7" not in {row["invoice_no"] for row in platform.table("processed.sales").collect()}


def test_an_instant_takes_late_arrivals_and_marks_files_only_after_curate(platform: Platform) -> None:
    late = platform.ledger.land(file(line(1, 1, 8)), "2010-12-01T09:10:00Z")
    own = platform.ledger.land(file(line(2, 1, 9)), "2010-12-01T11:05:00Z")
    after = platform.ledger.land(file(line(3, 1, 9)), "2010-12-01T12:00:00Z")
    platform.process("2010-12-01T12:00:00Z").run()
    items = platform.ledger.items
    assert [items[one.digest].merged for one in (late, own, after)] == [True, True, False]
    assert not any(one.processed for one in items.values())
    # A file that arrives between the stages waits for the next run.
    between = platform.ledger.land(file(line(4, 1, 9)), "2010-12-01T11:06:00Z")
    platform.curate("2010-12-01T12:00:00Z").run()
    assert [items[one.digest].processed for one in (late, own, after, between)] == [True, True, False, False]
    platform.run("2010-12-01T13:00:00Z")
    assert all(one.processed for one in items.values())
    assert platform.table("curated.sales_hourly").groupBy().sum("lines").first()[0] == 4


def test_a_failed_curate_is_caught_up_by_the_next_hour(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    platform.ledger.land(file(line(1, 1, 8)), "2010-12-01T09:10:00Z")
    platform.process("2010-12-01T10:00:00Z").run()
    with monkeypatch.context() as patched:
        patched.setattr(Publisher, "_merge", failing)
        with pytest.raises(OSError, match="no space"):
            platform.curate("2010-12-01T10:00:00Z").run()
    assert platform.table("curated.sales_hourly").isEmpty()
    platform.run("2010-12-01T11:00:00Z")
    assert platform.table("curated.sales_hourly").groupBy().sum("lines").first()[0] == 1


def failing(*_: object) -> None:
    raise OSError("no space")


def test_a_late_file_changes_only_its_own_hours(platform: Platform) -> None:
    platform.ledger.land(file(line(1, 1, 8), line(2, 1, 9)), "2010-12-01T10:00:00Z")
    platform.run("2010-12-01T11:00:00Z")
    before = {row[:3]: row for row in platform.rows("curated.sales_hourly")}
    platform.ledger.land(file(line(3, 1, 8)), "2010-12-01T10:10:00Z")
    platform.run("2010-12-01T11:00:00Z")
    after = {row[:3]: row for row in platform.rows("curated.sales_hourly")}
    changed = {key[0].hour for key in after if after[key] != before.get(key)}
    assert len(after) == len(before) == 2
    assert len(changed) == 1


def test_the_same_content_under_another_name_is_one_file(platform: Platform) -> None:
    content = file(line(1, 1, 8))
    platform.ledger.land(content, "2010-12-01T09:10:00Z")
    platform.ledger.land(content, "2010-12-01T09:20:00Z")
    assert platform.process("2010-12-01T10:00:00Z").run().datasets["sales"] == Counts(1, 1, 0, 0, 0)


def test_an_equal_line_of_an_earlier_file_takes_the_place(platform: Platform) -> None:
    first = platform.ledger.land(file(line(1, 1, 8)), "2010-12-01T09:10:00Z")
    second = platform.ledger.land(file(line(1, 1, 8), line(2, 1, 8)), "2010-12-01T10:10:00Z")
    platform.run("2010-12-01T10:00:00Z/2010-12-01T11:00:00Z")
    owners = {row["invoice_no"]: row["file_digest"] for row in platform.table("processed.sales").collect()}
    assert owners == {"1": second.digest, "2": second.digest}
    platform.run("2010-12-01T09:00:00Z/2010-12-01T10:00:00Z")
    owners = {row["invoice_no"]: row["file_digest"] for row in platform.table("processed.sales").collect()}
    assert owners == {"1": first.digest, "2": second.digest}
    again = platform.process("2010-12-01T10:00:00Z/2010-12-01T11:00:00Z").run()
    assert again.datasets["sales"] == Counts(received=2, processed=1, duplicates=1, quarantined=0, lost=0)


def test_a_row_missing_on_the_branch_fails_the_run_by_name(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    landed = platform.ledger.land(file(line(1, 1, 8), line(2, 1, 9)), "2010-12-01T09:10:00Z")
    merge = Publisher._merge

    def lossy(self: Publisher, table, contract, wanted: DataFrame, operations) -> None:  # noqa: ANN001
        merge(self, table, contract, wanted, operations)
        self._spark.sql(f"DELETE FROM {table.name}.branch_{self._branch} WHERE invoice_no = '2'")

    monkeypatch.setattr(Publisher, "_merge", lossy)
    with pytest.raises(LostError, match=f"sales: received 2 is not processed 1 .* 1 lost, first: {landed.digest}:2"):
        platform.process("2010-12-01T10:00:00Z").run()
    assert platform.table("processed.sales").isEmpty()
    assert not platform.ledger.items[landed.digest].merged


def test_a_quarantine_object_that_was_not_written_fails_the_run(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    landed = platform.ledger.land(file(line(1, 1, 8), line(2, 1, 9, quantity="x")), "2010-12-01T09:10:00Z")
    put = platform.store.put

    def forgetful(uri, body, storage_class="STANDARD") -> None:  # noqa: ANN001
        put(uri, body, storage_class)
        if "/quarantine/" in uri:
            path_of(uri).write_bytes(gzip.compress(b""))

    monkeypatch.setattr(platform.store, "put", forgetful)
    with pytest.raises(LostError, match=f"1 lost, first: {landed.digest}:2"):
        platform.process("2010-12-01T10:00:00Z").run()


def test_nothing_to_do_is_success_with_zeros(platform: Platform) -> None:
    for stage in (platform.process, platform.curate):
        report = stage("2010-12-01T10:00:00Z").run()
        assert report.datasets == {"sales": Counts()}
        assert report.document()["quarantinedShare"] == 0.0


def test_a_range_that_holds_nothing_says_what_waits(platform: Platform) -> None:
    for hour in (8, 9):
        platform.ledger.land(file(line(hour, 1, 7)), f"2010-12-01T{hour:02d}:10:00Z")
    empty = "2010-11-01T00:00:00Z/2010-11-02T00:00:00Z"
    assert platform.process(empty).run().document()["waiting"] == 2
    platform.run("2010-12-01T10:00:00Z")
    assert platform.process(empty).run().document()["waiting"] == 0


def test_rows_that_curated_lacks_are_seen_unless_their_file_waits(platform: Platform) -> None:
    first = platform.ledger.land(file(line(1, 1, 8), line(2, 1, 7)), "2010-12-01T09:10:00Z")
    platform.ledger.land(file(line(3, 2, 8)), "2010-12-01T10:10:00Z")
    platform.process("2010-12-01T11:00:00Z").run()
    second = "2010-12-01T10:00:00Z/2010-12-01T11:00:00Z"
    assert platform.curate(second).run().disagreement == 0
    platform.ledger.mark_processed("sales", [first])
    assert platform.curate(second).run().disagreements == ["curated.sales_hourly: lines 1, processed rows 3"], (
        "one customer bought all of it, so that table is whole"
    )
    assert platform.curate("2010-12-01T09:00:00Z/2010-12-01T11:00:00Z").run().disagreement == 0


def test_only_bad_lines_are_all_quarantined(platform: Platform) -> None:
    platform.ledger.land(file(line(1, 1, 8, quantity="x"), "1,2,3\n"), "2010-12-01T09:10:00Z")
    assert platform.process("2010-12-01T10:00:00Z").run().datasets["sales"] == Counts(2, 0, 0, 2, 0)
    assert platform.curate("2010-12-01T10:00:00Z").run().datasets["sales"] == Counts()
