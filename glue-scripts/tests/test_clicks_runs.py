"""Processed clicks into curated tables: redeliveries, duplicates, late events, and what is lost."""

import gzip
import json
import random
from pathlib import Path

import pytest
from conftest import Platform
from frames import frame
from pyspark.sql.types import StructType

from dataplatform.counts import Counts, LostError
from dataplatform.stages.curate import CurateStream
from dataplatform.stages.stream import StreamSource

DAY = "2026-03-01T00:00:00Z/2026-03-02T00:00:00Z"


class Stream:
    """Writes objects as the click function does."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.schema = platform.contracts.get("processed.clicks").schema
        self.without: tuple[str, ...] = ()  # columns that a function of an earlier version did not write

    def deliver(self, name: str, *events: dict) -> list[Path]:
        """Write one batch to raw and processed; return the processed objects."""
        batch = []
        for event in events:
            one = {
                "event_type": "product_view",
                "visitor_id": "v",
                "product_id": "p",
                **event,
            }
            one = {"url": "/", "is_bot": False, "is_duplicate": False, "event_time": one["arrival_time"], **one}
            batch.append(one)
        self.raw(name, batch)
        hours: dict[tuple[str, str], list[dict]] = {}
        for one in batch:
            hours.setdefault((one["event_time"][:10], one["event_time"][11:13]), []).append(one)
        return [self._parquet(name, hour, rows) for hour, rows in hours.items()]

    def raw(self, name: str, batch: list[dict]) -> None:
        arrival = batch[0]["arrival_time"]
        folder = self.platform.root / f"raw/clicks/ingest_date={arrival[:10]}/ingest_hour={arrival[11:13]}"
        self._lines(
            folder / f"{name}.ndjson.gz", [{**one, "arrival_time": one["arrival_time"] + ".000Z"} for one in batch]
        )
        for one in batch:
            self.platform.hours.mark(one["arrival_time"])

    def quarantine(self, name: str, batch: list[dict], reason: str = "wrong_type") -> None:
        arrival = batch[0]["arrival_time"]
        folder = self.platform.root / f"raw/quarantine/clicks/reason={reason}"
        folder /= f"ingest_date={arrival[:10]}/ingest_hour={arrival[11:13]}"
        rows = [{"identity": f"s-1:{one['sequence_number']}:0", "error": "x"} for one in batch]
        self._lines(folder / f"{name}.ndjson.gz", rows)

    def _lines(self, path: Path, rows: list[dict]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode()))

    def _parquet(self, name: str, hour: tuple[str, str], rows: list[dict]) -> Path:
        schema = StructType([field for field in self.schema if field.name not in self.without])
        made = frame(self.platform.spark, schema, [[row.get(field.name) for field in schema] for row in rows])
        path = self.platform.root / f"processed/clicks/event_date={hour[0]}/event_hour={hour[1]}/{name}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        # Spark names its files itself, so one is written aside and moved.
        aside = self.platform.root / "aside" / name
        made.coalesce(1).write.mode("overwrite").parquet(str(aside))
        next(aside.glob("*.parquet")).rename(path)
        return path


def event(number: int, arrival: str, event_id: str | None = None, **more: str) -> dict:
    return {
        "shard": "s-1",
        "ordinal": 0,
        "sequence_number": str(number),
        "event_id": event_id or f"e{number}",
        "arrival_time": arrival,
        **more,
    }


@pytest.fixture
def stream(platform: Platform) -> Stream:
    return Stream(platform)


def test_an_hour(platform: Platform, stream: Stream) -> None:
    stream.deliver(
        "a",
        event(1, "2026-03-01T10:00:01"),
        event(2, "2026-03-01T10:00:02", event_type="purchase"),
        event(3, "2026-03-01T10:00:02", event_id="e1"),
        event(4, "2026-03-01T10:00:03", event_time="2026-02-28T23:10:00"),
    )
    # Redelivered under another key, together with an event of the hour after.
    stream.deliver("b", event(2, "2026-03-01T10:00:02", event_type="purchase"), event(9, "2026-03-01T11:00:00"))
    bad = [event(5, "2026-03-01T10:20:00")]
    stream.raw("c", bad)
    stream.quarantine("c", bad)
    report = platform.curate("2026-03-01T11:00:00Z", "clicks").run()
    assert report.datasets == {"clicks": Counts(received=5, processed=3, duplicates=1, quarantined=1, lost=0)}
    funnel = platform.table("curated.product_funnel_hourly").orderBy("hour_start")
    assert [(row["views"], row["purchases"]) for row in funnel.collect()] == [(1, 0), (1, 1)]
    sessions = platform.table("curated.sessions").orderBy("started_at")
    # The touched day is computed whole: the event of the hour after is in it.
    assert [(str(row["event_date"]), row["events"]) for row in sessions.collect()] == [
        ("2026-02-28", 1),
        ("2026-03-01", 2),
        ("2026-03-01", 1),
    ]


def test_objects_of_two_versions_of_the_contract_lie_side_by_side(platform: Platform, stream: Stream) -> None:
    """What the function wrote before a column was added stays as it is and has nulls there."""
    stream.without = ("app_version", "schema_version")
    stream.deliver("a", event(1, "2026-03-01T10:00:01"))
    stream.without = ()
    stream.deliver("b", event(2, "2026-03-01T10:00:02", app_version="5.2.0", schema_version="1.1.0"))
    stage = platform.curate("2026-03-01T11:00:00Z", "clicks")
    of = [platform.contracts.get(name) for name in ("raw.clicks", "processed.clicks")]
    source = StreamSource(platform.spark, stage.args, *of, stage.args.hours.spans([]))
    rows = source.rows(source.touched(), "hour").orderBy("event_id")
    assert [(row["event_id"], row["app_version"], row["schema_version"]) for row in rows.collect()] == [
        ("e1", None, None),
        ("e2", "5.2.0", "1.1.0"),
    ]
    assert stage.run().datasets == {"clicks": Counts(received=2, processed=2)}


def test_any_order_and_number_of_runs_leaves_the_same_tables(platform: Platform, stream: Stream) -> None:
    numbers = random.Random(3)
    times = [f"2026-03-01T{hour:02d}:{minute:02d}:00" for hour in (8, 9, 10) for minute in (0, 20, 40)]
    stream.deliver("a", *[event(number, time) for number, time in enumerate(times, start=1)])
    # Copies of events with another hour of their own: only the first of an id may count, wherever it is.
    stream.deliver("b", *[event(20 + n, times[8], event_id=f"e{n}", event_time=times[n + 3]) for n in (1, 2, 3)])
    hours = [f"2026-03-01T{hour:02d}:00:00Z/2026-03-01T{hour + 1:02d}:00:00Z" for hour in (8, 9, 10)]
    for one in hours:
        platform.curate(one, "clicks").run()
    once = platform.rows("curated.sessions"), platform.rows("curated.product_funnel_hourly")
    assert sum(row["views"] for row in platform.table("curated.product_funnel_hourly").collect()) == len(times)
    mains = platform.mains()
    platform.curate(DAY, "clicks").run()
    assert platform.mains() == mains
    platform.empty()
    shuffled = [*hours, *hours]
    numbers.shuffle(shuffled)
    for one in reversed(shuffled):
        platform.curate(one, "clicks").run()
    assert (platform.rows("curated.sessions"), platform.rows("curated.product_funnel_hourly")) == once


def test_an_instant_takes_every_hour_that_no_run_has_computed(platform: Platform, stream: Stream) -> None:
    """Six hours without a run, and batches written into hours that had one, days ago, too."""
    stream.deliver("ran", event(1, "2026-02-25T10:00:01"), event(2, "2026-03-01T03:00:00"))
    platform.curate("2026-02-25T10:00:00Z/2026-02-25T11:00:00Z", "clicks").run()
    platform.curate("2026-03-01T03:00:00Z/2026-03-01T04:00:00Z", "clicks").run()
    assert not platform.hours.marks
    for hour in range(4, 10):
        stream.deliver(f"h{hour}", event(10 + hour, f"2026-03-01T{hour:02d}:20:00"))
    stream.deliver("late", event(30, "2026-02-25T10:30:00"), event(31, "2026-02-25T10:31:00"))
    report = platform.curate("2026-03-01T10:04:00Z", "clicks").run()
    assert report.datasets == {"clicks": Counts(received=9, processed=9)}
    assert report.document()["caughtUp"] == [
        "2026-02-25T10:00:00Z",
        *[f"2026-03-01T{hour:02d}:00:00Z" for hour in range(4, 9)],
    ]
    assert platform.table("curated.sessions").groupBy().sum("events").first()[0] == 10
    assert platform.table("curated.product_funnel_hourly").groupBy().sum("views").first()[0] == 10
    assert not platform.hours.marks


def test_an_hour_that_gets_more_during_its_run_waits_for_the_next(
    platform: Platform, stream: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream.deliver("a", event(1, "2026-03-01T10:00:01"))
    stage = platform.curate("2026-03-01T11:00:00Z", "clicks")
    publish = CurateStream.publish

    def meanwhile(*args: object) -> object:
        done = publish(*args)
        stream.deliver("b", event(2, "2026-03-01T10:00:02"))
        return done

    with monkeypatch.context() as patched:
        patched.setattr(CurateStream, "publish", meanwhile)
        stage.run()
    assert [hour.hour for hour in platform.hours.marks] == [10]
    platform.curate("2026-03-01T12:00:00Z", "clicks").run()
    assert platform.table("curated.sessions").groupBy().sum("events").first()[0] == 2
    assert not platform.hours.marks


def test_a_failed_run_leaves_its_hours_waiting(platform: Platform, stream: Stream) -> None:
    stream.deliver("b", event(2, "2026-03-01T10:00:02"))[0].unlink()
    with pytest.raises(LostError):
        platform.curate("2026-03-01T11:00:00Z", "clicks").run()
    assert [hour.hour for hour in platform.hours.marks] == [10]


def test_a_range_that_holds_nothing_says_what_waits(platform: Platform, stream: Stream) -> None:
    stream.deliver("a", event(1, "2026-03-01T10:00:01"), event(2, "2026-03-01T11:00:01"))
    report = platform.curate("2026-03-01T08:00:00Z/2026-03-01T09:00:00Z", "clicks").run()
    assert (report.datasets["clicks"], report.document()["waiting"]) == (Counts(), 2)
    assert len(platform.hours.marks) == 2
    assert platform.curate("2026-03-01T12:00:00Z", "clicks").run().document()["waiting"] == 0


def test_an_hour_that_no_run_took_is_seen_by_the_next_one(platform: Platform, stream: Stream) -> None:
    """Whatever loses an hour: the tables are held against each other, and what only waits is no difference."""
    stream.deliver("forgotten", event(1, "2026-03-01T03:00:00"), event(2, "2026-03-01T03:10:00", event_type="purchase"))
    stream.deliver("a", event(3, "2026-03-02T10:00:01"), event(4, "2026-03-02T10:00:01", event_id="e3"))
    one = "2026-03-02T10:00:00Z/2026-03-02T11:00:00Z"
    report = platform.curate(one, "clicks").run()
    assert (report.disagreement, report.disagreements) == (0, [])
    platform.hours.marks.clear()
    report = platform.curate(one, "clicks").run()
    assert sorted(report.document()["disagreements"]) == [
        "curated.product_funnel_hourly: views 1, processed rows 2",
        "curated.sessions: events 1, processed rows 3",
    ]
    assert report.disagreement == 3
    platform.curate("2026-03-01T03:00:00Z/2026-03-01T04:00:00Z", "clicks").run()
    assert platform.curate(one, "clicks").run().disagreement == 0


def test_a_deleted_processed_object_is_seen_as_lost(platform: Platform, stream: Stream) -> None:
    stream.deliver("a", event(1, "2026-03-01T10:00:01"))
    lost = stream.deliver("b", event(2, "2026-03-01T10:00:02"), event(3, "2026-03-01T10:00:03"))
    lost[0].unlink()
    with pytest.raises(LostError, match="clicks: received 3 .* 2 lost, first: s-1:2:0, s-1:3:0"):
        platform.curate("2026-03-01T11:00:00Z", "clicks").run()
    written = json.loads((platform.root / "artifacts/runs/clicks/run/curate.json").read_text())
    assert (written["lost"], written["datasets"]["clicks"]["processed"]) == (2, 1)
    assert platform.table("curated.sessions").isEmpty()


def test_everything_quarantined(platform: Platform, stream: Stream) -> None:
    bad = [event(5, "2026-03-01T10:20:00"), event(6, "2026-03-01T10:20:00")]
    stream.raw("c", bad)
    stream.quarantine("c", bad[:1])
    stream.quarantine("c", bad[1:], "undecodable")
    report = platform.curate("2026-03-01T11:00:00Z", "clicks").run()
    assert report.datasets == {"clicks": Counts(2, 0, 0, 2, 0)}


def test_an_empty_hour_is_success_with_zeros(platform: Platform) -> None:
    report = platform.curate("2026-03-01T11:00:00Z", "clicks").run()
    assert report.datasets == {"clicks": Counts()}
