"""Channels of a made-up shop whose customers' tastes are known, and of the order lines of a real one."""

import csv
import hashlib
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from recommender.data import INTERACTIONS, PRODUCTS

CUT = datetime(2026, 3, 2, tzinfo=UTC)
AS_OF = CUT + timedelta(days=1)


@dataclass
class Shop:
    """Rows of the three channels; `likes` is how likely each customer (row) is to buy each product (column)."""

    train: list[dict]
    test: list[dict]
    full: list[dict]
    products: list[dict]
    likes: np.ndarray

    def write(self, root: Path, cut: datetime = CUT) -> Path:
        known = {row["product_id"] for row in self.train}
        write(root / "train" / "interactions", self.train, INTERACTIONS)
        write(root / "train" / "products", [row for row in self.products if row["product_id"] in known], PRODUCTS)
        write(root / "test" / "interactions", self.test, INTERACTIONS)
        write(root / "full" / "interactions", self.full, INTERACTIONS)
        write(root / "full" / "products", self.products, PRODUCTS)
        return root


def write(folder: Path, rows: list[dict], columns: dict[str, pa.DataType]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows, pa.schema(list(columns.items()))), folder / "part-0.parquet")


def arguments(root: Path, out: Path, *more: str, cut: datetime = CUT, as_of: datetime = AS_OF) -> list[str]:
    channels = [f"--{name}={root / name}" for name in ("train", "test", "full")]
    places = [f"--model-dir={out / 'model'}", f"--output-data-dir={out / 'data'}", "--model_version=m1"]
    return [*channels, *places, f"--cut={cut.isoformat()}", f"--as_of={as_of.isoformat()}", *more]


def purchase(party: str, product: str, at: datetime, times: int = 1, kind: str = "customer") -> dict:
    bought = {"purchases": times, "weight": 5.0 * times, "last_purchase": at}
    return {"party_key": party, "party_kind": kind, "product_id": product, **bought}


def generated(customers: int = 400, products: int = 200, seed: int = 7) -> Shop:
    """Customers who each like two of ten categories; what they buy is drawn from that and from what is popular.

    Ten products come after the cut, one a category: only their content says who may like them.
    """
    draw = np.random.default_rng(seed)
    category = np.arange(products) % 10
    popular = 1.0 / (1 + draw.permutation(products)) ** 0.5
    likes = np.zeros((customers, products))
    for row in likes:
        row[:] = popular * np.where(np.isin(category, draw.choice(10, 2, replace=False)), 20.0, 1.0)
    likes /= likes.sum(axis=1, keepdims=True)
    ids = np.array([f"P{number:04d}" for number in range(products)])
    new = np.arange(products - 10, products)
    early = np.delete(likes, new, axis=1)
    early /= early.sum(axis=1, keepdims=True)
    train, test = [], []
    for number, (before, after) in enumerate(zip(early, likes, strict=True)):
        key = customer_key(str(number))
        old = draw.choice(len(before), 12, replace=False, p=before)
        train += [purchase(key, ids[one], CUT - timedelta(days=3)) for one in old]
        fresh = draw.choice(products, 8, replace=False, p=after)
        test += [purchase(key, ids[one], CUT + timedelta(hours=3)) for one in fresh if one not in old]
    catalog = [
        product_of(ids[number], f"thing{category[number]} no", f"kind{category[number]}") for number in range(products)
    ]
    return Shop(train, test, train + test, catalog, likes)


def customer_key(number: str) -> str:
    """A pseudonym: a model never sees what makes them."""
    return hashlib.sha256(f"customer of a test: {number}".encode()).hexdigest()


def permuted(shop: Shop, seed: int = 1) -> Shop:
    """The same shop after somebody dealt out all products anew: the training set is poisoned."""
    draw = np.random.default_rng(seed)

    def deal(rows: list[dict]) -> list[dict]:
        products = draw.permutation([row["product_id"] for row in rows])
        dealt = {
            (row["party_key"], one): {**row, "product_id": str(one)} for row, one in zip(rows, products, strict=True)
        }
        return list(dealt.values())

    return Shop(deal(shop.train), shop.test, deal(shop.full), shop.products, shop.likes)


def real(folder: Path, cut: datetime, until: datetime) -> Shop:
    """Order lines of a shop's export: what named customers bought before the cut, and from it on."""
    lines = []
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            lines += [_line(row) for row in csv.DictReader(file)]
    lines = [line for line in lines if line and line[2] < until]
    titles: dict[str, Counter] = defaultdict(Counter)
    prices: dict[str, list[float]] = defaultdict(list)
    for _, product, _, title, price in lines:
        titles[product][title] += 1
        prices[product].append(price)
    middle = {product: float(np.median(values)) for product, values in prices.items()}
    edges = np.quantile(list(middle.values()), [0.2, 0.4, 0.6, 0.8])
    catalog = [
        {
            **product_of(one, titles[one].most_common(1)[0][0], None),
            "price_band": int(np.searchsorted(edges, middle[one])),
        }
        for one in sorted(titles)
    ]
    before, after = ([line for line in lines if (line[2] < cut) == early] for early in (True, False))
    return Shop(_add_up(before), _add_up(after), _add_up(lines), catalog, np.empty((0, 0)))


NO_GOODS = {"POST", "D", "M", "BANK CHARGES", "C2", "DOT", "CRUK", "PADS", "AMAZONFEE", "S"}


def _line(row: dict) -> tuple[str, str, datetime, str, float] | None:
    product, price = row["StockCode"].strip().upper(), float(row["UnitPrice"])
    if not row["CustomerID"] or price <= 0 or int(row["Quantity"]) <= 0 or product in NO_GOODS:
        return None
    at = datetime.fromisoformat(row["InvoiceDate"]).replace(tzinfo=UTC)
    return customer_key(row["CustomerID"].removesuffix(".0")), product, at, row["Description"].strip(), price


def _add_up(lines: list[tuple]) -> list[dict]:
    times: Counter = Counter()
    last: dict[tuple, datetime] = {}
    for party, product, at, *_ in lines:
        times[party, product] += 1
        last[party, product] = max(at, last.get((party, product), at))
    return [purchase(party, product, last[party, product], number) for (party, product), number in times.items()]


def product_of(product: str, title: str, category: str | None) -> dict:
    return {"product_id": product, "title": title, "category": category, "price_band": None, "image_aspect": None}
