"""Requests for recommendations, and the answers to them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from recommender.arrays import Array
from recommender.model import Model, find, top

DEFAULT_COUNT = 20
MAX_COUNT = 100
MAX_BASKET = 100
MAX_ID = 128
JSON = "application/json"
_WHO = ("customerKey", "products")
_KEYS = (*_WHO, "count")


class BadRequest(ValueError):
    """A request that cannot be answered; the message says why."""


@dataclass(frozen=True)
class Request:
    """Either a customer, by pseudonym, or a basket, and how many products are wanted."""

    customer: str | None
    products: tuple[str, ...]
    count: int


def parse(body: bytes | str, content_type: str) -> Request:
    """Read a request; raise BadRequest saying what is wrong and what is allowed."""
    if content_type.split(";", 1)[0].strip().lower() != JSON:
        raise BadRequest(f"the content type is {content_type!r}; allowed: {JSON}")
    try:
        wanted = json.loads(body)
    except (ValueError, RecursionError) as error:  # of bytes, that they are not UTF-8, too
        raise BadRequest("the body is not JSON") from error
    if not isinstance(wanted, dict):
        raise BadRequest("the body is not a JSON object")
    unknown = sorted(set(wanted) - set(_KEYS))
    if unknown:
        raise BadRequest(f"unknown keys: {', '.join(map(repr, unknown[:5]))}; allowed: {', '.join(_KEYS)}")
    if sum(name in wanted for name in _WHO) != 1:
        raise BadRequest("give customerKey or products, one of them")
    count = wanted.get("count", DEFAULT_COUNT)
    if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= MAX_COUNT:
        raise BadRequest(f"count is not a whole number from 1 to {MAX_COUNT}")
    if "customerKey" in wanted:
        return Request(_id("customerKey", wanted["customerKey"]), (), count)
    products = wanted["products"]
    if not isinstance(products, list) or not 1 <= len(products) <= MAX_BASKET:
        raise BadRequest(f"products is not a list of 1 to {MAX_BASKET} ids")
    return Request(None, tuple(_id(f"products[{i}]", one).upper() for i, one in enumerate(products)), count)


def _id(name: str, value: Any) -> str:
    if not isinstance(value, str) or not 1 <= len(value.strip()) <= MAX_ID or "\0" in value:
        raise BadRequest(f"{name} is not a text of 1 to {MAX_ID} characters")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:  # half a surrogate pair is JSON, but no text
        raise BadRequest(f"{name} is not a text of 1 to {MAX_ID} characters") from error
    return value.strip()


def answer(model: Model, request: Request) -> dict[str, Any]:
    """Rank products for a request. Who or what the model does not know gets the bestsellers, and the answer says so."""
    unknown: list[str] = []
    if request.customer is not None:
        row = find(np.array([request.customer]), model.customers)[0]
        if row < 0:
            return _answer(model, "popularity", [request.customer], model.popularity.copy(), request.count, ())
        scores = model.score(model.history[row])[0]
        return _answer(model, "customer", unknown, scores, request.count, model.bought[row].indices)
    positions = find(np.array(request.products), model.products)
    unknown = sorted({one for one, at in zip(request.products, positions, strict=True) if at < 0})
    known = np.unique(positions[positions >= 0])
    if not len(known):
        return _answer(model, "popularity", unknown, model.popularity.copy(), request.count, ())
    scores = model.score(model.history_of(known))[0]
    return _answer(model, "products", unknown, scores, request.count, known)


def _answer(
    model: Model, basis: str, unknown: list[str], scores: Array, count: int, without: Sequence[int] | Array
) -> dict[str, Any]:
    scores[np.asarray(without, dtype=np.int64)] = -np.inf
    return {
        "modelVersion": model.version,
        "basis": basis,
        "unknown": unknown,
        "recommendations": [
            {"productId": str(model.products[at]), "score": round(float(scores[at]), 6)} for at in top(scores, count)
        ],
    }
