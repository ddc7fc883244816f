"""How much bad data is too much, of what, and for how long it holds anything up."""

import gzip
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from conftest import Platform, lake_of
from test_clicks_runs import Stream, event
from test_master_runs import CUSTOMERS, PRODUCTS

from dataplatform.counts import Counts, Report
from dataplatform.stages.gate import Evaluated, refusal_message, refused

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
    evaluated = [Evaluated(name, AT, received, bad, {}) for name, (received, bad) in files.items()]
    assert [one.name for one in refused(evaluated, 0.1)] == want


def test_an_hour_is_judged_by_itself() -> None:
    bad, good = Evaluated("bad", AT, 10, 9, {}), Evaluated("good", AT.replace(hour=10), 1_000_000, 0, {})
    assert refused([good, bad], 0.1) == [bad]


def test_what_is_refused_is_told_with_the_command_that_shows_it() -> None:
    found = [
        Evaluated("d1", AT, 10, 9, {"wrong_type": 8, "missing_field": 1}),
        Evaluated("d2", AT.replace(hour=11), 4, 4, {}),
    ]
    assert refusal_message("sales", found, 0.1) == (
        "sales: more than pipelines.quarantineLimit 0.1 is bad of d1: 9 of 10 (missing_field 1, wrong_type 8); "
        "d2: 4 of 4. What is good of it the next run publishes; dataplatform replay "
        "quarantine --dataset sales "
        "--from 2026-03-01T09:00:00Z --to 2026-03-01T12:00:00Z --dry-run shows what is not"
    )


def run(platform: Platform, hours: str, pipeline: str = "sales") -> list[Report]:
    """Run the stages as an execution of their own, which the hours name; return their reports."""
    done = []
    for stage in [platform.curate] if pipeline == "clicks" else [platform.process, platform.curate]:
        made = stage(hours, pipeline)
        made.args = replace(made.args, execution=hours)
        done.append(made.run())
    return done


def tables(platform: Platform, pipeline: str) -> dict[str, list[tuple]]:
    of = platform.contracts.pipeline(pipeline)
    return {name: platform.rows(name) for name in [of.processed, *of.curated] if name != "processed.clicks"}


def quarantined(platform: Platform, dataset: str) -> int:
    found = (platform.root / "raw/quarantine" / dataset).rglob("*.ndjson.gz")
    return sum(len(gzip.decompress(path.read_bytes()).splitlines()) for path in found)


RECORDS = {
    "sales": (HEADER, "{n},85123A,HEART,{value},2010-12-01 08:26:00,2.55,17850,France\n", "6"),
    "products": (PRODUCTS, "85{n},HEART,,{value},GBP,2010-12-01T08:00:00Z\n", "2.55"),
    "customers": (CUSTOMERS, "{n},Ann,ann@example.org,{value},75001,France,2010-12-01T08:00:00Z\n", "1980-02-29"),
}


@pytest.mark.parametrize("dataset", RECORDS)
def test_what_is_refused_is_in_no_table_until_the_next_run(platform: Platform, dataset: str, tmp_path: Path) -> None:
    """Of the file, good lines and bad ones; what arrived beside it is published."""
    header, record, right = RECORDS[dataset]
    landed = []

    def land(arrival: str, good: range, bad: int = 0) -> None:
        text = [record.format(n=number, value=right) for number in good]
        text += [record.format(n=100 * good[0] + number, value="x") for number in range(bad)]
        landed.append((header + "".join(text), arrival))
        platform.ledger.land(*landed[-1], dataset=dataset)

    platform.limit = 0.1
    land("2010-12-01T09:10:00Z", range(10, 13))
    run(platform, "2010-12-01T10:00:00Z", dataset)
    before, mains = tables(platform, dataset), platform.mains()
    land("2010-12-01T10:10:00Z", range(12, 15), bad=4)
    process, curate = run(platform, "2010-12-01T11:00:00Z", dataset)
    assert (process.refused, process.datasets, curate.datasets) == (1, {dataset: Counts()}, {dataset: Counts()})
    assert (tables(platform, dataset), platform.mains()) == (before, mains), "no row, and no commit"
    assert quarantined(platform, dataset) == 4, "what is bad can be looked at"

    # A source that goes on like this holds nobody up for more than a run.
    land("2010-12-01T11:10:00Z", range(20, 22))
    land("2010-12-01T11:20:00Z", range(30, 32), bad=4)
    process, _ = run(platform, "2010-12-01T12:00:00Z", dataset)
    assert process.refused == 1
    assert process.datasets == {dataset: Counts(received=9, processed=4, duplicates=1, quarantined=4)}
    kept = {row["file_digest"] for row in platform.table(f"processed.{dataset}").select("file_digest").collect()}
    assert len(kept) == 3, "all but the file that was just refused"
    process, _ = run(platform, "2010-12-01T13:00:00Z", dataset)
    assert (process.refused, quarantined(platform, dataset)) == (0, 8)
    assert not platform.ledger.unprocessed(dataset)
    with lake_of(platform.spark, platform.contracts, tmp_path / "other") as other:
        for content, arrival in landed:
            other.ledger.land(content, arrival, dataset=dataset)
        run(other, "2010-12-01T13:00:00Z", dataset)
        assert tables(platform, dataset) == tables(other, dataset)


