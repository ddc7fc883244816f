"""Budgets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from emulator.core.descriptors import Descriptor


def _listed(backend: Any) -> Iterable[str]:
    yield from (f"budget/{name}" for held in backend.budgets.values() for name in held)


DESCRIPTORS = (Descriptor("budgets", patches=("patches",), lists=_listed),)
