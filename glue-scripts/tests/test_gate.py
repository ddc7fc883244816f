"""How much bad data is too much, of what, and for how long it holds anything up."""

from datetime import UTC, datetime

import pytest
from conftest import Platform
from test_clicks_runs import Stream, event

from dataplatform.counts import Counts
from dataplatform.gate import Judged, refused, told

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
AT = datetime(2026, 3, 1, 9, tzinfo=UTC)


def lines(first: int, good: int, bad: int) -> str:
    def line(number: int, quantity: str) -> str:
        return f"{number},85123A,HEART,{quantity},2010-12-01 08:26:00,2.55,17850.0,United Kingdom\n"

    made = [line(first + n, "6") for n in range(good)] + [line(first + good + n, "x") for n in range(bad)]
    return HEADER + "".join(made)


@pytest.mark.parametrize(
    ("files", "want"),
    [
        ({"a": (100, 10)}, []),
        ({"a": (100, 11)}, ["a"]),
        ({"small": (3, 1), "large": (1000, 5)}, []),
        ({"bad": (10_010, 10_000), "good": (100, 2)}, ["bad"]),
        ({"bad": (10, 9), "worse": (10, 10), "good": (10, 0)}, ["bad", "worse"]),
        ({"empty": (0, 0)}, []),
    ],
)
def test_a_file_is_refused_when_its_hour_is_over_the_limit_too(files: dict, want: list[str]) -> None:
    judged = [Judged(name, AT, received, bad, {}) for name, (received, bad) in files.items()]
    assert [one.name for one in refused(judged, 0.1)] == want


def test_an_hour_is_judged_by_itself() -> None:
    bad, good = Judged("bad", AT, 10, 9, {}), Judged("good", AT.replace(hour=10), 1_000_000, 0, {})
    assert refused([good, bad], 0.1) == [bad]


def test_what_is_refused_is_told_with_the_command_that_shows_it() -> None:
    found = [
        Judged("d1", AT, 10, 9, {"wrong_type": 8, "missing_field": 1}),
        Judged("d2", AT.replace(hour=11), 4, 4, {}),
    ]
    assert told("sales", found, 0.1) == (
        "sales: more than pipelines.quarantineLimit 0.1 is bad of d1: 9 of 10 (missing_field 1, wrong_type 8); "
        "d2: 4 of 4. What is good of it the next run publishes; dataplatform replay "
        "quarantine --dataset sales "
        "--from 2026-03-01T09:00:00Z --to 2026-03-01T12:00:00Z --dry-run shows what is not"
    )


def test_bad_lines_of_one_file_hold_it_back_for_one_run_and_nobody_else(platform: Platform) -> None:
    platform.limit = 0.1
    bad = platform.ledger.land(lines(0, 10, 200), "2010-12-01T09:10:00Z")
    good = platform.ledger.land(lines(1000, 20, 0), "2010-12-01T09:20:00Z")
    report = platform.process("2010-12-01T10:00:00Z").run()
    assert report.document()["refused"] == 1
    for part in (bad.digest, "200 of 210", "wrong_type 200", "quarantineLimit 0.1", "--dataset sales"):
        assert part in report.document()["refusal"]
    platform.curate("2010-12-01T10:00:00Z").run()
    assert platform.table("curated.sales_hourly").groupBy().sum("lines").first()[0] == 20
    assert [platform.ledger.items[one.digest].processed for one in (bad, good)] == [False, True]

    next_run = platform.process("2010-12-01T11:00:00Z")
    next_run.args = platform.arguments("sales", "process", "2010-12-01T11:00:00Z", "next")
    assert next_run.run().document()["refused"] == 0, "it was told once"
    curate = platform.curate("2010-12-01T11:00:00Z")
    curate.args = platform.arguments("sales", "curate", "2010-12-01T11:00:00Z", "next")
    curate.run()
    assert platform.table("curated.sales_hourly").groupBy().sum("lines").first()[0] == 30


def test_the_hours_of_a_stream_are_judged_each(platform: Platform) -> None:
    platform.limit = 0.4
    stream = Stream(platform)
    stream.deliver("a", *[event(n, "2026-03-01T10:00:01") for n in range(8)])
    stream.deliver("b", event(20, "2026-03-01T09:00:01"))
    bad = [event(30, "2026-03-01T09:20:00"), event(31, "2026-03-01T09:20:00")]
    stream.raw("c", bad)
    stream.quarantine("c", bad)
    report = platform.curate("2026-03-01T11:00:00Z", "clicks").run()
    assert report.datasets["clicks"] == Counts(received=11, processed=9, quarantined=2)
    assert report.refused == 1
    assert "2026-03-01T09:00:00Z: 2 of 3 (wrong_type 2)" in report.refusal
    assert platform.curate("2026-03-01T12:00:00Z", "clicks").run().refused == 0
