"""Batch recommendations: the first products of every customer of a model, as a Parquet file.

Beside it is a sample, the first customer's: what an endpoint with the same model has to answer.
"""

import argparse
import json
import logging
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from recommender import model
from recommender.metrics import COUNT

LOG = logging.getLogger(__name__)
SCHEMA = pa.schema(
    [
        pa.field("customer_key", pa.string(), nullable=False),
        pa.field("rank", pa.int32(), nullable=False),
        pa.field("product_id", pa.string(), nullable=False),
        pa.field("score", pa.float64(), nullable=False),
        pa.field("model_version", pa.string(), nullable=False),
        pa.field("generated_at", pa.timestamp("us", "UTC"), nullable=False),
    ]
)
_BATCH = 256


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the recommendations."""
    logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(message)s")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--model", type=Path, default="/opt/ml/processing/input/model", help="folder of the unpacked model"
    )
    parser.add_argument("--output", type=Path, default="/opt/ml/processing/output", help="folder for the Parquet file")
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--generated-at", type=datetime.fromisoformat, required=True, help="time with its zone")
    parsed = parser.parse_args(arguments)
    if parsed.count < 1 or parsed.generated_at.tzinfo is None:
        parser.error("--count is at least 1, and --generated-at has a zone")
    loaded = model.load(parsed.model)
    parsed.output.mkdir(parents=True, exist_ok=True)
    rows = 0
    with pq.ParquetWriter(parsed.output / "recommendations.parquet", SCHEMA, compression="zstd") as writer:
        for table in recommendations(loaded, parsed.count, parsed.generated_at.astimezone(UTC)):
            writer.write_table(table)
            rows += table.num_rows
    key = str(loaded.customers[0])
    first = next(recommendations(loaded, parsed.count, parsed.generated_at)).filter(pc.field("customer_key") == key)
    sample = {"customerKey": key, "products": first["product_id"].to_pylist()}
    (parsed.output / "sample.json").write_text(json.dumps(sample) + "\n", encoding="utf-8")
    LOG.info("customers=%d; rows=%d; model_version=%s;", len(loaded.customers), rows, loaded.version)
    return 0


def recommendations(loaded: model.Model, count: int, generated_at: datetime) -> Iterator[pa.Table]:
    """Yield the rows of the customers, in their order; what one has just bought is not among its own."""
    for start in range(0, len(loaded.customers), _BATCH):
        batch = np.arange(start, min(start + _BATCH, len(loaded.customers)))
        scores = loaded.score(loaded.history[batch])
        customers, ranks, products, values = list[str](), list[int](), list[str](), list[float]()
        for row, mine in zip(batch, scores, strict=True):
            mine[loaded.bought[row].indices] = -np.inf
            best = model.top(mine, count)
            customers += [str(loaded.customers[row])] * len(best)
            ranks += range(1, len(best) + 1)
            products += loaded.products[best].tolist()
            values += mine[best].astype(float).tolist()
        size = len(ranks)
        columns = [customers, ranks, products, values, [loaded.version] * size, [generated_at] * size]
        yield pa.table(
            [pa.array(column, kind.type) for column, kind in zip(columns, SCHEMA, strict=True)], schema=SCHEMA
        )


if __name__ == "__main__":
    sys.exit(main())
