"""The half-open range of arrival times a run works on."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

HOUR = timedelta(hours=1)

Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class Hours:
    """Arrival times in [start, end), UTC.

    ``late_arrivals`` also takes every file that arrived before ``end`` and is not processed yet, of a stream every hour
    that got something no run has computed: so an hour that failed is caught up by the next scheduled one.
    """

    start: datetime
    end: datetime
    late_arrivals: bool

    @classmethod
    def parse(cls, text: str) -> "Hours":
        """Read an instant (the closed hour before it, with late arrivals) or ``<start>/<end>`` (exactly that range)."""
        first, slash, last = text.partition("/")
        if slash:
            start, end = instant("hours", first), instant("hours", last)
            if start >= end:
                raise ValueError(f"hours {text!r}: the start must be before the end")
            return cls(start, end, late_arrivals=False)
        end = floor_hour(instant("hours", first))
        return cls(end - HOUR, end, late_arrivals=True)

    def spans(self, waiting: Iterable[datetime]) -> "list[Span]":
        """Return what a run takes of a stream when these hours wait: ranges without gaps between them."""
        beside = sorted(hour for hour in waiting if self.late_arrivals and hour < self.start)
        found = [(self.start, self.end)]
        for hour in reversed(beside):
            if hour + HOUR >= found[0][0]:
                found[0] = (hour, found[0][1])
            else:
                found.insert(0, (hour, hour + HOUR))
        return found

    def __str__(self) -> str:
        return f"{iso(self.start)}/{iso(self.end)}"


def instant(name: str, text: str) -> datetime:
    """Read an instant in UTC; raise ValueError, which begins with the name, for any other text."""
    try:
        value = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise ValueError(f"{name}: {text!r} is no ISO 8601 instant such as 2026-01-31T10:00:00Z") from error
    if value.tzinfo is None:
        raise ValueError(f"{name}: {text!r} has no time zone, write 2026-01-31T10:00:00Z")
    return value.astimezone(UTC)


def floor_hour(value: datetime) -> datetime:
    """Return the start of the hour that holds value."""
    return value.replace(minute=0, second=0, microsecond=0)


def overdue(arrivals: Iterable[datetime]) -> list[datetime]:
    """Return the arrivals of hours that are over: a run can take them."""
    now = floor_hour(datetime.now(UTC))
    return sorted(arrival for arrival in arrivals if arrival < now)


def iso(value: datetime) -> str:
    """Write an instant as the ledger does: UTC, whole seconds, Z."""
    # strftime writes the year 500 as 500, which sorts after 2011.
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def each_hour(start: datetime, end: datetime) -> list[datetime]:
    """Return the starts of all hours that [start, end) touches."""
    first = floor_hour(start)
    count = -((first - end) // HOUR)
    return [first + HOUR * index for index in range(count)]
