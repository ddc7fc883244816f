"""Which permissions SNS' calls need (Service Authorization Reference)."""

from __future__ import annotations

from typing import Any

from emulator.core.permissions import keys
from emulator.core.permissions.authorization_requests import AuthorizationRequest, UnknownCallError
from emulator.core.permissions.keys import DECRYPT, GENERATE

Json = dict[str, Any]


def needs(operation: str, form: Json) -> list[AuthorizationRequest]:
    """Publishing to a topic."""
    if operation not in ("Publish", "PublishBatch") or "TopicArn" not in form:
        raise UnknownCallError(f"sns:{operation} to other than a topic")
    return publish(form["TopicArn"])


def publish(topic: str) -> list[AuthorizationRequest]:
    """What publishing to a topic needs."""
    return [AuthorizationRequest("sns:Publish", topic), *keys.of_topic(topic, GENERATE, DECRYPT)]
