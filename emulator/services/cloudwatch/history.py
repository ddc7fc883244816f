"""What happened to alarms: their states, and what their actions came to (DescribeAlarmHistory)."""

from __future__ import annotations

import datetime
from collections import deque
from typing import Any

from moto.cloudwatch.models import Alarm, CloudWatchBackend
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult

from emulator.core.patch import add, wrap

_items: deque[dict[str, Any]] = deque(maxlen=10_000)
# Alarms that somebody set to another state, with the state before: their actions are executed before the next look.
_set: dict[str, str] = {}


def note(alarm: Alarm, kind: str, summary: str) -> None:
    """Keep what happened, in CloudWatch's words."""
    _items.append(
        {
            "AlarmName": alarm.name,
            "AlarmType": "CompositeAlarm" if alarm.rule is not None else "MetricAlarm",
            "Timestamp": datetime.datetime.now(datetime.UTC),
            "HistoryItemType": kind,
            "HistorySummary": summary,
        }
    )


def taken() -> dict[str, str]:
    """What was set since the last call."""
    found = dict(_set)
    _set.clear()
    return found


@wrap(Alarm)
def update_state(moto: Any, self: Alarm, reason: str, reason_data: str, state_value: str) -> None:
    """Every change of state is noted."""
    before = self.state_value
    moto(self, reason, reason_data, state_value)
    if state_value != before:
        note(self, "StateUpdate", f"Alarm updated from {before} to {state_value}")


@wrap(CloudWatchBackend)
def set_alarm_state(
    moto: Any, self: CloudWatchBackend, alarm_name: str, reason: str, reason_data: str, state_value: str
) -> None:
    """A state for a moment, as a test: its action is executed, and the next look brings the actual state back."""
    before = self.alarms[alarm_name].state_value if alarm_name in self.alarms else state_value
    moto(self, alarm_name, reason, reason_data, state_value)
    if state_value != before:
        _set[alarm_name] = before


def _moment(value: Any) -> datetime.datetime | None:
    if isinstance(value, str):
        value = datetime.datetime.fromisoformat(value)
    return value.replace(tzinfo=value.tzinfo or datetime.UTC) if value else None


@add(CloudWatchResponse)
def describe_alarm_history(self: Any) -> ActionResult:
    """The newest first, unless asked otherwise; one page."""
    name, kind = self._get_param("AlarmName"), self._get_param("HistoryItemType")
    kinds = self._get_param("AlarmTypes", []) or ["MetricAlarm"]
    start, end = _moment(self._get_param("StartDate")), _moment(self._get_param("EndDate"))
    found = [
        item
        for item in list(_items)
        if (item["AlarmName"] == name if name else item["AlarmType"] in kinds)
        and kind in (None, item["HistoryItemType"])
        and (start is None or item["Timestamp"] >= start)
        and (end is None or item["Timestamp"] <= end)
    ]
    if self._get_param("ScanBy") != "TimestampAscending":
        found.reverse()
    return ActionResult({"AlarmHistoryItems": found[: self._get_int_param("MaxRecords") or 100]})
