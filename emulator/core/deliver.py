"""Delivery to the targets that events, schedules and failures name by ARN."""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from emulator.core import aws

# What a delivery can fail with; trying again may help.
ERRORS = (BotoCoreError, ClientError, ValueError, KeyError)


def deliver(
    arn: str,
    text: str,
    *,
    subject: str = "",
    group: str = "",
    options: dict[str, Any] | None = None,
    role: str = "",
) -> None:
    """Send a text to a queue, topic, function, state machine or event bus.

    group is the message group of FIFO queues; options are further arguments of
    the call; role is whose credentials it is made with. Raises botocore's ClientError
    as the target's API does, ValueError for a kind of target that isn't known here.
    """
    service = arn.split(":")[2]
    more = options or {}
    if service == "sqs":
        if group:
            more = {**more, "MessageGroupId": group}
        aws.client("sqs", role=role).send_message(QueueUrl=queue_url(arn), MessageBody=text, **more)
    elif service == "sns":
        aws.client("sns", role=role).publish(
            TopicArn=arn,
            Message=text,
            **({"Subject": subject} if subject else {}),
            **more,
        )
    elif service == "lambda":
        aws.client("lambda", role=role).invoke(FunctionName=arn, InvocationType="Event", Payload=text.encode(), **more)
    elif service == "states":
        aws.client("stepfunctions", role=role).start_execution(stateMachineArn=arn, input=text, **more)
    elif service == "events":
        detail = json.loads(text)
        entry = {
            "EventBusName": arn,
            "Source": "lambda",
            "DetailType": "Lambda Function Invocation Result",
        }
        entry |= {"Detail": json.dumps(detail), **more}
        aws.client("events", role=role).put_events(Entries=[entry])
    else:
        raise ValueError(f"no delivery to {arn}")


def queue_url(arn: str) -> str:
    """The URL of a queue of the emulator."""
    return aws.client("sqs").get_queue_url(QueueName=arn.rsplit(":", 1)[1])["QueueUrl"]
