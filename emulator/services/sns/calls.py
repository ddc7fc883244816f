"""Which permissions SNS' calls need (Service Authorization Reference)."""

from __future__ import annotations

from typing import Any

from emulator.core.permissions import keys
from emulator.core.permissions.asks import Ask, UnknownCallError
from emulator.core.permissions.keys import DECRYPT, GENERATE

Json = dict[str, Any]


def needs(operation: str, form: Json) -> list[Ask]:
    """Publishing to a topic."""
    if operation not in ("Publish", "PublishBatch") or "TopicArn" not in form:
        raise UnknownCallError(f"sns:{operation} to other than a topic")
    return publish(form["TopicArn"])


def publish(topic: str) -> list[Ask]:
    """What publishing to a topic needs."""
    return [Ask("sns:Publish", topic), *keys.of_topic(topic, GENERATE, DECRYPT)]
