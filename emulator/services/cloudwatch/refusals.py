"""CloudWatch: what a composite alarm's rule names has to be there, and stays while it is named."""

from __future__ import annotations

import re

from moto.cloudwatch.models import CloudWatchBackend, cloudwatch_backends

from emulator.core.refusals.registry import Call, Refused, refuses
from emulator.core.settings import ACCOUNT, REGION

_STATES = re.compile(r"""\b(?:ALARM|OK|INSUFFICIENT_DATA)\(\s*("[^"]*"|'[^']*'|[^)\s]+)\s*\)""")


def _backend() -> CloudWatchBackend:
    return cloudwatch_backends[ACCOUNT][REGION]


def _named(rule: str) -> set[str]:
    """The alarms that a rule names, by name or by ARN."""
    return {name.strip("\"'").rpartition(":alarm:")[2] for name in _STATES.findall(rule)}


@refuses("cloudwatch", "PutCompositeAlarm")
def rule_of_nobody(call: Call) -> None:
    """A rule over alarms that are not there."""
    if missing := sorted(_named(call["AlarmRule"]) - _backend().alarms.keys()):
        message = f"Could not save the composite alarm as alarms [{', '.join(missing)}] in the alarm rule do not exist"
        raise Refused("ValidationError", message)


@refuses("cloudwatch", "DeleteAlarms")
def alarms_in_use(call: Call) -> None:
    """Alarms that the rule of an alarm names which stays."""
    going = set(call["AlarmNames"])
    used = {
        name for alarm in _backend().alarms.values() if alarm.name not in going for name in _named(alarm.rule or "")
    }
    if held := sorted(going & used):
        which = "it" if len(held) == 1 else "them"
        message = f"Cannot delete {','.join(held)} as there are composite alarm(s) depending on {which}."
        raise Refused("ValidationError", message)
