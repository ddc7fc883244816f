"""CloudWatch alarms: their states follow the metrics, and their actions are notified.

What services measure is there a minute after it was measured. Differences to AWS: the periods
of an alarm end at the moment it is looked at, not on whole minutes. So that nobody has to wait
for an alarm of an hour, a minute of all alarms can be made shorter:
POST /_local/alarms {"minuteSeconds": 1}. Metrics keep their own time.
"""

from __future__ import annotations

import datetime
import itertools
import json
import logging
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

from moto.cloudwatch.models import Alarm, CloudWatchBackend, cloudwatch_backends

from emulator.core import admin, locks
from emulator.core.deliver import ERRORS, deliver
from emulator.core.settings import Settings
from emulator.services.cloudwatch import expressions, history, service_metrics
from emulator.services.cloudwatch.series import Series, key
from emulator.services.events import rules as event_rules

log = logging.getLogger(__name__)

_LOOKS = 12  # a minute
_ARRIVAL_MINUTES = 1  # after which the metrics of services are there
_FURTHER = 2  # periods before those of the alarm, in which data are looked for that these lack

_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": lambda value, threshold: value > threshold,
    "GreaterThanOrEqualToThreshold": lambda value, threshold: value >= threshold,
    "LessThanThreshold": lambda value, threshold: value < threshold,
    "LessThanOrEqualToThreshold": lambda value, threshold: value <= threshold,
}

_settings: Settings
_series = Series()
_minute = 60.0  # seconds


def install(settings: Settings) -> None:
    """Watch; GET /_local/alarms tells the states."""
    global _settings
    _settings = settings
    admin.route("GET", "/_local/alarms", lambda _: _states())
    admin.route("POST", "/_local/alarms", _pace)
    threading.Thread(target=_watch, name="alarms", daemon=True).start()


def _backend() -> CloudWatchBackend:
    return cloudwatch_backends[_settings.account][_settings.region]


def _states() -> dict[str, dict[str, str]]:
    with locks.holding("cloudwatch"):
        return {
            name: {"state": alarm.state_value, "reason": alarm.state_reason}
            for name, alarm in _backend().alarms.items()
        }


def _pace(body: dict[str, Any]) -> dict[str, float]:
    global _minute
    seconds = float(body["minuteSeconds"])
    if not 0.1 <= seconds <= 60:
        raise ValueError(f"minuteSeconds {seconds:g}: want 0.1 to 60")
    _minute = seconds
    return {"minuteSeconds": seconds}


def _watch() -> None:
    for look in itertools.count():
        time.sleep(max(0.1, _minute / _LOOKS))
        try:
            service_metrics.sample(_settings, whole_minute=look % _LOOKS == 0)
            for alarm, before in _look(time.time()):
                _tell(alarm, before)
        except Exception:
            log.exception("alarms")


def _look(now: float) -> list[tuple[Alarm, str]]:
    """Set every alarm's state, composite ones last; those that changed, with the state before."""
    changed = []
    with locks.holding("cloudwatch"):
        backend = _backend()
        _series.follow(backend.metric_data, now, _ARRIVAL_MINUTES * _minute)
        by_hand = history.taken()
        for alarm in sorted(backend.alarms.values(), key=lambda one: one.rule is not None):
            if alarm.name in by_hand:
                changed.append((alarm, by_hand[alarm.name]))
                continue
            before = alarm.state_value
            try:
                state, reason = _of_rule(alarm) if alarm.rule is not None else _of_metrics(alarm, now)
            except (ValueError, ArithmeticError) as error:  # the other alarms are looked at all the same
                state, reason = "INSUFFICIENT_DATA", f"Unchecked: {error}"
            if state != before:
                log.info("alarm %s: %s, %s", alarm.name, state, reason)
                alarm.update_state(reason, "{}", state)
                changed.append((alarm, before))
    return changed


def _of_rule(alarm: Alarm) -> tuple[str, str]:
    states = {name: other.state_value for name, other in _backend().alarms.items()}

    def _in(state: str) -> Callable[[str], bool]:
        return lambda name: states[name] == state

    functions = {state: _in(state) for state in ("ALARM", "OK", "INSUFFICIENT_DATA")}
    raised = expressions.evaluate(alarm.rule or "", {}, functions)
    return ("ALARM" if raised else "OK"), f"{alarm.rule} is {str(bool(raised)).lower()}"


