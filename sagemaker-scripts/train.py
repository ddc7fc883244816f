"""Training job: learns from what was done before a time, is evaluated by what was bought after, then learns from all.

The arguments are those of SageMaker's script mode; README.md lists channels, hyperparameters and what is written.
"""

import argparse
import json
import logging
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from recommender import data, metrics, model, settings

LOG = logging.getLogger(__name__)
METRICS = "metrics.json"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job; return the exit code."""
    logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(message)s")
    failure = Path(os.environ.get("SM_FAILURE_FILE", "/opt/ml/output/failure"))
    try:
        run(_parse(arguments))
    except (data.DataError, settings.SettingsError) as error:  # reported in a sentence; anything else is a defect
        LOG.error("refused: %s", error)
        if failure.parent.is_dir():
            failure.write_text(str(error), encoding="utf-8")
        return 1
    return 0


def run(parsed: argparse.Namespace) -> None:
    """Train, evaluate, train on everything and save; raise DataError or SettingsError naming what cannot be used."""
    chosen = settings.from_arguments(parsed)
    cut, as_of = _time("cut", parsed.cut), _time("as_of", parsed.as_of)
    if cut >= as_of:
        raise settings.SettingsError(f"cut {parsed.cut} is not before as_of {parsed.as_of}")
    before, known = _channel(parsed.train, "train")
    everything, catalog = _channel(parsed.full, "full")
    afterwards = data.read_interactions(parsed.test / "interactions", "test")
    _require_times(before, cut, "train")
    _require_times(everything, as_of, "full")
    evaluated = metrics.evaluate(
        model.fit(before, with_later(known, catalog), chosen, parsed.model_version, cut), afterwards
    )
    if evaluated is None:
        raise data.DataError("test: no customer of train bought anything there that it had not just bought")
    for line in evaluated.lines():
        LOG.info("%s", line)
    LOG.info("interactions=%d;", len(everything.party))
    model.save(model.fit(everything, catalog, chosen, parsed.model_version, as_of), parsed.model_dir)
    record = {
        "model_version": parsed.model_version,
        "cut": parsed.cut,
        "as_of": parsed.as_of,
        **asdict(evaluated),
        "interactions": len(everything.party),
        "settings": asdict(chosen),
    }
    text = json.dumps(record, indent=1, sort_keys=True) + "\n"
    for folder in (parsed.model_dir, parsed.output_data_dir):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / METRICS).write_text(text, encoding="utf-8")


def _channel(folder: Path, name: str) -> tuple[data.Interactions, data.Products]:
    interactions = data.read_interactions(folder / "interactions", name)
    data.require_learnable(interactions, name)
    return interactions, data.read_products(folder / "products", name)


def _require_times(interactions: data.Interactions, until: np.datetime64, channel: str) -> None:
    late = np.count_nonzero(interactions.last_purchase >= until)
    if late:
        raise data.DataError(f"{channel}: {late} purchases are not before {until}, up to which it should know")


def with_later(known: data.Products, catalog: data.Products) -> data.Products:
    """What was known at the cut, and of products that came later what is known of them: there was nothing before."""
    later = np.flatnonzero(~np.isin(catalog.product, known.product))
    return data.Products(
        product=np.concatenate([known.product, catalog.product[later]]),
        tokens=known.tokens + [catalog.tokens[position] for position in later],
    )


def _time(name: str, text: str) -> np.datetime64:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise settings.SettingsError(
            f"{name} is {text!r}; allowed: a time with its zone, such as 2026-03-01T00:00:00+00:00"
        )
    return np.datetime64(at.astimezone(UTC).replace(tzinfo=None), "us")


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = settings.Parser(description=__doc__.splitlines()[0])
    for option, variable in (
        ("--train", "SM_CHANNEL_TRAIN"),
        ("--test", "SM_CHANNEL_TEST"),
        ("--full", "SM_CHANNEL_FULL"),
        ("--model-dir", "SM_MODEL_DIR"),
        ("--output-data-dir", "SM_OUTPUT_DATA_DIR"),
    ):
        value = os.environ.get(variable)
        parser.add_argument(option, type=Path, default=value, required=value is None)
    parser.add_argument("--cut", required=True, help="what train knows is before it, what test holds is not")
    parser.add_argument("--as_of", required=True, help="what full knows is before it")
    parser.add_argument("--model_version", required=True)
    settings.add_arguments(parser)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
