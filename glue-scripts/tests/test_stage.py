"""What all stages do in one order: select, compute, write the report, raise, mark."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import pytest
from lake import FreeLeases, MemoryLedger

from dataplatform.arguments import Lake, StageArguments
from dataplatform.contracts import Contracts
from dataplatform.counts import Counts, LostError, Report
from dataplatform.hours import Hours
from dataplatform.stages.stage import Outcome, StageRun


class Store:
    """Keeps what is written, and when."""

    def __init__(self, steps: list[str]) -> None:
        self.steps = steps
        self.written: dict[str, dict] = {}

    def put(self, uri: str, body: IO[bytes], storage_class: str = "STANDARD") -> None:
        self.steps.append("write")
        self.written[uri] = json.loads(body.read())


@dataclass
class Played(StageRun[Sequence[str], Outcome]):
    """Counts what it is given, and loses some."""

    lost: Sequence[str] = ()
    error: Exception | None = None
    steps: list[str] = field(default_factory=list)

    def select(self) -> Sequence[str]:
        self.steps.append("select")
        return ("a", "b", "c")

    def compute(self, selected: Sequence[str], report: Report) -> Outcome:
        self.steps.append("compute")
        report.waiting = 7
        if self.error:
            raise self.error
        return Outcome(Counts(len(selected), len(selected) - len(self.lost), lost=len(self.lost)), self.lost)

    def mark(self, computed: Outcome) -> None:
        self.steps.append(f"mark {computed.counts.processed}")


@pytest.fixture
def played(contracts: Contracts, tmp_path: Path) -> Played:
    lake = Lake("raw", "processed", "curated", "artifacts", "processed_db", "curated_db")
    hours = Hours.parse("2026-03-02T10:00:00Z")
    args = StageArguments("sales", "process", hours, "one", lake, "files", "leases", 72, 7)
    made = Played(None, args, contracts, MemoryLedger(tmp_path), FreeLeases(), None)
    made.store = Store(made.steps)
    return made


def test_a_run_marks_what_it_has_reported(played: Played) -> None:
    report = played.run()
    assert played.steps == ["select", "compute", "write", "mark 3"]
    [(uri, written)] = played.store.written.items()
    assert uri == "artifacts/runs/sales/one/process.json"
    assert written == report.document()
    assert (written["datasets"]["sales"]["processed"], written["waiting"]) == (3, 7)
    assert played.processed.id == "processed.sales"
    assert played.table(played.processed) == "glue_catalog.processed_db.sales"


def test_a_run_that_loses_something_reports_it_and_marks_nothing(played: Played) -> None:
    played.lost = ("b",)
    with pytest.raises(LostError, match="sales: received 3 is not processed 2 .* 1 lost, first: b$"):
        played.run()
    assert played.steps == ["select", "compute", "write"]
    [written] = played.store.written.values()
    assert written["lost"] == 1


def test_a_run_that_fails_writes_and_marks_nothing(played: Played) -> None:
    played.error = RuntimeError("table is gone")
    with pytest.raises(RuntimeError, match="table is gone"):
        played.run()
    assert played.steps == ["select", "compute"]
