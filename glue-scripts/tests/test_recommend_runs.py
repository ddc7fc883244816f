"""Runs of the recommend job: the table becomes what the batch says as a whole, or stays as it is."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import Platform
from lake import path_of
from test_features import key

from dataplatform.arguments import RecommendArguments
from dataplatform.engine.iceberg import Table
from dataplatform.stages import stage
from dataplatform.stages.recommend import RECOMMENDATIONS, InvalidBatchError, Recommend

AT = datetime(2026, 3, 2, 4, tzinfo=UTC)
SEVEN, NINE = key("7"), key("9")
# As sagemaker-scripts/batch.py writes them.
SCHEMA = pa.schema(
    [
        pa.field("customer_key", pa.string(), nullable=False),
        pa.field("rank", pa.int32(), nullable=False),
        pa.field("product_id", pa.string(), nullable=False),
        pa.field("score", pa.float64(), nullable=False),
        pa.field("model_version", pa.string(), nullable=False),
        pa.field("generated_at", pa.timestamp("us", "UTC"), nullable=False),
    ]
)
Rows = list[tuple]


def rows(version: str = "m1", at: datetime = AT) -> Rows:
    return [
        (SEVEN, 1, "B2", 0.9, version, at),
        (SEVEN, 2, "C3", 0.5, version, at),
        (NINE, 1, "A1", 0.4, version, at),
        (NINE, 2, "C3", 0.4, version, at),
    ]


def write(platform: Platform, run: str, made: Rows) -> None:
    """Do what the training and the batch of a run do: C3 is a product that nobody had to do with."""
    root = path_of(platform.lake.features)
    for dataset, products in (("interactions", ["A1", "B2"]), ("products", ["B2", "C3"])):
        path = root / f"training/{run}/full/{dataset}/a.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table({"product_id": products}), path)
    path = root / f"batch/{run}/recommendations.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    columns = list(zip(*made, strict=True)) or [()] * len(SCHEMA)
    pq.write_table(
        pa.table([pa.array(one, kind.type) for one, kind in zip(columns, SCHEMA, strict=True)], SCHEMA), path
    )


def stage_of(platform: Platform, run: str = "r1", version: str = "m1") -> Recommend:
    platform.make(RECOMMENDATIONS)
    args = RecommendArguments("recommend", run, platform.lake, "leases", "dataplatform/shop", "", version)
    return Recommend(platform.spark, args, platform.contracts, platform.leases, platform.store)


def published(platform: Platform) -> Rows:
    found = platform.table(RECOMMENDATIONS).collect()
    return sorted(
        (row["customer_key"], row["rank"], row["product_id"], row["score"], row["model_version"]) for row in found
    )


def snapshots(platform: Platform) -> int:
    return platform.spark.table(f"{platform.made[RECOMMENDATIONS]}.snapshots").count()


def test_a_batch_replaces_the_table_in_one_snapshot(platform: Platform) -> None:
    write(platform, "r1", rows())
    stage.run(stage_of(platform))
    assert published(platform) == sorted(row[:5] for row in rows())
    main = Table(platform.spark, platform.made[RECOMMENDATIONS]).main()
    stage_of(platform).run()
    assert Table(platform.spark, platform.made[RECOMMENDATIONS]).main() == main, "the same batch changes nothing"
    events = (platform.root / "artifacts/lineage/recommendations/r1/recommend.ndjson").read_text()
    for one in ("recommendations-recommend.curated.recommendations", "recommendations-train.features.model_runs"):
        assert f'"{one}"' in events

    # The next model knows another customer, and has less to say.
    before = snapshots(platform)
    other = [(SEVEN, 1, "C3", 0.7, "m2", AT), (key("10"), 1, "A1", 0.2, "m2", AT)]
    write(platform, "r2", other)
    stage_of(platform, "r2", "m2").run()
    assert published(platform) == sorted(row[:5] for row in other)
    assert snapshots(platform) == before + 1
    assert platform.leases.held == [platform.made[RECOMMENDATIONS]] * 3


def test_a_model_may_have_learnt_from_the_files_of_an_earlier_run(platform: Platform) -> None:
    write(platform, "r1", rows())
    again = stage_of(platform, "r2")
    write(platform, "r2", rows())
    for path in path_of(platform.lake.features).glob("training/r2/**/*.parquet"):
        path.unlink()
    with pytest.raises(InvalidBatchError, match="what the run's model learnt from was not written, or is gone"):
        again.run()
    again.args = replace(again.args, training_run="r1")
    again.run()
    assert published(platform) == sorted(row[:5] for row in rows())


def edited(place: int, **changes: object) -> Callable[[Rows], Rows]:
    def edit(made: Rows) -> Rows:
        row = dict(zip(SCHEMA.names, made[place], strict=True)) | changes
        return [*made[:place], tuple(row.values()), *made[place + 1 :]]

    return edit


INVALID: list[tuple[Callable[[Rows], Rows], str]] = [
    (lambda _: [], "it is empty"),
    (lambda made: made[1:], "1 customers whose ranks are not 1 to the number of their rows"),
    (lambda made: [*made, made[0]], r"rows that break a rule: .*unique.*: 1"),
    (edited(1, product_id="B2"), "product_once_a_customer: 1"),
    (edited(1, score=1.5), "1 customers with a score above that of the rank before"),
    (edited(1, score=float("nan")), "score_is_a_number: 1"),
    (edited(0, product_id="Z9"), "products that the run did not learn from: Z9"),
    (edited(0, customer_key="12345"), "customer_key_pattern: 1"),
    (edited(3, model_version="m0"), "it is of the model m0, m1, not m1"),
    (edited(3, generated_at=AT.replace(hour=5)), "its rows are of several times"),
]


def test_what_may_not_be_published_changes_nothing(platform: Platform) -> None:
    write(platform, "r1", rows())
    stage_of(platform).run()
    mains = platform.mains()
    for edit, reason in INVALID:
        write(platform, "r2", edit(rows()))
        with pytest.raises(InvalidBatchError, match=reason):
            stage_of(platform, "r2").run()
    with pytest.raises(
        InvalidBatchError, match=r"batch/r3/recommendations\.parquet cannot be read: the model's batch was not"
    ):
        stage_of(platform, "r3").run()
    write(platform, "r4", rows())
    for path in path_of(platform.lake.features).glob("training/r4/**/*.parquet"):
        path.unlink()
    with pytest.raises(InvalidBatchError, match="what the run's model learnt from was not written, or is gone"):
        stage_of(platform, "r4").run()
    bare = path_of(platform.lake.features) / "batch/r4/recommendations.parquet"
    pq.write_table(pa.table({"customer_key": [SEVEN]}), bare)
    with pytest.raises(InvalidBatchError, match="rank: missing, not int"):
        stage_of(platform, "r4").run()
    assert platform.mains() == mains
    assert published(platform) == sorted(row[:5] for row in rows())
