"""Schedule expressions of EventBridge: rate(…), cron(…), at(…)."""

from __future__ import annotations

import calendar
import datetime
import re
from dataclasses import dataclass
from zoneinfo import ZoneInfo

_UNITS = {"minute": 60, "hour": 3600, "day": 86_400}
_MONTHS = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if name}
_DAYS = {name: number for number, name in enumerate(["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"], 1)}
_FIELDS = (
    ("minutes", 0, 59),
    ("hours", 0, 23),
    ("day of month", 1, 31),
    ("month", 1, 12),
    ("day of week", 1, 7),
)


@dataclass(frozen=True)
class Expression:
    """A parsed expression; exactly one of the three is set.

    every is in seconds; fields are the sets of a cron expression, the sixth the
    year; moment is local time.
    """

    every: int | None = None
    fields: tuple[frozenset[int], ...] | None = None
    last_day: bool = False
    moment: datetime.datetime | None = None


def parse(text: str) -> Expression:
    """Parse an expression; ValueError says what is wrong or not supported."""
    kind, _, rest = text.strip().partition("(")
    inner = rest.removesuffix(")").strip()
    if kind == "rate":
        match = re.fullmatch(r"([1-9]\d*) (minute|hour|day)s?", inner)
        if not match:
            raise ValueError(f"{text}: rate takes a number and minutes, hours or days")
        return Expression(every=int(match[1]) * _UNITS[match[2]])
    if kind == "at":
        return Expression(moment=datetime.datetime.fromisoformat(inner))
    if kind != "cron":
        raise ValueError(f"{text}: neither rate(…) nor cron(…) nor at(…)")
    parts = inner.upper().split()
    if len(parts) != 6:
        raise ValueError(f"{text}: cron takes six fields")
    if "?" not in (parts[2], parts[4]):
        raise ValueError(f"{text}: one of day of month and day of week must be ?")
    names = ({}, {}, {}, _MONTHS, _DAYS)
    last_day = parts[2] == "L"
    if last_day:
        parts[2] = "*"
    sets = [_field(part, low, high, name) for part, (_, low, high), name in zip(parts, _FIELDS, names, strict=False)]
    return Expression(fields=(*sets, _field(parts[5], 1970, 2199, {})), last_day=last_day)


def _field(text: str, low: int, high: int, names: dict[str, int]) -> frozenset[int]:
    values: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        if span in ("*", "?"):
            first, last = low, high
        else:
            start, dash, end = span.partition("-")
            first = names.get(start) or _number(start, text)
            last = (names.get(end) or _number(end, text)) if dash else (high if step else first)
        if not low <= first <= last <= high:
            raise ValueError(f"{text}: not within {low} to {high}")
        values.update(range(first, last + 1, int(step or 1)))
    return frozenset(values)


def _number(text: str, field: str) -> int:
    if not text.isdigit():
        raise ValueError(f"{field}: {text!r} is not supported")
    return int(text)


def due(expression: Expression, after: float, until: float, zone: str, start: float) -> datetime.datetime | None:
    """The latest time in (after, until] at which a schedule fires, in UTC.

    Times are seconds since the epoch; zone is the schedule's time zone, start
    the moment from which a rate counts.
    """
    if expression.every is not None:
        times = int((until - start) // expression.every)
        moment = start + times * expression.every
        return _utc(moment) if times > 0 and moment > after else None
    if expression.moment is not None:
        moment = expression.moment.replace(tzinfo=ZoneInfo(zone)).timestamp()
        return _utc(moment) if after < moment <= until else None
    minute = int(until // 60) * 60
    while minute > after:
        if _matches(expression, _utc(minute).astimezone(ZoneInfo(zone))):
            return _utc(minute)
        minute -= 60
    return None


def _matches(expression: Expression, local: datetime.datetime) -> bool:
    assert expression.fields is not None
    minutes, hours, days, months, weekdays, years = expression.fields
    if expression.last_day and local.day != calendar.monthrange(local.year, local.month)[1]:
        return False
    return (
        local.minute in minutes
        and local.hour in hours
        and local.day in days
        and local.month in months
        and local.isoweekday() % 7 + 1 in weekdays
        and local.year in years
    )


def _utc(seconds: float) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC)
