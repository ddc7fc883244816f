"""The files of the training channels, read and checked."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from recommender.arrays import Array

INTERACTIONS = {
    "party_key": pa.string(),
    "party_kind": pa.string(),
    "product_id": pa.string(),
    "purchases": pa.int64(),
    "weight": pa.float64(),
    "last_purchase": pa.timestamp("us", "UTC"),
}
PRODUCTS = {
    "product_id": pa.string(),
    "title": pa.string(),
    "category": pa.string(),
    "price_band": pa.int32(),
    "image_aspect": pa.string(),
}
CUSTOMER = "customer"
# What the weight of one purchase is: more counts no more, less counts less.
PURCHASE_WEIGHT = 5.0
_WORD = re.compile(r"[^\W\d_]+")


class DataError(ValueError):
    """The data of a channel cannot be learnt from; the message says what is wrong and what would be right."""


@dataclass(frozen=True)
class Interactions:
    """What each party did with each product up to a time; arrays of one length."""

    party: Array
    is_customer: Array
    product: Array
    purchases: Array
    value: Array
    """From above 0 to 1: the weight, as a share of a purchase's."""
    last_purchase: Array
    """UTC; not a time where nothing was bought."""


@dataclass(frozen=True)
class Products:
    """What the catalog said of each product at a time; one token list a product."""

    product: Array
    tokens: list[list[str]]


def read_interactions(folder: Path, channel: str) -> Interactions:
    """Read the interactions below a folder; raise DataError naming every reason why they are no training data."""
    table = _read(folder, INTERACTIONS, channel)
    weight = table["weight"].to_numpy()
    problems = []
    if not table.num_rows:
        problems.append("holds no interactions")
    if table.num_rows and not np.isfinite(weight).all():
        problems.append(f"{np.count_nonzero(~np.isfinite(weight))} weights are not finite numbers")
    if np.count_nonzero(weight < 0):
        problems.append(f"{np.count_nonzero(weight < 0)} weights are negative")
    for name in ("party_key", "party_kind", "product_id", "purchases", "weight"):
        if table[name].null_count:
            problems.append(f"{table[name].null_count} rows have no {name}")
    rows = table.group_by(["party_key", "product_id"]).aggregate([])
    if rows.num_rows < table.num_rows:
        problems.append(f"{table.num_rows - rows.num_rows} rows repeat a party and a product")
    _refuse(channel, problems)
    # In a fixed order, so that the same rows make the same model however they are filed.
    kept = table.filter(pc.greater(table["weight"], 0.0)).sort_by(
        [("party_key", "ascending"), ("product_id", "ascending")]
    )
    return Interactions(
        party=_texts(kept["party_key"]),
        is_customer=pc.equal(kept["party_kind"], CUSTOMER).to_numpy(),
        product=_texts(kept["product_id"]),
        purchases=kept["purchases"].to_numpy(),
        value=np.minimum(kept["weight"].to_numpy() / PURCHASE_WEIGHT, 1.0),
        last_purchase=kept["last_purchase"].cast(pa.timestamp("us")).to_numpy(),
    )


def require_learnable(interactions: Interactions, channel: str) -> None:
    """Raise DataError unless several parties did something with several products."""
    problems = []
    for name, values in (("party", interactions.party), ("product", interactions.product)):
        count = len(np.unique(values))
        if count < 2:
            problems.append(f"interactions above 0 name {count} {name}; at least 2 are needed to compare any")
    if not interactions.is_customer.any():
        problems.append("no interaction above 0 is a customer's")
    _refuse(channel, problems)


def read_products(folder: Path, channel: str) -> Products:
    """Read the product features below a folder; raise DataError naming every reason why they are none."""
    table = _read(folder, PRODUCTS, channel)
    problems = []
    if not table.num_rows:
        problems.append("holds no products")
    ids = table["product_id"]
    if ids.null_count:
        problems.append(f"{ids.null_count} rows have no product_id")
    if pc.count_distinct(ids).as_py() < table.num_rows - ids.null_count:
        problems.append("a product_id is there twice")
    _refuse(channel, problems)
    rows = table.sort_by("product_id")
    return Products(product=_texts(rows["product_id"]), tokens=[_tokens(row) for row in rows.to_pylist()])


def _tokens(row: dict[str, Any]) -> list[str]:
    """The words of the title and what else is known; each is as telling as it is rare."""
    words = _WORD.findall((row["title"] or "").lower())
    known = [f"{name}={row[name]}" for name in ("category", "price_band", "image_aspect") if row[name] is not None]
    return words + known


def _read(folder: Path, columns: dict[str, pa.DataType], channel: str) -> pa.Table:
    files = sorted(str(path) for path in folder.rglob("*.parquet")) if folder.is_dir() else []
    if not files:
        raise DataError(f"{channel}: no Parquet file in {folder.name}")
    try:
        dataset = ds.dataset(files, format="parquet")
        missing = [name for name in columns if name not in dataset.schema.names]
        if missing:
            raise DataError(f"{channel}: {folder.name} has no {', '.join(missing)}; columns: {dataset.schema.names}")
        table = dataset.to_table(columns=list(columns))
        return table.cast(pa.schema(list(columns.items()))).combine_chunks()
    except pa.ArrowException as error:
        raise DataError(f"{channel}: {folder.name} cannot be read: {error}") from error


def _texts(column: pa.ChunkedArray) -> Array:
    # Unicode of one width: it sorts and searches without a Python object a row.
    return np.array(column.to_pylist(), dtype=np.str_)


def _refuse(channel: str, problems: list[str]) -> None:
    if problems:
        raise DataError(f"{channel}: {'; '.join(problems)}")
