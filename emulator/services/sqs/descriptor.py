"""SQS."""

from __future__ import annotations

from typing import Any

from moto.sqs.models import sqs_backends

from emulator.core import aws
from emulator.core.deliver import Delivery
from emulator.core.descriptors import Descriptor, named
from emulator.core.settings import ACCOUNT, REGION
from emulator.services.sqs import calls


def _deliver(arn: str, text: str, given: Delivery) -> None:
    group = {"MessageGroupId": given.group} if given.group else {}
    url = aws.client("sqs").get_queue_url(QueueName=arn.rsplit(":", 1)[1])["QueueUrl"]
    aws.client("sqs", role=given.role).send_message(QueueUrl=url, MessageBody=text, **given.options, **group)


def _policy(arn: str) -> str | None:
    queue: Any = sqs_backends[ACCOUNT][REGION].queues.get(arn.rsplit(":", 1)[-1])
    return queue.policy if queue is not None and queue.policy else None


DESCRIPTORS = (
    Descriptor(
        "sqs",
        patches=("patches", "move_tasks"),
        refusals=("refusals",),
        arn="sqs",
        needs=calls.needs,
        deliver=_deliver,
        policy=_policy,
        lists=named(queue="queues"),
    ),
)
