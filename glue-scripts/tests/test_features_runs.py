"""Runs of the features job: what they publish, what files they leave, and that nothing in them is from later."""

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import Platform
from lake import SECRET, path_of
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from test_clicks_runs import Stream, event
from test_features import ASSETS, CATALOG, frame, key, listed, sale

from dataplatform.arguments import FeaturesArguments
from dataplatform.engine.iceberg import Table
from dataplatform.stages import stage
from dataplatform.stages.feature_store import records
from dataplatform.stages.features import Features, NothingToLearnError

START, CUT, AS_OF = (datetime(2026, 3, day, tzinfo=UTC) for day in (1, 3, 5))
FILES = ("train/interactions", "train/products", "test/interactions", "full/interactions", "full/products")
TABLES = ("features.interactions", "features.products")


class NotedStore:
    """A feature store that keeps what it gets."""

    def __init__(self) -> None:
        self.put_to: dict[str, list[dict[str, str]]] = {}

    def put(self, group: str, rows: DataFrame) -> int:
        found = [{one["FeatureName"]: one["ValueAsString"] for one in record} for record in records(rows)]
        self.put_to[group] = sorted(found, key=str)
        return len(found)


def stage_of(
    platform: Platform, run: str = "r1", cut: datetime = CUT, as_of: datetime = AS_OF, groups: dict | None = None
) -> Features:
    for one in (*TABLES, "processed.sales", "processed.products", "processed.assets"):
        platform.make(one)
    args = FeaturesArguments(
        "features", run, platform.lake, "leases", "dataplatform/shop", "", cut, as_of, groups or {}
    )
    return Features(platform.spark, args, platform.contracts, platform.leases, platform.store, SECRET, NotedStore())


def add(platform: Platform, number: int, *sales: tuple, **events: tuple[str, str]) -> None:
    """Let customers buy, and visitors look at things: event id to time and product."""
    if sales:
        lines = sale(platform.spark, platform.contracts, *sales)
        lines.writeTo(platform.make("processed.sales")).append()
    if events:
        seen = [
            event(number + at, f"2026-03-{time}", one, product_id=product)
            for at, (one, (time, product)) in enumerate(events.items())
        ]
        Stream(platform).deliver(f"b{number}", *seen)


def catalog(platform: Platform) -> None:
    listed(platform.spark, platform.contracts, *CATALOG).writeTo(platform.make("processed.products")).append()
    schema = platform.contracts.get("processed.assets").schema
    images = frame(platform.spark, schema, [[one.get(field.name) for field in schema] for one in ASSETS])
    images.writeTo(platform.make("processed.assets")).append()


def files(platform: Platform, run: str) -> dict[str, list[dict]]:
    """The rows of each folder of a run, in order, as a training job reads them."""
    root = path_of(f"{platform.lake.features}/training/{run}")
    return {name: sorted(rows(root / name), key=str) for name in FILES if (root / name).is_dir()}


def rows(folder: Path) -> list[dict]:
    found = []
    for path in folder.rglob("*.parquet"):
        table = pq.read_table(path)
        for name in table.column_names:
            if pa.types.is_timestamp(table.schema.field(name).type):
                assert table.schema.field(name).type == pa.timestamp("us", "UTC"), name
        found += table.to_pylist()
    return found


def before_the_cut(platform: Platform) -> None:
    catalog(platform)
    add(
        platform, 1, ("7", "A1", "2026-03-01T09:00:00", "sale"), ("9", "B2", "2026-03-02T09:00:00", "sale"),
        e1=("01T10:00:00", "A1"), e2=("02T23:59:59", "B2"),
    )  # fmt: skip


def after_the_cut(platform: Platform) -> None:
    add(
        platform, 10, ("7", "B2", "2026-03-03T00:00:00", "sale"), ("9", "B2", "2026-03-04T09:00:00", "return"),
        e3=("03T00:00:00", "A1"), e4=("04T10:00:00", "C3"),
    )  # fmt: skip


