"""python -m emulator.tests.refusals.page writes the table of docs/emulator.md from the probes' descriptions."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from .probe import OPEN, Probe

PAGE = Path(__file__).resolve().parents[3] / "docs" / "emulator.md"
_BEGIN, _END = "<!-- probes -->\n", "<!-- /probes -->"


def probes() -> list[Probe]:
    """Every probe that a test puts, by service and in the order of the tests."""
    found = [probe for path in sorted(Path(__file__).parent.glob("test_*.py")) for probe in _of(path.stem)]
    return sorted(found, key=lambda one: one.call.split(":")[0])


def _of(module: str) -> list[Probe]:
    tests: list[Any] = list(vars(importlib.import_module(f"{__package__}.{module}")).values())
    marks = [mark for test in tests if callable(test) for mark in getattr(test, "pytestmark", ())]
    return [mark.args[0] for mark in marks if mark.name == "probe"]


def table() -> str:
    """The probes as a table, and how many of them the emulator refuses."""
    put = probes()
    rows = [f"| {one.what} | `{one.call}` | `{one.code}` | {one.source} |" for one in put]
    rows += [f"| {one.what} | `{one.call}` | taken here: {one.why} | {one.source} |" for one in OPEN]
    head = ["| refused | call | error | source |", "|---|---|---|---|"]
    summary = f"Of {len(rows)} things that AWS refuses the emulator refuses {len(put)}, each proved by a test."
    return "\n".join([summary, "", *head, *rows, ""])


def filled(text: str) -> str:
    """The page with the table of today."""
    before, _, rest = text.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    return before + _BEGIN + table() + _END + after


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text()))
