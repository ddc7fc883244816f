"""SQS: names that were given back a moment ago, policies for nobody."""

from __future__ import annotations

import json
import time
from typing import Any

from moto.sqs.models import SQSBackend, sqs_backends

from emulator.core.patch import wrap
from emulator.core.refusals import principals
from emulator.core.refusals.registry import Call, Refused, refuses
from emulator.core.settings import ACCOUNT, REGION

_SECONDS = 60
# API Reference, SetQueueAttributes.
_RANGES = {
    "DelaySeconds": (0, 900),
    "MaximumMessageSize": (1024, 1024**2),
    "MessageRetentionPeriod": (60, 1_209_600),
    "ReceiveMessageWaitTimeSeconds": (0, 20),
    "VisibilityTimeout": (0, 43_200),
    "KmsDataKeyReusePeriodSeconds": (60, 86_400),
}
_RECEIVES = (1, 1000)

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


@refuses("sqs", "CreateQueue", "SetQueueAttributes")
def attribute_out_of_range(call: Call) -> None:
    """The ranges of the attributes that are numbers."""
    attributes = call.get("Attributes", {})
    for name, (least, most) in _RANGES.items():
        if name in attributes and not _within(attributes[name], least, most):
            raise Refused("InvalidAttributeValue", f"Invalid value for the parameter {name}.")
    redrive = attributes.get("RedrivePolicy")
    if redrive and not _within(str(json.loads(redrive).get("maxReceiveCount", "")), *_RECEIVES):
        reason = f"Value {redrive} for parameter RedrivePolicy is invalid. Reason: Invalid value for maxReceiveCount"
        raise Refused("InvalidParameterValue", reason)


@refuses("sqs", "StartMessageMoveTask")
def source_is_no_dead_letter_queue(call: Call) -> None:
    """API Reference, StartMessageMoveTask: only the dead letter queue of another queue can be moved from."""
    backend, name = sqs_backends[ACCOUNT][REGION], call["SourceArn"].rsplit(":", 1)[1]
    if name not in backend.queues:
        raise Refused("ResourceNotFoundException", "The resource that you specified for the SourceArn does not exist.")
    if not backend.list_dead_letter_source_queues(name):
        raise Refused("InvalidParameterValue", "Source queue must be configured as a Dead Letter Queue.")


def _within(text: str, least: int, most: int) -> bool:
    return text.isdecimal() and least <= int(text) <= most
