"""Rows of objects' events through the process stage: any order, any number of times."""

import gzip
import hashlib
import itertools
import json

import pytest
from conftest import Platform
from pyspark.sql import SparkSession

from dataplatform.contracts import Contracts
from dataplatform.counts import Counts
from dataplatform.stages.objects import ProcessObjects, newest
from dataplatform.transforms.processed import assets

HOURS = "2026-03-01T12:00:00Z/2026-03-01T13:00:00Z"
IMAGE = {
    "kind": "image", "media_type": "image/png", "size_bytes": 7, "sha256": "a" * 64, "image_format": "png",
    "width": 4, "height": 3, "orientation": 1,
    "perceptual_hash": "0123456789abcdef", "perceptual_hash_method": "dhash",
    "thumbnail_key": "thumbnails/x/256.png", "product_id": "85123A",
}  # fmt: skip


def event(key: str, version: str, sequencer: str, state: str = "present") -> dict:
    name = {
        "present": "ObjectCreated:Put",
        "removed": "ObjectRemoved:Delete",
        "delete_marker": "ObjectRemoved:DeleteMarkerCreated",
    }[state]
    row = {"object_key": key, "version_id": version, "sequencer": sequencer, "event_name": name, "state": state}
    return row | {"event_time": "2026-03-01T12:30:05.250Z"} | (IMAGE if state == "present" else {})


def land(platform: Platform, *rows: dict, arrival: str = "2026-03-01T12:30:05Z") -> None:
    """Do what the function does."""
    for row in rows:
        identity = "\0".join([row["object_key"], row["version_id"], row["sequencer"]])
        platform.ledger.land_row(hashlib.sha256(identity.encode()).hexdigest(), json.dumps(row), arrival)


def process(platform: Platform, hours: str = HOURS) -> Counts:
    stage = platform._stage(ProcessObjects, platform.arguments("assets", "process", hours))
    return stage.run().datasets["assets"]


def versions(platform: Platform) -> dict[str, tuple[str, bool]]:
    rows = platform.table("processed.assets").collect()
    assert len({(row["object_key"], row["version_id"]) for row in rows}) == len(rows)
    return {f"{row['object_key']}@{row['version_id']}": (row["state"], row["is_current"]) for row in rows}


HISTORY = [
    event("assets/a", "1", "0A"),
    event("assets/a", "2", "0A1"),  # shorter and longer sequencers compare as if filled with zeros
    event("assets/a", "3", "0B", "delete_marker"),
    event("assets/b", "1", "0C"),
    event("assets/b", "2", "0D"),
    event("assets/b", "2", "0E", "removed"),
]
OUTCOME = {
    "assets/a@1": ("present", False),
    "assets/a@2": ("present", False),
    "assets/a@3": ("delete_marker", False),
    "assets/b@1": ("present", True),
    "assets/b@2": ("removed", False),
}


def test_any_order_and_number_of_runs_leaves_the_same_table(platform: Platform) -> None:
    """The events backwards in runs of two, then all at once, and again: the same rows."""
    for start in (4, 2, 0):
        land(platform, *HISTORY[start : start + 2])
        process(platform)
    assert versions(platform) == OUTCOME
    rows, mains = platform.rows("processed.assets"), platform.mains()
    assert process(platform) == Counts(received=5, processed=5)
    assert platform.mains() == mains  # not one commit for a rerun that changes nothing
    platform.empty()
    process(platform)
    assert platform.rows("processed.assets") == rows


STEPS = [
    (("1", "0A", "present"), {"1"}),
    (("2", "0B", "present"), {"2"}),
    (("3", "0C", "delete_marker"), set()),
    (("3", "0D", "removed"), {"2"}),
    (("2", "0E", "removed"), {"1"}),
]


def test_what_is_deleted_and_overwritten_is_not_current(spark: SparkSession, contracts: Contracts) -> None:
    """After each step of one object's life; the steps are objects of their own, so that one job does."""
    rows = [(str(last), *row, order) for last in range(len(STEPS)) for order, (row, _) in enumerate(STEPS[: last + 1])]
    schema = "object_key string, version_id string, sequencer string, state string, n int"
    for events in (rows, rows[::-1], rows + rows):
        known = newest(spark.createDataFrame(events, schema), contracts.get("processed.assets"))
        found = {str(last): set() for last in range(len(STEPS))}
        for row in assets.current(known).where("is_current").collect():
            found[row["object_key"]].add(row["version_id"])
        assert list(found.values()) == [want for _, want in STEPS]


def test_columns_are_those_of_the_event(platform: Platform) -> None:
    land(platform, event("assets/ü +.png", "1", "0A"))
    assert process(platform) == Counts(received=1, processed=1)
    row = platform.table("processed.assets").first().asDict()
    assert {name: row[name] for name in IMAGE} == IMAGE
    assert row["key_shard"] == hashlib.sha256("assets/ü +.png".encode()).hexdigest()[0]
    assert row["event_time"].isoformat()[14:23] == "30:05.250"
    assert row["text_kind"] is None


def test_late_arrivals_are_caught_up_and_marked(platform: Platform) -> None:
    land(platform, event("assets/a", "1", "0A"), arrival="2026-03-01T09:10:00Z")
    land(platform, event("assets/b", "1", "0B"))
    assert process(platform, "2026-03-01T13:20:00Z") == Counts(received=2, processed=2)
    assert all(file.merged and not file.processed for file in platform.ledger.items.values())
    platform.curate("2026-03-01T13:20:00Z", "assets").run()
    assert all(file.processed for file in platform.ledger.items.values())
    land(platform, event("assets/c", "1", "0C"), arrival="2026-03-01T09:20:00Z")
    assert process(platform, "2026-03-01T14:20:00Z") == Counts(received=1, processed=1)
    assert set(versions(platform)) == {"assets/a@1", "assets/b@1", "assets/c@1"}


def test_a_row_that_is_gone_fails_the_run(platform: Platform) -> None:
    land(platform, event("assets/a", "1", "0A"), event("assets/b", "1", "0B"))
    next(iter(itertools.islice((platform.root / "raw" / "assets-rows").rglob("*.gz"), 1))).unlink()
    with pytest.raises(FileNotFoundError, match="1 of 2 rows"):
        process(platform)
    assert not any(file.processed for file in platform.ledger.items.values())


def test_a_row_that_breaks_the_contract_is_not_published(platform: Platform) -> None:
    land(platform, event("assets/a", "1", "0A") | {"width": 0})
    with pytest.raises(Exception, match="width_min"):
        process(platform)
    assert not versions(platform)


def test_rows_are_what_the_function_writes(platform: Platform) -> None:
    """The rows in the raw schema, gzipped as the function does."""
    land(platform, event("assets/a", "1", "0A"))
    path = next((platform.root / "raw" / "assets-rows").rglob("*.gz"))
    assert set(json.loads(gzip.decompress(path.read_bytes()))) <= set(platform.contracts.get("raw.assets").schema.names)
