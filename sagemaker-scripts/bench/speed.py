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
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / part) for part in ("", "tests")]

import shop

import inference
import train
from recommender.data import INTERACTIONS, PRODUCTS

# What is promised of a million interactions on two cores, and of 99 in a hundred answers at 20,000 products on one.
SECONDS, MEMORY_GIB, ANSWER_MS = 180, 4, 20


def main() -> int:
    """Print each measure with its share of what is promised; fail when nothing is learnt."""
    parser = argparse.ArgumentParser()
    for name, value in (("interactions", 1_000_000), ("products", 20_000), ("requests", 3000)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parsed = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        customers = parsed.interactions // 20
        write(root / "channels", parsed.interactions, customers, parsed.products)
        start, start_cpu = time.perf_counter(), time.process_time()
        if train.main(shop.arguments(root / "channels", root / "out")):
            return 1
        took, memory = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        cpu = time.process_time() - start_cpu
        print(f"bench training-cpu {cpu:.0f} s ratio={cpu / SECONDS:.2f}")
        print(f"bench training {took:.0f} s ratio={took / SECONDS:.2f}")
        print(f"bench training-memory {memory:.2f} GiB ratio={memory / MEMORY_GIB:.2f}")
        latency(root / "out" / "model", customers, parsed.products, parsed.requests)
    return 0


def write(root: Path, interactions: int, customers: int, products: int) -> None:
    """Write channels of customers who keep to one of 100 kinds of products, a tenth of what they do after the cut."""
    draw = np.random.default_rng(1)
    kinds = 100
    customer = np.arange(interactions) % customers
    # Of each kind a few are popular; one in ten is of any kind.
    kind = np.where(draw.random(interactions) < 0.1, draw.integers(0, kinds, interactions), customer % kinds)
    product = (products / kinds * draw.random(interactions) ** 2).astype(int) * kinds + kind
    pairs = np.unique(np.stack([customer, product]), axis=1)
    keys = np.array([shop.customer_key(str(number)) for number in range(customers)])
    late = draw.random(pairs.shape[1]) < 0.1
    channel(root / "train", keys, pairs[:, ~late], shop.CUT - timedelta(days=5))
    channel(root / "test", keys, pairs[:, late], shop.CUT + timedelta(hours=1))
    channel(root / "full", keys, pairs, shop.CUT - timedelta(days=5))
    words = [f"word{chr(97 + number % 26)}{chr(97 + number // 26)}" for number in range(500)]
    rows = [
        shop.product_of(f"P{one:05d}", " ".join(draw.choice(words, 4)), f"kind{one % kinds}") for one in range(products)
    ]
    for name in ("train", "full"):
        shop.write(root / name / "products", rows, PRODUCTS)


def channel(folder: Path, keys: np.ndarray, pairs: np.ndarray, at: datetime) -> None:
    """Write purchases: rows of customers and of products."""
    count = pairs.shape[1]
    columns = {
        "party_key": keys[pairs[0]],
        "party_kind": np.full(count, "customer"),
        "product_id": np.char.mod("P%05d", pairs[1]),
        "purchases": np.ones(count, dtype=np.int64),
        "weight": np.full(count, 5.0),
        "last_purchase": pa.array([at] * count),
    }
    (folder / "interactions").mkdir(parents=True)
    table = pa.table([pa.array(columns[name], kind) for name, kind in INTERACTIONS.items()], list(INTERACTIONS))
    pq.write_table(table, folder / "interactions" / "part-0.parquet")


def latency(folder: Path, customers: int, products: int, requests: int) -> None:
    """Print the median and the 99th percentile of the time from the request's bytes to the answer's, on one core."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    loaded = inference.model_fn(str(folder))
    draw = np.random.default_rng(2)
    took, worked = [], []
    for number in range(requests):
        body: dict = {"customerKey": shop.customer_key(str(draw.integers(customers)))}
        if number % 2:
            body = {"products": [f"P{one:05d}" for one in draw.integers(products, size=draw.integers(1, 20))]}
        text = json.dumps(body).encode()
        start, start_cpu = time.perf_counter(), time.thread_time()
        answer = inference.output_fn(
            inference.predict_fn(inference.input_fn(text, "application/json"), loaded), "application/json"
        )
        took.append(time.perf_counter() - start)
        worked.append(time.thread_time() - start_cpu)
        if answer.status_code != 200:
            raise RuntimeError(answer.get_data(as_text=True))
    middle, p99, cpu = (float(np.quantile(*of) * 1000) for of in ((took, 0.5), (took, 0.99), (worked, 0.99)))
    for name, value in (("median", middle), ("p99", p99), ("p99-cpu", cpu)):
        print(f"bench answers-{name} {value:.2f} ms ratio={value / ANSWER_MS:.2f}")


if __name__ == "__main__":
    sys.exit(main())
