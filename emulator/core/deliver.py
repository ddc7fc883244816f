"""Delivery to the targets that events, schedules and failures name by ARN."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from emulator.core import descriptors

# What a delivery can fail with; trying again may help.
ERRORS = (BotoCoreError, ClientError, ValueError, KeyError)


@dataclass(frozen=True)
class Delivery:
    """How a text is delivered.

    subject is that of a topic's messages, group the message group of FIFO queues; options are further arguments of the
    call; role is whose credentials it is made with.
    """

    subject: str = ""
    group: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    role: str = ""


def deliver(
    arn: str,
    text: str,
    *,
    subject: str = "",
    group: str = "",
    options: dict[str, Any] | None = None,
    role: str = "",
) -> None:
    """Send a text to a queue, topic, function, state machine or event bus, as Delivery says.

    Raises botocore's ClientError as the target's API does, ValueError for a kind of target that isn't known here.
    """
    service = descriptors.of_arn(arn)
    if service is None or service.deliver is None:
        raise ValueError(f"no delivery to {arn}")
    service.deliver(arn, text, Delivery(subject, group, options or {}, role))
