"""Every service of the emulator: each folder beside this file is one, and its descriptor says what it consists of."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from emulator.core import descriptors
from emulator.core.descriptors import Descriptor
from emulator.core.settings import Settings

_FOLDERS = sorted(module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)]) if module.ispkg)


def describe() -> None:
    """Let the core know every service."""
    for _, services in _described():
        descriptors.register(*services)


def install(settings: Settings) -> None:
    """Patch moto, register the checks, start what acts by itself: each for every service before the next begins."""
    describe()
    list(modules("patches"))
    list(modules("refusals"))
    for module in modules("starts"):
        module.install(settings)


def modules(kind: str) -> Iterator[ModuleType]:
    """The modules that the services' descriptors name as patches, refusals or starts, imported in their order."""
    for folder, services in _described():
        for service in services:
            for name in getattr(service, kind):
                yield importlib.import_module(f"emulator.services.{folder}.{name}")


def _described() -> Iterator[tuple[str, tuple[Descriptor, ...]]]:
    for folder in _FOLDERS:
        yield folder, importlib.import_module(f"emulator.services.{folder}.descriptor").DESCRIPTORS
