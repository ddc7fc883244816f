"""The hybrid: products follow from products by what people did with both, and by what both are.

Of each product it keeps the nearest by behaviour (customers in common, with less regard for the products that
everybody has) and by content (words of the title, category, price band, shape of the image). A history's score of a
product adds up the nearness to what is in it; content also reaches products that nobody did anything with yet.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from implicit.nearest_neighbours import ItemItemRecommender
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

from recommender.arrays import Array
from recommender.data import Interactions, Products
from recommender.settings import Settings

_FORMAT = 1
_MATRICES = ("behaviour", "content", "history", "bought")


@dataclass(frozen=True)
class Model:
    """What answers are made of. Matrices are in CSR form; products and customers are sorted."""

    version: str
    settings: Settings
    products: Array
    customers: Array
    behaviour: sparse.csr_matrix
    """Product by product that follows from it."""
    content: sparse.csr_matrix
    history: sparse.csr_matrix
    """Customer by product: the value of what it did."""
    bought: sparse.csr_matrix
    """Customer by product: what it bought in the last exclude_days."""
    popularity: Array
    """Of each product the parties that had to do with it."""

    def score(self, history: sparse.csr_matrix) -> Array:
        """Return the scores of all products, one row a history."""
        scores = _scaled(history @ self.behaviour)
        scores += self.settings.content_weight * _scaled(history @ self.content)
        scores += self.settings.popularity_weight * self.popularity / max(self.popularity.max(), 1.0)
        return scores

    def history_of(self, positions: Array) -> sparse.csr_matrix:
        """Return the history that a basket of products is, one row."""
        positions = np.unique(positions)
        row = np.zeros(len(positions), dtype=np.int32)
        ones = np.ones(len(positions), dtype=np.float32)
        return sparse.csr_matrix((ones, (row, positions)), shape=(1, len(self.products)))


def find(ids: Array, among: Array) -> Array:
    """Return the positions of ids in a sorted array; -1 where there is none."""
    if not len(among):
        return np.full(len(ids), -1)
    at = np.minimum(np.searchsorted(among, ids), len(among) - 1)
    return np.where(among[at] == ids, at, -1)


def top(scores: Array, count: int) -> Array:
    """Return the positions of the highest finite scores, best first; of equal ones the first."""
    count = min(count, np.count_nonzero(np.isfinite(scores)))
    if not count:
        return np.empty(0, dtype=np.int64)
    threshold = np.partition(scores, len(scores) - count)[len(scores) - count]
    candidates = np.flatnonzero(scores >= threshold)
    return candidates[np.argsort(-scores[candidates], kind="stable")][:count]


def fit(
    interactions: Interactions, products: Products, settings: Settings, version: str, as_of: np.datetime64
) -> Model:
    """Learn from what was done before a time; products without interactions are reached by their content."""
    ids = np.union1d(interactions.product, products.product)
    parties, party = np.unique(interactions.party, return_inverse=True)
    shape = (len(parties), len(ids))
    column = find(interactions.product, ids)
    values = sparse.csr_matrix((interactions.value.astype(np.float32), (party, column)), shape=shape)
    since = as_of - np.timedelta64(settings.exclude_days, "D")
    recent = (interactions.purchases > 0) & (interactions.last_purchase >= since)
    bought = sparse.csr_matrix((recent.astype(np.float32), (party, column)), shape=shape)
    bought.eliminate_zeros()
    customers = np.unique(party[interactions.is_customer])
    return Model(
        version=version,
        settings=settings,
        products=ids,
        customers=parties[customers],
        behaviour=_behaviour(values, settings),
        content=_content(ids, products, settings),
        # Visitors teach what goes with what; they come back with a basket, so theirs is not kept.
        history=values[customers],
        bought=bought[customers],
        popularity=popularity(interactions.product, ids),
    )


def popularity(product: Array, ids: Array) -> Array:
    """Count the parties of each product: rows are a party and a product once."""
    return np.bincount(find(product, ids), minlength=len(ids)).astype(np.float32)


def _behaviour(values: sparse.csr_matrix, settings: Settings) -> sparse.csr_matrix:
    """Nearness by parties in common. Who had to do with everything says little; neither do few in common."""
    of_party = np.maximum(np.asarray(values.sum(axis=1)).ravel(), 1.0) ** -0.5
    of_product = np.asarray(values.sum(axis=0)).ravel() + settings.shrink
    even = np.divide(1.0, np.sqrt(of_product), out=np.zeros_like(of_product), where=of_product > 0)
    near = _nearest(sparse.diags(of_party) @ values @ sparse.diags(even), settings.neighbours)
    # The nearest are found evenly; then more of the popularity is held against the product that follows.
    tilt = np.where(of_product > 0, of_product, 1.0) ** (settings.popularity - 0.5)
    return _tidy(sparse.diags(tilt) @ near @ sparse.diags(1.0 / tilt))


def _content(ids: Array, products: Products, settings: Settings) -> sparse.csr_matrix:
    """Nearness by rare words in common, found from the product that follows, so that every one is reached."""
    tokens: list[list[str]] = [[] for _ in ids]
    for position, words in zip(find(products.product, ids), products.tokens, strict=True):
        tokens[position] = words
    if not any(tokens):
        return sparse.csr_matrix((len(ids), len(ids)), dtype=np.float32)
    vectors = TfidfVectorizer(analyzer=list, sublinear_tf=True).fit_transform(tokens)
    return _tidy(_nearest(vectors.T, settings.content_neighbours).T)


def _nearest(by_product: sparse.spmatrix, count: int) -> sparse.csr_matrix:
    """Return for each column the columns with the highest products with it, without itself."""
    matrix = sparse.csr_matrix(by_product, dtype=np.float64)
    # A column is its own nearest, mostly: one more leaves as many others.
    found = ItemItemRecommender(K=min(count + 1, matrix.shape[1]), num_threads=0)
    found.fit(matrix, show_progress=False)
    near = found.similarity.tocsr()
    return near - sparse.diags(near.diagonal())


def _tidy(matrix: sparse.spmatrix) -> sparse.csr_matrix:
    tidy = sparse.csr_matrix(matrix, dtype=np.float32)
    tidy.eliminate_zeros()
    tidy.sort_indices()
    return tidy


def _scaled(scores: sparse.csr_matrix) -> Array:
    """Scores as shares of the best of the row, so that those of two kinds can be added."""
    dense = scores.toarray()
    best = dense.max(axis=1, keepdims=True)
    shares: Array = np.divide(dense, best, out=dense, where=best > 0)
    return shares


def save(model: Model, folder: Path) -> None:
    """Write the model as plain arrays: nothing in it is run when it is read."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in _MATRICES:
        sparse.save_npz(folder / f"{name}.npz", getattr(model, name))
    np.savez(folder / "names.npz", products=model.products, customers=model.customers, popularity=model.popularity)
    about = {"format": _FORMAT, "version": model.version, "settings": asdict(model.settings)}
    (folder / "model.json").write_text(json.dumps(about, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def load(folder: Path) -> Model:
    """Read a model; raise ValueError when it is of another format."""
    about = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    if about["format"] != _FORMAT:
        raise ValueError(f"the model in {folder.name} has format {about['format']}; this program reads {_FORMAT}")
    with np.load(folder / "names.npz", allow_pickle=False) as names:
        return Model(
            version=about["version"],
            settings=Settings(**about["settings"]),
            products=names["products"],
            customers=names["customers"],
            popularity=names["popularity"],
            **{name: sparse.load_npz(folder / f"{name}.npz") for name in _MATRICES},
        )