def test_a_run_that_is_taken_up_again_refuses_the_same(platform: Platform) -> None:
    platform.limit = 0.1
    platform.ledger.land(lines(0, 2, 2), "2010-12-01T09:10:00Z")
    assert [run(platform, "2010-12-01T10:00:00Z")[0].refused for _ in range(2)] == [1, 1]
    assert run(platform, "2010-12-01T11:00:00Z")[0].refused == 0


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

    assert run(platform, "2010-12-01T11:00:00Z")[0].document()["refused"] == 0, "it was reported once"
    assert platform.table("curated.sales_hourly").groupBy().sum("lines").first()[0] == 30


@pytest.fixture
def stream(platform: Platform) -> Stream:
    return Stream(platform)


def mixed(stream: Stream, name: str, at: str, good: range, bad: int) -> None:
    """Deliver a batch of good events at a time, and of bad ones."""
    events = [event(number, at) for number in good]
    wrong = [event(10_000 + 100 * good[0] + number, at) for number in range(bad)]
    stream.deliver(name, *events)
    stream.quarantine(name, wrong)
    stream.raw(name, [*events, *wrong])


def test_the_batches_of_a_stream_are_judged_each(platform: Platform, stream: Stream) -> None:
    """A refused batch is in no curated table until the next run; the function has its events in processed before."""
    platform.limit = 0.4
    stream.deliver("a", *[event(n, f"2026-03-01T10:00:0{n}") for n in range(8)])
    # An event of a batch that is refused lies in an hour that is not, and one is the first of its id.
    first = event(21, "2026-03-01T09:59:59", event_time="2026-03-01T10:00:30")
    good = [event(20, "2026-03-01T09:00:01"), first, event(22, "2026-03-01T09:30:00", event_id="e3")]
    bad = [event(30 + n, "2026-03-01T09:20:00") for n in range(4)]
    stream.deliver("b", *good)
    stream.raw("b", [*good, *bad])
    stream.quarantine("b", bad)
    mixed(stream, "c", "2026-03-01T09:40:00", range(40, 42), bad=1)
    [report] = run(platform, "2026-03-01T11:00:00Z", "clicks")
    assert report.datasets["clicks"] == Counts(received=11, processed=10, quarantined=1)
    assert (report.refused, report.caught_up, report.disagreements) == (1, [], [])
    assert "b.ndjson.gz: 4 of 7 (wrong_type 4). What" in report.refusal
    assert "--from 2026-03-01T09:00:00Z --to 2026-03-01T10:00:00Z" in report.refusal
    assert [hour.hour for hour in platform.hours.marks] == [9]
    assert events(platform) == (10, 10)
    [report] = run(platform, "2026-03-01T12:00:00Z", "clicks")
    assert report.datasets["clicks"] == Counts(received=10, processed=5, quarantined=5)
    assert (report.refused, report.caught_up, report.disagreements) == (0, ["2026-03-01T09:00:00Z"], [])
    assert not platform.hours.marks
    assert events(platform) == (12, 12)


def test_an_hour_that_gets_more_after_it_was_refused_is_healed(platform: Platform, stream: Stream) -> None:
    """What the run that refused it saw is not evaluated again; what came since is, by itself."""
    platform.limit = 0.4
    mixed(stream, "a", "2026-03-01T09:00:01", range(2), bad=3)
    assert run(platform, "2026-03-01T10:00:00Z", "clicks")[0].refused == 1
    assert events(platform) == (0, 0)
    stream.deliver("b", *[event(number, "2026-03-01T09:59:01") for number in range(2, 5)])
    assert run(platform, "2026-03-01T11:00:00Z", "clicks")[0].refused == 0
    assert events(platform) == (5, 5)
    # Now it has been published. A bad batch that comes late is held back, and nothing else of the hour.
    mixed(stream, "c", "2026-03-01T09:59:02", range(5, 7), bad=4)
    for _ in range(2):
        [report] = run(platform, "2026-03-01T12:00:00Z", "clicks")
        assert report.refused == 1, "the same when the run is taken up again"
        assert "c.ndjson.gz: 4 of 6 (wrong_type 4)" in report.refusal
        assert events(platform) == (5, 5)
    # A batch that is delivered again is no other one.
    stream.raw("again", [event(5, "2026-03-01T09:59:02"), event(10_500, "2026-03-01T09:59:02")])
    [report] = run(platform, "2026-03-01T13:00:00Z", "clicks")
    assert (report.refused, report.disagreements, events(platform)) == (0, [], (7, 7))
    assert report.datasets["clicks"] == Counts(received=14, processed=7, quarantined=7)
    assert not platform.hours.marks


def test_a_stream_that_is_always_bad_is_a_run_behind(platform: Platform, stream: Stream) -> None:
    platform.limit = 0.4
    for hour in (9, 10, 11):
        before = tables(platform, "clicks")
        mixed(stream, f"b{hour}", f"2026-03-01T{hour:02d}:00:01", range(hour, hour + 1), bad=1)
        for _ in range(2):
            [report] = run(platform, f"2026-03-01T{hour + 1:02d}:00:00Z", "clicks")
            assert report.refused == 1, "the same when the run is taken up again"
            assert report.datasets["clicks"].processed == (0 if hour == 9 else report.datasets["clicks"].processed)
        assert events(platform) == (hour - 9, hour - 9)
        if hour == 9:
            assert tables(platform, "clicks") == before
    [report] = run(platform, "2026-03-01T13:00:00Z", "clicks")
    assert (report.refused, events(platform)) == (0, (3, 3))


def events(platform: Platform) -> tuple[int, int]:
    """How many events are in each curated table."""
    sums = [("curated.sessions", "events"), ("curated.product_funnel_hourly", "views")]
    return tuple(platform.table(name).groupBy().sum(column).first()[0] or 0 for name, column in sums)
