"""The gate, on metrics alone."""

import json
from pathlib import Path

import pytest

import gate as command
from recommender.gate import decide

GOOD = {"recall_at_20": 0.30, "recall_lower": 0.25, "baseline_recall_at_20": 0.20, "customers": 100}


@pytest.mark.parametrize(
    ("changes", "live", "reasons"),
    [
        ({}, None, []),
        ({}, {"recall_at_20": 0.30}, []),
        ({}, {"recall_at_20": 0.3333}, []),  # 10 % less is 0.29997
        ({}, {"recall_at_20": 0.3334}, ["recall@20 0.3000 is below 0.3001: the live model's 0.3334 less 10%"]),
        ({"recall_lower": 0.20}, None, ["the lower bound of recall@20, 0.2000, does not beat the bestsellers' 0.2000"]),
        ({"recall_lower": 0.2001}, None, []),
        ({"customers": 19}, None, ["judged by 19 customers; at least 20 are wanted"]),
        ({"recall_lower": float("nan")}, None, ["recall_lower is nan, not a number"]),
        (
            {"customers": None, "recall_lower": "0.9"},
            None,
            ["customers is None, not a number", "recall_lower is '0.9', not a number"],
        ),
        ({}, {}, ["recall_at_20 is None, not a number"]),
        ({"recall_at_20": float("nan")}, {"recall_at_20": 0.3}, ["recall_at_20 is nan, not a number"]),
    ],
)
def test_decides(changes: dict, live: dict | None, reasons: list[str]) -> None:
    decision = decide({**GOOD, **changes}, live, 0.1, 20)
    assert list(decision.reasons) == reasons
    assert decision.passed == (not reasons)


def test_refuses_settings_out_of_range() -> None:
    for fall, customers in ((-0.1, 1), (1.0, 1), (float("nan"), 1), (0.1, 0)):
        with pytest.raises(ValueError, match="allowed"):
            decide(GOOD, None, fall, customers)


def test_the_command_writes_the_decision(tmp_path: Path) -> None:
    candidate, live, output = (tmp_path / name for name in ("candidate.json", "live.json", "out/decision.json"))
    candidate.write_text(json.dumps(GOOD))
    live.write_text(json.dumps({"recall_at_20": 0.5}))
    assert command.main([f"--candidate={candidate}", f"--output={output}"]) == 0
    assert json.loads(output.read_text()) == {"passed": True, "reasons": []}
    assert command.main([f"--candidate={candidate}", f"--live={live}", f"--output={output}"]) == 0
    assert json.loads(output.read_text())["passed"] is False
