"""The metrics against numbers worked out by hand."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
import shop

from recommender import data, metrics, model
from recommender.settings import Settings


def test_bootstrap_is_that_of_the_seed_and_narrows_with_more_customers() -> None:
    draw = np.random.default_rng(5)
    few, many = draw.random(50), draw.random(5000)
    assert metrics.bootstrap(few, 1, 500, 0.95) == metrics.bootstrap(few, 1, 500, 0.95)
    assert metrics.bootstrap(few, 1, 500, 0.95) != metrics.bootstrap(few, 2, 500, 0.95)
    lower, upper = metrics.bootstrap(many, 1, 500, 0.95)
    # The normal interval of a mean of evenly spread numbers: 1.96 standard errors to either side.
    error = many.std() / np.sqrt(len(many))
    assert (lower, upper) == pytest.approx((many.mean() - 1.96 * error, many.mean() + 1.96 * error), abs=0.3 * error)
    assert metrics.bootstrap(np.full(9, 0.25), 1, 100, 0.95) == (0.25, 0.25)


def test_counts_what_there_was_to_find(tmp_path: Path) -> None:
    early, late = shop.CUT - timedelta(days=2), shop.CUT + timedelta(hours=1)
    # a and b go together, c is everybody's; who has a is led to b, the bestsellers lead to c.
    parties = {"1": "ab", "2": "ab", "3": "ab", "4": "c", "5": "c", "6": "c", "7": "c", "8": "a"}
    rows = [shop.purchase(party, product, early) for party, products in parties.items() for product in products]
    shop.write(tmp_path / "i", rows, data.INTERACTIONS)
    catalog = [{**shop.product_of(one, f"title {one}", None)} for one in "abcd"]
    shop.write(tmp_path / "p", catalog, data.PRODUCTS)
    # 8 buys b, the new d, a which it just had, and something no catalog knows; 9 has no history.
    after = [shop.purchase("8", one, late) for one in ("a", "b", "d", "x")] + [shop.purchase("9", "c", late)]
    shop.write(tmp_path / "t", after, data.INTERACTIONS)
    made = model.fit(
        data.read_interactions(tmp_path / "i", "train"),
        data.read_products(tmp_path / "p", "train"),
        Settings(),
        "m",
        np.datetime64(shop.CUT.replace(tzinfo=None), "us"),
    )
    found = metrics.evaluate(made, data.read_interactions(tmp_path / "t", "test"))
    # b, c and d are all there is to recommend: b and d are found of b, d and x.
    assert found.customers == 1
    assert found.recall_at_20 == found.baseline_recall_at_20 == pytest.approx(2 / 3)
    assert found.products == 3
    assert found.coverage == pytest.approx(2 / 3)  # b and c of a, b and c
    assert (found.cold_start_customers, found.cold_start_recall_at_20) == (1, 1.0)
    order = model.top(np.where(np.arange(4) == 0, -np.inf, made.score(made.history[made.customers == "8"])[0]), 4)
    assert [str(one) for one in made.products[order]][0] == "b"
    discount = 1 / np.log2(np.arange(2, 5))
    ranks = [list(made.products[order]).index(one) for one in "bd"]
    assert found.ndcg_at_20 == pytest.approx(discount[ranks].sum() / discount.sum())


def test_top_takes_the_first_of_equal_ones_and_nothing_excluded() -> None:
    scores = np.array([1.0, -np.inf, 3.0, 1.0, 3.0, 0.0])
    assert model.top(scores, 3).tolist() == [2, 4, 0]
    assert model.top(scores, 9).tolist() == [2, 4, 0, 3, 5]
    assert model.top(np.full(3, -np.inf), 2).tolist() == []
