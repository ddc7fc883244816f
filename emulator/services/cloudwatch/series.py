"""CloudWatch's data points by metric and time, so that alarms need not look through all of them."""

from __future__ import annotations

import datetime
import math
from bisect import bisect_left, insort
from collections import defaultdict, deque
from collections.abc import Iterable
from typing import Any

Key = tuple[str, str, frozenset[tuple[str, str]]]

_STATISTICS: dict[str, Any] = {
    "Sum": sum,
    "Maximum": max,
    "Minimum": min,
    "SampleCount": len,
    "Average": lambda values: sum(values) / len(values),
}


def key(namespace: str, name: str, dimensions: Iterable[Any]) -> Key:
    """What tells one metric from another; dimensions are moto's."""
    return namespace, name, frozenset((one.name, one.value) for one in dimensions)


class Series:
    """Follows moto's one list of everything, which only grows.

    What services measure is known to CloudWatch some time after it was measured.
    """

    def __init__(self) -> None:
        self._read = 0
        self._coming: deque[tuple[float, Any]] = deque()
        self._points: defaultdict[Key, list[tuple[float, float]]] = defaultdict(list)

    def follow(self, data: list[Any], now: float = 0.0, delay: float = 0.0) -> None:
        """Take in what was added to the list since the last time, so many seconds later what services have added."""
        for datum in data[self._read :]:
            if datum.namespace.startswith("AWS/"):
                self._coming.append((now + delay, datum))
            else:
                self._add(datum)
        self._read = len(data)
        while self._coming and self._coming[0][0] <= now:
            self._add(self._coming.popleft()[1])

    def _add(self, datum: Any) -> None:
        if hasattr(datum, "value"):  # statistics without values come from no part of the platform
            stamp = datum.timestamp.replace(tzinfo=datetime.UTC).timestamp()
            insort(self._points[key(datum.namespace, datum.name, datum.dimensions)], (stamp, datum.value))

    def value(self, metric: Key, statistic: str, start: float, end: float) -> float | None:
        """A statistic of the points in [start, end), in Unix seconds; None without any."""
        points = self._points.get(metric, [])
        chosen = [value for _, value in points[bisect_left(points, (start,)) : bisect_left(points, (end,))]]
        if not chosen:
            return None
        if statistic.startswith("p"):
            rank = math.ceil(float(statistic[1:]) / 100 * len(chosen))
            return sorted(chosen)[max(rank, 1) - 1]
        return float(_STATISTICS[statistic](chosen))
