"""Evaluates how much of what came is bad: a file, or a batch of a stream, when the hour it arrived in is as a whole.

That is done before anything is published, by the run that reads it first. What is refused is reported by that run,
which fails, and changes no table in it: the bad lines are in quarantine, and the good ones wait no longer than for the
next run. What came beside it is published, so that a source that goes on sending bad data holds nobody else up.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from dataplatform.hours import HOUR, iso

_NAMED = 5


@dataclass(frozen=True)
class Evaluated:
    """How much of a file, or of a batch, was received in an hour, and how much of that is bad, by reason."""

    name: str
    hour: datetime
    received: int
    bad: int
    reasons: Mapping[str, int]

    def over(self, limit: float) -> bool:
        """Return whether more than the limit is bad."""
        return self.bad > limit * self.received

    def __str__(self) -> str:
        reasons = ", ".join(f"{code} {number}" for code, number in sorted(self.reasons.items()))
        return f"{self.name}: {self.bad} of {self.received}{f' ({reasons})' if reasons else ''}"


def refused(evaluated: Iterable[Evaluated], limit: float) -> list[Evaluated]:
    """Return those over the limit whose hour is over it, too: a few bad lines of a small file hold nobody up."""
    hours: dict[datetime, list[Evaluated]] = defaultdict(list)
    for one in evaluated:
        hours[one.hour].append(one)
    found = []
    for hour in sorted(hours):
        bad, received = (sum(getattr(one, name) for one in hours[hour]) for name in ("bad", "received"))
        if bad > limit * received:
            found += [one for one in hours[hour] if one.over(limit)]
    return found


def is_fresh(refused_by: str, execution: str) -> bool:
    """Return whether no other run has refused it before: a run that is taken up again comes to the same."""
    return refused_by in ("", execution)


def refusal_message(dataset: str, found: list[Evaluated], limit: float) -> str:
    """Say what was refused, why, and which command shows it."""
    first, last = (of(one.hour for one in found) for of in (min, max))
    span = f"--from {iso(first)} --to {iso(last + HOUR)}"
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return (
        f"{dataset}: more than pipelines.quarantineLimit {limit:g} is bad of "
        f"{'; '.join(map(str, found[:_NAMED]))}{more}. What is good of it the next run publishes; "
        f"dataplatform replay quarantine --dataset {dataset} {span} --dry-run shows what is not"
    )
