"""Batch recommendations, whole rows."""

import json
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
from conftest import Trained
from shop import customer_key

import batch
from recommender import answers

AT = "2026-03-03T04:00:00+01:00"


def test_every_customer_gets_what_the_endpoint_would_answer(good: Trained, tmp_path: Path) -> None:
    assert batch.main([f"--model={good.folder}", f"--output={tmp_path}", f"--generated-at={AT}"]) == 0
    table = pq.read_table(tmp_path / "recommendations.parquet")
    assert table.schema == batch.SCHEMA
    had, got = defaultdict(set), defaultdict(list)
    for row in good.shop.full:
        had[row["party_key"]].add(row["product_id"])
    for row in table.to_pylist():
        assert (row["model_version"], row["generated_at"]) == ("m1", datetime(2026, 3, 3, 3, tzinfo=UTC))
        got[row["customer_key"]].append((row["rank"], row["product_id"], row["score"]))
    assert set(got) == set(had)
    for number in (0, 7, 399):
        key = customer_key(str(number))
        live = answers.answer(good.model, answers.Request(key, (), 20))["recommendations"]
        assert [(rank, product, round(score, 6)) for rank, product, score in got[key]] == [
            (rank, one["productId"], one["score"]) for rank, one in enumerate(live, start=1)
        ]
    sample = json.loads((tmp_path / "sample.json").read_text())
    assert [product for _, product, _ in got[sample["customerKey"]]] == sample["products"]
    for key, rows in got.items():
        assert [rank for rank, *_ in rows] == list(range(1, 21))
        assert not {product for _, product, _ in rows} & had[key]
