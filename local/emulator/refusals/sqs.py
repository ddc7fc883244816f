"""SQS: names that were given back a moment ago, policies for nobody."""

from __future__ import annotations

import time
from typing import Any

from moto.sqs.models import SQSBackend

from emulator.overlay.patch import wrap
from emulator.refusals import principals
from emulator.refusals.registry import Call, Refused, refuses

_SECONDS = 60

_deleted: dict[str, float] = {}  # when, by name


@wrap(SQSBackend)
def delete_queue(moto: Any, self: Any, queue_name: str) -> None:
    """Remembers when the name was given back."""
    moto(self, queue_name)
    _deleted[queue_name] = time.monotonic()


@refuses("sqs", "CreateQueue")
def deleted_recently(call: Call) -> None:
    """API Reference, CreateQueue: a name can be used again 60 seconds after its queue was deleted."""
    deleted = _deleted.get(call["QueueName"])
    if deleted is not None and time.monotonic() - deleted < _SECONDS:
        message = "You must wait 60 seconds after deleting a queue before you can create another with the same name."
        raise Refused("AWS.SimpleQueueService.QueueDeletedRecently", message)


@refuses("sqs", "CreateQueue", "SetQueueAttributes")
def policy_for_nobody(call: Call) -> None:
    """The attribute Policy is one of AWS's own form: principals have to be there."""
    policy = call.get("Attributes", {}).get("Policy")
    if policy and principals.unusable(policy):
        raise Refused("InvalidAttributeValue", "Invalid value for the parameter Policy.")
