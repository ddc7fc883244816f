"""How good the recommendations are, beside the bestsellers, on a folder of a real shop's order lines.

The last days are held out; the same settings are evaluated on earlier days, too, on which they were chosen.

    python bench/quality.py ../../shared/data/sales
"""

import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / part) for part in ("", "tests")]

import shop

from recommender import data, metrics, model
from recommender.settings import parse
from train import with_later


def main() -> None:
    """Print the metrics of each split."""
    folder, settings = Path(sys.argv[1]), parse(sys.argv[2:])
    last = datetime.fromisoformat(max(path.stem for path in folder.glob("*.csv"))).replace(tzinfo=UTC) + timedelta(
        days=1
    )
    for title, until in (
        ("chosen on", last - timedelta(days=11)),
        ("chosen on", last - timedelta(days=6)),
        ("held out", last),
    ):
        cut = until - timedelta(days=5)
        with tempfile.TemporaryDirectory() as scratch:
            root = shop.real(folder, cut, until).write(Path(scratch))
            known, catalog = (data.read_products(root / name / "products", name) for name in ("train", "full"))
            made = model.fit(
                data.read_interactions(root / "train" / "interactions", "train"),
                with_later(known, catalog),
                settings,
                "bench",
                np.datetime64(cut.replace(tzinfo=None), "us"),
            )
            found = metrics.evaluate(made, data.read_interactions(root / "test" / "interactions", "test"))
        factor = found.recall_at_20 / found.baseline_recall_at_20
        print(f"{title} {cut:%Y-%m-%d} to {until - timedelta(days=1):%Y-%m-%d}: {factor:.2f} times the bestsellers")
        print("  " + " ".join(found.lines()))


if __name__ == "__main__":
    main()