def _of_metrics(alarm: Alarm, now: float) -> tuple[str, str]:
    """The state that the last periods make, by "Configuring how CloudWatch alarms treat missing data"."""
    periods = int(alarm.evaluation_periods)
    seconds = _period(alarm) * _minute / 60
    # Where periods lack data, those before them count in their place ("evaluation range").
    values = [_value(alarm, now - (back + 1) * seconds, now - back * seconds) for back in range(periods + _FURTHER)]
    known = [value for value in values if value is not None][:periods]
    missing = alarm.treat_missing_data or "missing"
    if not known and missing in ("missing", "ignore"):
        state = "INSUFFICIENT_DATA" if missing == "missing" else alarm.state_value
        return state, f"no data in {periods} period(s)"
    breaches = _COMPARISONS[alarm.comparison_operator]
    threshold = float(alarm.threshold)
    bad = sum(breaches(value, threshold) for value in known)
    if missing == "breaching":
        bad += periods - len(known)
    raised = bad >= int(alarm.datapoints_to_alarm or periods)
    shown = ", ".join("none" if value is None else f"{value:g}" for value in values)
    return ("ALARM" if raised else "OK"), f"{alarm.comparison_operator} {threshold:g}, newest first: {shown}"


def _period(alarm: Alarm) -> float:
    if alarm.metric_data_queries:
        return max(float(query.metric_stat.period) for query in alarm.metric_data_queries if query.metric_stat)
    return float(alarm.period)


def _value(alarm: Alarm, start: float, end: float) -> float | None:
    if not alarm.metric_data_queries:
        metric = key(alarm.namespace, alarm.metric_name, alarm.dimensions)
        return _series.value(metric, alarm.statistic or alarm.extended_statistic or "", start, end)
    found: dict[str, float | None] = {}
    for query in alarm.metric_data_queries:
        if stat := query.metric_stat:
            metric = key(stat.metric.namespace, stat.metric.metric_name, stat.metric.dimensions)
            found[query.id] = _series.value(metric, stat.stat, start, end)
    functions = expressions.metric_math(list(found.values()))
    [expression] = [query.expression for query in alarm.metric_data_queries if query.expression]
    result = expressions.evaluate(expression, found, functions)
    return None if result is None else float(result)


def _tell(alarm: Alarm, before: str) -> None:
    """Tell EventBridge of the change, and the actions of the new state, as CloudWatch words it."""
    _publish(alarm, before)
    if not alarm.actions_enabled:
        return
    actions = {"ALARM": alarm.alarm_actions, "OK": alarm.ok_actions}.get(
        alarm.state_value, alarm.insufficient_data_actions
    )
    message = {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description,
        "AWSAccountId": _settings.account,
        "NewStateValue": alarm.state_value,
        "NewStateReason": alarm.state_reason,
        "StateChangeTime": datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds"),
        "Region": _settings.region,
        "AlarmArn": alarm.alarm_arn,
        "OldStateValue": before,
    }
    for action in actions or []:
        try:
            deliver(action, json.dumps(message), subject=f'{alarm.state_value}: "{alarm.name}"'[:100])
            history.note(alarm, "Action", f"Successfully executed action {action}")
        except ERRORS as error:
            log.warning("alarm %s: action %s: %s", alarm.name, action, error)
            history.note(alarm, "Action", f'Failed to execute action {action}. Received error: "{error}"')


def _publish(alarm: Alarm, before: str) -> None:
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
    event_rules.publish(
        {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": "CloudWatch Alarm State Change",
            "source": "aws.cloudwatch",
            "account": _settings.account,
            "time": time.time(),
            "region": _settings.region,
            "resources": [alarm.alarm_arn],
            "detail": {
                "alarmName": alarm.name,
                "state": {"value": alarm.state_value, "reason": alarm.state_reason, "timestamp": now},
                "previousState": {"value": before},
            },
        }
    )
