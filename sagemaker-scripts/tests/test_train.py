"""The training job as SageMaker starts it: what it writes, what it refuses, and that it is the same every time."""

import json
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
import shop
from conftest import Trained, trained

import train
from recommender import data

SCRIPTS = Path(__file__).resolve().parents[1]
FILES = ("behaviour.npz", "content.npz", "history.npz", "bought.npz", "names.npz", "model.json", "metrics.json")


def best_possible(made: shop.Shop) -> float:
    """The mean recall of who knows every taste."""
    column = {row["product_id"]: number for number, row in enumerate(made.products)}
    before: dict[str, list[int]] = {}
    after: dict[str, list[int]] = {}
    for rows, of in ((made.train, before), (made.test, after)):
        for row in rows:
            of.setdefault(row["party_key"], []).append(column[row["product_id"]])
    found = []
    for taste, (party, bought) in zip(made.likes, before.items(), strict=True):
        scores = taste.copy()
        scores[bought] = -1
        if wanted := after.get(party):
            found.append(len(set(np.argsort(-scores)[:20]) & set(wanted)) / min(20, len(wanted)))
    return float(np.mean(found))


def test_learns_most_of_what_can_be_known(good: Trained) -> None:
    best = best_possible(good.shop)
    assert good.metrics["recall_at_20"] > 0.7 * best
    assert good.metrics["baseline_recall_at_20"] < 0.7 * good.metrics["recall_at_20"]
    assert good.metrics["recall_lower"] < good.metrics["recall_at_20"] < good.metrics["recall_upper"]


def test_finds_new_products_by_their_content(good: Trained) -> None:
    # Ten products are new, one a category: whoever likes two of them finds both first, but all ten fit among 20.
    assert good.metrics["cold_start_recall_at_20"] == 1.0
    unseen = np.flatnonzero(~np.isin(good.model.products, [row["product_id"] for row in good.shop.train]))
    assert len(unseen) == 10
    reached = good.model.content[:, unseen].getnnz(axis=0)
    assert reached.min() > 0


def test_prints_what_the_metric_definitions_look_for(good: Trained, tmp_path: Path) -> None:
    command = [sys.executable, "train.py", *shop.arguments(good.channels, tmp_path)]
    done = subprocess.run(command, cwd=SCRIPTS, capture_output=True, text=True, check=True)
    names = ("recall_at_20", "recall_lower", "recall_upper", "ndcg_at_20", "baseline_recall_at_20", "coverage")
    for name in (*names, "cold_start_recall_at_20", "customers", "interactions"):
        found = re.findall(rf"^{name}=([0-9.]+);", done.stdout, re.MULTILINE)
        assert [float(value) for value in found] == [pytest.approx(good.metrics[name], abs=1e-6)], name


def test_the_same_data_make_the_same_model_in_another_process(good: Trained, tmp_path: Path) -> None:
    command = [sys.executable, "train.py", *shop.arguments(good.channels, tmp_path)]
    subprocess.run(command, cwd=SCRIPTS, capture_output=True, check=True)
    for name in FILES:
        written = tmp_path / "model" / name
        if name.endswith(".json"):
            assert written.read_text() == (good.folder / name).read_text(), name
            continue
        with np.load(written) as again, np.load(good.folder / name) as first:
            assert sorted(again) == sorted(first)
            assert all(np.array_equal(again[key], first[key]) for key in first), name


def test_the_order_of_the_rows_does_not_matter(good: Trained, tmp_path: Path) -> None:
    draw = np.random.default_rng(3)
    made = shop.generated()
    for rows in (made.train, made.test, made.full, made.products):
        draw.shuffle(rows)
    assert trained(made, tmp_path).metrics == good.metrics


def test_the_gate_tells_a_poisoned_training_set(good: Trained, tmp_path: Path) -> None:
    poisoned = trained(shop.permuted(good.shop), tmp_path).metrics
    assert good.metrics["recall_lower"] > good.metrics["baseline_recall_at_20"]
    assert poisoned["recall_lower"] <= poisoned["baseline_recall_at_20"]


