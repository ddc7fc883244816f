"""How long a training job takes on a million interactions, and an answer at 20,000 products on one core.

python bench/speed.py [--interactions 1000000] [--products 20000] [--requests 3000]
"""

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import numpy as np

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / part) for part in ("", "tests")]

import shop

import inference
import train


def main() -> int:
    """Print both measures; fail when one is beyond what was promised."""
    parser = argparse.ArgumentParser()
    for name, value in (("interactions", 1_000_000), ("products", 20_000), ("requests", 3000)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parsed = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        customers = parsed.interactions // 20
        made(parsed.interactions, customers, parsed.products).write(root / "channels")
        start = time.perf_counter()
        if train.main(shop.arguments(root / "channels", root / "out")):
            return 1
        took, memory = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(f"training: {parsed.interactions} interactions, {took:.0f} s (at most 180), {memory:.2f} GiB (at most 4)")
        p99 = latency(root / "out" / "model", customers, parsed.products, parsed.requests)
    return int(took > 180 or memory > 4 or p99 > 20)


def made(interactions: int, customers: int, products: int) -> shop.Shop:
    """Interactions of customers who keep to one of 100 kinds of products, nine in ten of them before the cut."""
    draw = np.random.default_rng(1)
    customer = np.arange(interactions) % customers
    kinds = 100
    product = (products / kinds * draw.random(interactions) ** 2).astype(int) * kinds + draw.integers(
        0, 3, interactions
    ) * 31
    product = (product + customer * 7) % products
    pairs = np.unique(np.stack([customer, product]), axis=1).T
    late = draw.random(len(pairs)) < 0.1
    rows = [
        shop.purchase(
            shop.customer_key(str(one)),
            f"P{what:05d}",
            shop.CUT + timedelta(hours=1) if after else shop.CUT - timedelta(days=5),
        )
        for (one, what), after in zip(pairs.tolist(), late.tolist(), strict=True)
    ]
    early = [row for row, after in zip(rows, late, strict=True) if not after]
    words = [f"w{number}" for number in range(500)]
    catalog = [
        shop.product_of(f"P{what:05d}", " ".join(draw.choice(words, 4)).replace("w", "word "), f"kind{what % kinds}")
        for what in range(products)
    ]
    return shop.Shop(
        early, [row for row, after in zip(rows, late, strict=True) if after], rows, catalog, np.empty((0, 0))
    )


def latency(folder: Path, customers: int, products: int, requests: int) -> float:
    """Return the 99th percentile in milliseconds from the request's bytes to the answer's, on one core."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    loaded = inference.model_fn(str(folder))
    draw = np.random.default_rng(2)
    took = []
    for number in range(requests):
        body: dict = {"customerId": str(draw.integers(customers))}
        if number % 2:
            body = {"products": [f"P{one:05d}" for one in draw.integers(products, size=draw.integers(1, 20))]}
        text = json.dumps(body).encode()
        start = time.perf_counter()
        answer = inference.output_fn(
            inference.predict_fn(inference.input_fn(text, "application/json"), loaded), "application/json"
        )
        took.append(time.perf_counter() - start)
        if answer.status_code != 200:
            raise RuntimeError(answer.get_data(as_text=True))
    middle, p99 = (float(np.quantile(took, share) * 1000) for share in (0.5, 0.99))
    print(
        f"answers: {products} products, {requests} requests, {middle:.2f} ms in the middle, p99 {p99:.2f} ms (at most 20)"
    )
    return p99


if __name__ == "__main__":
    sys.exit(main())
