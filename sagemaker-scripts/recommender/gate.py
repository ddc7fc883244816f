"""Whether a candidate may go live."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Decision:
    """The answer, with every reason against."""

    passed: bool
    reasons: tuple[str, ...]


def decide(
    candidate: Mapping[str, Any], live: Mapping[str, Any] | None, tolerated_fall: float, min_customers: int
) -> Decision:
    """Judge the metrics of a candidate beside those of the live model, None when nothing is live yet.

    The lower bound of its recall must be above the bestsellers' recall, and its recall not below the live model's by
    more than the tolerated share. Too few customers prove nothing, and what is not a number is no proof either.
    """
    if not 0 <= tolerated_fall < 1 or min_customers < 1:
        raise ValueError(f"tolerated_fall {tolerated_fall}, min_customers {min_customers}; allowed: [0, 1), from 1")
    reasons = []
    customers = _number(candidate, "customers", reasons)
    lower = _number(candidate, "recall_lower", reasons)
    baseline = _number(candidate, "baseline_recall_at_20", reasons)
    recall = _number(candidate, "recall_at_20", reasons)
    if customers < min_customers:
        reasons.append(f"judged by {customers:.0f} customers; at least {min_customers} are wanted")
    if lower <= baseline:
        reasons.append(f"the lower bound of recall@20, {lower:.4f}, does not beat the bestsellers' {baseline:.4f}")
    if live is not None:
        was = _number(live, "recall_at_20", reasons)
        allowed = was * (1 - tolerated_fall)
        if recall < allowed:
            reasons.append(
                f"recall@20 {recall:.4f} is below {allowed:.4f}: the live model's {was:.4f} less {tolerated_fall:.0%}"
            )
    return Decision(passed=not reasons, reasons=tuple(reasons))


def _number(metrics: Mapping[str, Any], name: str, reasons: list[str]) -> float:
    value = metrics.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        reasons.append(f"{name} is {value!r}, not a number")
        return math.nan
    return float(value)
