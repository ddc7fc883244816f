"""The account's policy for log delivery, into which Step Functions writes the log groups of its state machines.

CloudWatch Logs User Guide, "Enable logging from AWS services", and "Log group resource policy size limit
considerations": each log group has an entry, the policy has 5,120 characters, entries of groups that are gone stay,
and before the policy is full names that begin with /aws/vendedlogs/ are admitted together, after which they need no
entries of their own.
"""

from __future__ import annotations

import json
from typing import Any

from moto.logs.models import LogsBackend, logs_backends
from moto.stepfunctions.parser.models import StepFunctionsParserBackend

from emulator.core import locks
from emulator.core.patch import wrap
from emulator.core.settings import ACCOUNT, REGION

NAME = "AWSLogDeliveryWrite20150319"

_LIMIT = 5120
_VENDED = "/aws/vendedlogs/"
_PREFIX = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:"
_ALL_VENDED = f"{_PREFIX}{_VENDED}*:log-stream:*"


def groups(configuration: Any) -> list[str]:
    """The ARNs of the log groups that a state machine's logging configuration names; none while it logs nothing."""
    given = configuration or {}
    if given.get("level", "OFF") == "OFF":
        return []
    return [one["cloudWatchLogsLogGroup"]["logGroupArn"] for one in given.get("destinations") or []]


def exists(group: str) -> bool:
    """Whether there is a log group of this ARN, which ends with :*."""
    return group.removeprefix(_PREFIX).removesuffix(":*") in _logs().groups


def fits(group: str) -> bool:
    """Whether the policy has room for a log group."""
    return len(_document(_with(_entries(), group))) <= _LIMIT


def admit(group: str) -> None:
    """Write a log group's entry."""
    with locks.holding("logs"):
        before = _entries()
        if (after := _with(before, group)) != before:
            _logs().put_resource_policy(NAME, _document(after))


def _logs() -> LogsBackend:
    return logs_backends[ACCOUNT][REGION]


def _entries() -> list[str]:
    held = _logs().resource_policies.get(NAME)
    return json.loads(held.policy_document)["Statement"][0]["Resource"] if held else []


def _with(entries: list[str], group: str) -> list[str]:
    """The entries with one for a group; as long as there is room beside them, one for all vended groups."""
    entry = f"{group.removesuffix(':*')}:log-stream:*"
    if entry in entries or (_ALL_VENDED in entries and entry.startswith(_PREFIX + _VENDED)):
        return entries
    after = [*entries, entry]
    if _ALL_VENDED in entries or len(_document([*after, _ALL_VENDED])) <= _LIMIT:
        return after
    return [*(one for one in after if not one.startswith(_PREFIX + _VENDED)), _ALL_VENDED]


def _document(entries: list[str]) -> str:
    statement = {
        "Sid": "AWSLogDeliveryWrite",
        "Effect": "Allow",
        "Principal": {"Service": "delivery.logs.amazonaws.com"},
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": entries,
        "Condition": {
            "StringEquals": {"aws:SourceAccount": [ACCOUNT]},
            "ArnLike": {"aws:SourceArn": [f"arn:aws:logs:{REGION}:{ACCOUNT}:*"]},
        },
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, separators=(",", ":"))


@wrap(StepFunctionsParserBackend)
def create_state_machine(moto: Any, self: Any, *args: Any, **given: Any) -> Any:
    """Has the state machine's log groups admitted."""
    made = moto(self, *args, **given)
    for group in groups(given.get("loggingConfiguration")):
        admit(group)
    return made


@wrap(StepFunctionsParserBackend)
def update_state_machine(moto: Any, self: Any, *args: Any, **given: Any) -> Any:
    """As on creation."""
    changed = moto(self, *args, **given)
    for group in groups(given.get("logging_configuration")):
        admit(group)
    return changed