def test_a_run_publishes_both_times_and_leaves_the_files_of_a_training_job(platform: Platform) -> None:
    before_the_cut(platform)
    after_the_cut(platform)
    run = stage_of(platform, groups={"products": "shop-products"})
    stage.run(run)
    found = files(platform, "r1")

    assert sorted(found) == sorted(FILES)
    parties = {
        name: [(one["party_key"], one["product_id"], one["purchases"], one["returns"], one["views"]) for one in made]
        for name, made in found.items()
        if "party_key" in (made[0] if made else {})
    }
    seven, nine = key("7"), key("9")
    train = [(seven, "A1", 1, 0, 0), (nine, "B2", 1, 0, 0), ("v", "A1", 0, 0, 1), ("v", "B2", 0, 0, 1)]
    test = [(seven, "B2", 1, 0, 0), (nine, "B2", 0, 1, 0), ("v", "A1", 0, 0, 1), ("v", "C3", 0, 0, 1)]
    full = [(seven, "A1", 1, 0, 0), (seven, "B2", 1, 0, 0), (nine, "B2", 1, 1, 0)]
    full += [("v", "A1", 0, 0, 2), ("v", "B2", 0, 0, 1), ("v", "C3", 0, 0, 1)]
    wanted = {"train": train, "test": test, "full": full}
    assert {name: sorted(made) for name, made in parties.items()} == {
        f"{name}/interactions": sorted(made) for name, made in wanted.items()
    }
    for name, at in (("train", CUT), ("full", AS_OF)):
        for dataset in ("interactions", "products"):
            assert {one["as_of"] for one in found[f"{name}/{dataset}"]} == {at}
        assert len(found[f"{name}/products"]) == 5
    published = platform.table("features.interactions").groupBy("as_of").count().collect()
    assert sorted(row["count"] for row in published) == [4, 6]
    assert platform.leases.held == [platform.made[one] for one in TABLES]
    lineage_text = (platform.root / "artifacts/lineage/recommendations/r1/features.ndjson").read_text()
    for one in ("recommendations-features.features.interactions", "recommendations-features.features.products"):
        assert f'"{one}"' in lineage_text

    records_of = run.feature_store.put_to["shop-products"]
    assert len(records_of) == 5
    lantern = {"as_of": "2026-03-05T00:00:00Z", "product_id": "A1", "title": "LANTERN", "category": "light"}
    lantern |= {"price": "1.0000", "price_band": "0", "images": "2", "image_aspect": "landscape"}
    assert lantern | {"known_since": "2026-01-01T00:00:00Z"} in records_of
    [sample] = [one for one in records_of if one["product_id"] == "E5"]
    assert "price" not in sample, "what is not known is left out"

    # Once more: nothing is committed, the files say the same, and what lay between them is gone.
    mains = platform.mains()
    stray = path_of(f"{platform.lake.features}/training/r1/train/interactions/part-9.parquet")
    stray.write_bytes(b"left by a try that died")
    stage_of(platform).run()
    assert platform.mains() == mains
    assert not stray.exists()
    assert files(platform, "r1") == found
    left = [path.name for path in path_of(f"{platform.lake.features}/training").rglob("*") if path.is_file()]
    assert {name.rsplit(".", 1)[1] for name in left} <= {"parquet", "crc"}


def test_nothing_that_came_later_is_known(platform: Platform) -> None:
    before_the_cut(platform)
    stage_of(platform, "earlier", START.replace(hour=12), CUT).run()
    then = files(platform, "earlier")
    after_the_cut(platform)
    # The id of an event before the cut comes again, as the first by arrival, with a time after it.
    stream = Stream(platform)
    stream.deliver("again", event(2, "2026-03-02T23:59:58", "e2", event_time="2026-03-04T00:00:00", product_id="D4"))
    stage_of(platform, "first").run()
    first = files(platform, "first")
    for dataset in ("interactions", "products"):
        assert first[f"train/{dataset}"] == then[f"full/{dataset}"], "as it was when nothing later was known"
    assert max(one["last_time"] for one in first["train/interactions"]) < CUT
    assert min(one["last_time"] for one in first["test/interactions"]) >= CUT

    # From as_of on everything happens to everybody, and nothing of the run changes.
    add(platform, 20, ("7", "A1", "2026-03-05T00:00:00", "sale"), e5=("05T00:00:00", "A1"), e6=("06T00:00:00", "Z9"))
    new = [("A1", "2026-03-05T00:00:00", "NEW", "x", "1.0000"), ("Z9", "2026-03-05T00:00:00", "NEWER", None, None)]
    listed(platform.spark, platform.contracts, *new).writeTo(platform.make("processed.products")).append()
    mains = [Table(platform.spark, platform.made[one]).main() for one in TABLES]
    stage_of(platform, "second").run()
    assert [Table(platform.spark, platform.made[one]).main() for one in TABLES] == mains
    assert files(platform, "second") == first


def test_what_arrives_late_replaces_the_features_of_its_time_alone(platform: Platform) -> None:
    before_the_cut(platform)
    after_the_cut(platform)
    stage_of(platform, "earlier", START.replace(hour=12), CUT).run()
    earlier = _as_of(platform, START.replace(hour=12))
    stage_of(platform).run()
    add(platform, 30, ("7", "A1", "2026-03-02T00:00:00", "sale"))
    stage_of(platform).run()
    rows = platform.table("features.interactions").collect()
    bought = [row["purchases"] for row in rows if (row["party_key"], row["product_id"]) == (key("7"), "A1")]
    assert sorted(bought) == [1, 2, 2]
    assert _as_of(platform, START.replace(hour=12)) == earlier != []


def _as_of(platform: Platform, at: datetime) -> list[tuple]:
    seconds = F.unix_seconds("as_of") == int(at.timestamp())
    return sorted(
        tuple(row) for row in platform.table("features.interactions").where(seconds).drop("last_purchase").collect()
    )


def test_what_cannot_be_learnt_from_is_refused_by_name(platform: Platform) -> None:
    catalog(platform)
    with pytest.raises(NothingToLearnError, match="no customer bought anything from 2026-03-03T00:00:00Z to"):
        stage_of(platform).run()
    after_the_cut(platform)
    with pytest.raises(NothingToLearnError, match=r"features\.interactions would have no rows .* as of 2026-03-03T"):
        stage_of(platform).run()
    assert [Table(platform.spark, platform.made[one]).main() for one in TABLES] == [None, None]
    assert files(platform, "r1") == {}
