"""A trained model that tests share."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
import shop

import train
from recommender import model


@dataclass
class Trained:
    """What a training job left."""

    shop: shop.Shop
    channels: Path
    model: model.Model
    folder: Path
    metrics: dict


def trained(made: shop.Shop, root: Path) -> Trained:
    channels = made.write(root / "channels")
    assert train.main(shop.arguments(channels, root / "out")) == 0
    folder = root / "out" / "model"
    return Trained(made, channels, model.load(folder), folder, json.loads((folder / train.METRICS).read_text()))


@pytest.fixture(scope="session")
def good(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return trained(shop.generated(), tmp_path_factory.mktemp("good"))
