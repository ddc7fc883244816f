"""CloudWatch: composite alarms, and alarms and dashboards that are gone."""

from __future__ import annotations

from typing import Any

from moto.cloudwatch.models import Alarm, CloudWatchBackend
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult, EmptyResult

from emulator.core.patch import add, wrap


@add(CloudWatchResponse)
def put_composite_alarm(self: Any) -> ActionResult:
    """Creates or replaces an alarm made of a rule over other alarms."""
    self.cloudwatch_backend.put_metric_alarm(
        name=self._get_param("AlarmName"),
        namespace=None,
        metric_name=None,
        comparison_operator=None,
        evaluation_periods=None,
        period=None,
        threshold=None,
        statistic=None,
        description=self._get_param("AlarmDescription"),
        dimensions=[],
        alarm_actions=self._get_param("AlarmActions", []),
        ok_actions=self._get_param("OKActions", []),
        insufficient_data_actions=self._get_param("InsufficientDataActions", []),
        actions_enabled=self._get_param("ActionsEnabled", True),
        rule=self._get_param("AlarmRule"),
        tags=self._get_param("Tags", []),
    )
    return EmptyResult()


@wrap(CloudWatchBackend)
def put_metric_alarm(moto: Any, self: Any, name: str, **given: Any) -> Alarm:
    """A new alarm has no state yet, which moto calls OK; one that is changed keeps its own (PutMetricAlarm)."""
    before = self.alarms.get(name)
    made: Alarm = moto(self, name=name, **given)
    made.state_value = "INSUFFICIENT_DATA"
    if before is not None:
        made.state_value, made.state_reason = before.state_value, before.state_reason
        made.state_updated_timestamp = before.state_updated_timestamp
    return made


@wrap(CloudWatchBackend)
def get_alarms_by_state_value(moto: Any, self: Any, target_state: str) -> list[Alarm]:
    """Alarms that can be looked through twice: moto's are gone after those of metrics."""
    return list(moto(self, target_state))


@wrap(CloudWatchResponse)
def describe_alarms(moto: Any, self: Any) -> ActionResult:
    """AlarmTypes selects; without it AWS answers metric alarms alone."""
    answer = moto(self)
    kinds = self._get_param("AlarmTypes", []) or ["MetricAlarm"]
    if "MetricAlarm" not in kinds:
        answer.result["MetricAlarms"] = []
    if "CompositeAlarm" not in kinds:
        answer.result["CompositeAlarms"] = []
    return answer