def change(rows: list[dict], **columns: object) -> list[dict]:
    return [{**rows[0], **columns}, *rows[1:]]


@pytest.mark.parametrize(
    ("corrupt", "reason"),
    [
        (lambda made: made.train.clear(), "train: holds no interactions"),
        (
            lambda made: made.train.__setitem__(slice(None), change(made.train, weight=float("nan"))),
            "1 weights are not finite",
        ),
        (lambda made: made.train.__setitem__(slice(None), change(made.train, weight=-1.0)), "1 weights are negative"),
        (
            lambda made: made.train.__setitem__(slice(None), change(made.train, party_key=None)),
            "1 rows have no party_key",
        ),
        (lambda made: made.train.append(made.train[0]), "1 rows repeat a party and a product"),
        (
            lambda made: made.train.__setitem__(
                slice(None), [r for r in made.train if r["party_key"] == made.train[0]["party_key"]]
            ),
            "train: interactions above 0 name 1 party",
        ),
        (
            lambda made: [row.update(party_kind="visitor") for row in made.full],
            "no interaction above 0 is a customer's",
        ),
        (lambda made: [row.update(weight=0.0) for row in made.full], "name 0 party"),
        (lambda made: made.products.append(made.products[0]), "a product_id is there twice"),
        (lambda made: made.test.clear(), "test: holds no interactions"),
        (
            lambda made: (
                [row.update(party_key="nobody") for row in made.test[:1]] and made.test.__delitem__(slice(1, None))
            ),
            "no customer of train",
        ),
        (lambda made: made.train[0].update(last_purchase=shop.CUT), "1 purchases are not before"),
    ],
)
def test_refuses_bad_data(corrupt, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ANN001
    made = shop.generated(customers=40)
    # The rows of train are in full, too: what is corrupt in one is not to be in the other.
    made.full = [dict(row) for row in made.full]
    corrupt(made)
    monkeypatch.setenv("SM_FAILURE_FILE", str(tmp_path / "failure"))
    assert train.main(shop.arguments(made.write(tmp_path), tmp_path / "out")) == 1
    assert reason in (tmp_path / "failure").read_text()
    assert not (tmp_path / "out" / "model").exists()


def test_refuses_files_and_settings_that_are_none(
    good: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failure = tmp_path / "failure"
    monkeypatch.setenv("SM_FAILURE_FILE", str(failure))
    start = shop.arguments(good.channels, tmp_path / "out")
    for more, reason in (
        ([f"--train={tmp_path / 'nowhere'}"], "train: no Parquet file in interactions"),
        (["--content_weight=nan", "--neighbours=0"], "neighbours is 0; allowed: 1 to 10000; content_weight is nan"),
        (["--cut=2026-03-09T00:00:00+00:00"], "is not before as_of"),
        (["--cut=2026-03-02"], "allowed: a time with its zone"),
        (["--seed=x"], "argument --seed: invalid int value: 'x'"),
        (["--colour=red"], "unrecognized arguments: --colour=red"),
    ):
        assert train.main([*start, *more]) == 1
        assert reason in failure.read_text(), more
    folder = tmp_path / "broken" / "interactions"
    folder.mkdir(parents=True)
    (folder / "part-0.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(data.DataError, match="broken: interactions cannot be read"):
        data.read_interactions(folder, "broken")


def test_what_was_just_bought_is_asked_of_nobody(tmp_path: Path) -> None:
    made = shop.generated()
    again = [{**row, "last_purchase": shop.CUT + timedelta(hours=5)} for row in made.train]
    made.test = again  # customers buy nothing but what they have just bought
    assert train.main(shop.arguments(made.write(tmp_path), tmp_path / "out")) == 1
    assert train.main(shop.arguments(tmp_path, tmp_path / "out", "--exclude_days=1")) == 0
    record = json.loads((tmp_path / "out" / "model" / "metrics.json").read_text())
    assert record["recall_at_20"] > record["baseline_recall_at_20"] > 0
