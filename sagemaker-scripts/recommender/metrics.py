"""How good lists of products are, beside those of the bestsellers.

Both are asked for products that a customer did not buy lately: what it bought in the last ``exclude_days`` is left out
of the model's list, of the bestsellers and of what there was to find. Evaluated are customers with a history; one
without gets the bestsellers from both, which would only bring the two together.
"""

from dataclasses import asdict, dataclass

import numpy as np

from recommender.arrays import Array
from recommender.data import Interactions
from recommender.model import Model, find, top

COUNT = 20
_BATCH = 256


@dataclass(frozen=True)
class Metrics:
    """Means over the customers, from 0 to 1 unless said otherwise."""

    recall_at_20: float
    """Of what a customer bought afterwards, the share among its 20; of more than 20, of 20."""
    recall_lower: float
    recall_upper: float
    ndcg_at_20: float
    baseline_recall_at_20: float
    coverage: float
    """The share of the products with interactions that is in somebody's 20."""
    cold_start_recall_at_20: float | None
    """The same as recall among the products nobody had to do with before; None when nobody bought one afterwards."""
    customers: int
    cold_start_customers: int
    products: int

    def lines(self) -> list[str]:
        """One ``name=value;`` a metric, as the metric definitions of the training job look for them."""
        return [f"{name}={value:.6f};" for name, value in asdict(self).items() if value is not None]


@dataclass
class _Sums:
    recall: list[float]
    ndcg: list[float]
    baseline: list[float]
    cold: list[float]
    shown: Array
    marks: Array
    """One a product, those beyond the model's too; all false between customers."""


def evaluate(model: Model, test: Interactions) -> Metrics | None:
    """Evaluate a model by the purchases after its time; None when none of its customers bought anything new."""
    truth = _purchases(model, test)
    unseen = model.popularity == 0
    bestsellers = np.argsort(-model.popularity, kind="stable")
    size = len(model.products)
    sums = _Sums([], [], [], [], np.zeros(size, dtype=bool), np.zeros(size + len(test.product), dtype=bool))
    rows = np.array(sorted(truth), dtype=np.int64)
    for start in range(0, len(rows), _BATCH):
        batch = rows[start : start + _BATCH]
        for row, scores in zip(batch, model.score(model.history[batch]), strict=True):
            _evaluate(model, int(row), scores, truth[int(row)], unseen, bestsellers, sums)
    if not sums.recall:
        return None
    recall = np.array(sums.recall)
    lower, upper = bootstrap(recall, model.settings.seed, model.settings.bootstrap, model.settings.confidence)
    return Metrics(
        recall_at_20=float(recall.mean()),
        recall_lower=lower,
        recall_upper=upper,
        ndcg_at_20=float(np.mean(sums.ndcg)),
        baseline_recall_at_20=float(np.mean(sums.baseline)),
        coverage=float(np.count_nonzero(sums.shown & ~unseen) / np.count_nonzero(model.popularity)),
        cold_start_recall_at_20=float(np.mean(sums.cold)) if sums.cold else None,
        customers=len(recall),
        cold_start_customers=len(sums.cold),
        products=int(np.count_nonzero(model.popularity)),
    )


def _purchases(model: Model, test: Interactions) -> dict[int, Array]:
    """What each customer of the model bought, by rows of the model; products that it does not know count as missed."""
    customer = find(test.party, model.customers)
    mine = (customer >= 0) & (test.purchases > 0)
    if not mine.any():
        return {}
    # Each unknown product has a place of its own beyond the model's.
    product = find(test.product, model.products)
    _, other = np.unique(test.product, return_inverse=True)
    product = np.where(product >= 0, product, len(model.products) + other)
    order = np.lexsort((product[mine], customer[mine]))
    rows, starts = np.unique(customer[mine][order], return_index=True)
    return dict(zip(rows.tolist(), np.split(product[mine][order], starts[1:]), strict=True))


def _evaluate(
    model: Model,
    row: int,
    scores: Array,
    wanted: Array,
    unseen: Array,
    bestsellers: Array,
    sums: _Sums,
) -> None:
    # Slices and marks, not set operations: there may be a hundred thousand customers.
    lately = model.bought.indices[model.bought.indptr[row] : model.bought.indptr[row + 1]]
    marks = sums.marks
    marks[lately] = True
    wanted = wanted[~marks[wanted]]
    marks[lately] = False
    if not len(wanted):
        return
    scores[lately] = -np.inf
    mine = top(scores, COUNT)
    # Enough of the bestsellers that COUNT are left without those bought lately.
    best = bestsellers[: COUNT + len(lately)]
    marks[lately] = True
    best = best[~marks[best]][:COUNT]
    marks[lately] = False
    marks[wanted] = True
    hits = marks[mine]
    possible = min(COUNT, len(wanted))
    discount = 1.0 / np.log2(np.arange(2, COUNT + 2))
    sums.recall.append(hits.sum() / possible)
    sums.ndcg.append((hits * discount[: len(mine)]).sum() / discount[:possible].sum())
    sums.baseline.append(marks[best].sum() / possible)
    sums.shown[mine] = True
    cold = wanted[wanted < len(scores)]
    cold = cold[unseen[cold]]
    if len(cold):
        found = top(np.where(unseen, scores, -np.inf), COUNT)
        sums.cold.append(marks[found].sum() / min(COUNT, len(cold)))
    marks[wanted] = False


def bootstrap(values: Array, seed: int, resamples: int, confidence: float) -> tuple[float, float]:
    """Return the interval of the mean: that of the resampled customers' means between the outer quantiles."""
    draw = np.random.default_rng(seed)
    means = np.array([values[draw.integers(len(values), size=len(values))].mean() for _ in range(resamples)])
    outside = (1.0 - confidence) / 2.0
    lower, upper = np.quantile(means, [outside, 1.0 - outside])
    return float(lower), float(upper)
