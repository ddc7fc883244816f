"""The hyperparameters of a training job."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import NoReturn


class SettingsError(ValueError):
    """Arguments that no model can be made with; the message names each and what is allowed."""


class Parser(argparse.ArgumentParser):
    """A parser that raises SettingsError instead of ending the program, so that the reason can be handed on."""

    def error(self, message: str) -> NoReturn:
        """Raise the message."""
        raise SettingsError(message)


@dataclass(frozen=True)
class Settings:
    """How a model is made and evaluated.

    The defaults were chosen on earlier days than those that results are reported on.
    """

    seed: int = 1
    """Of the bootstrap, the only thing that is drawn."""
    neighbours: int = 300
    """Products that one product's behaviour leads to."""
    content_neighbours: int = 100
    """Products whose content leads to one product."""
    shrink: float = 10.0
    """Customers added to those of each product: what few people did counts less."""
    popularity: float = 0.7
    """How much being popular is held against a recommended product, 0 to 1; the rest against where it follows from."""
    content_weight: float = 0.3
    """What the best match by content counts beside the best one by behaviour."""
    popularity_weight: float = 0.1
    """What the bestseller counts beside them: the less a history says, the more it matters."""
    exclude_days: int = 30
    """A product that a customer bought in the last so many days is not recommended to it."""
    bootstrap: int = 1000
    """Resamples of the customers."""
    confidence: float = 0.95
    """Of the bootstrap's interval."""

    def __post_init__(self) -> None:
        """Raise SettingsError that names every setting out of its range."""
        bounds = {
            "seed": (0, 2**32 - 1),
            "neighbours": (1, 10_000),
            "content_neighbours": (1, 10_000),
            "shrink": (0, 1e6),
            "popularity": (0, 1),
            "content_weight": (0, 10),
            "popularity_weight": (0, 10),
            "exclude_days": (0, 3650),
            "bootstrap": (100, 100_000),
            "confidence": (0.5, 0.999),
        }
        wrong = [
            f"{name} is {getattr(self, name)}; allowed: {low} to {high}"
            for name, (low, high) in bounds.items()
            if not low <= getattr(self, name) <= high  # not a number is in no range
        ]
        if wrong:
            raise SettingsError("; ".join(wrong))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add an option for each setting, as SageMaker passes hyperparameters: ``--content_weight 0.1``."""
    for field in fields(Settings):
        parser.add_argument(f"--{field.name}", type=field.type, default=field.default)


def from_arguments(parsed: argparse.Namespace) -> Settings:
    """Return the settings among parsed arguments; raise SettingsError as Settings does."""
    return Settings(**{field.name: getattr(parsed, field.name) for field in fields(Settings)})


def parse(arguments: Sequence[str]) -> Settings:
    """Return the settings of arguments that hold nothing else."""
    parser = Parser()
    add_arguments(parser)
    return from_arguments(parser.parse_args(arguments))
