"""SNS: policies for nobody, topics of the same name that differ."""

from __future__ import annotations

from moto.core.utils import camelcase_to_underscores
from moto.sns.models import sns_backends

from emulator.core.permissions.authorization_requests import arn
from emulator.core.refusals import principals
from emulator.core.refusals.registry import Call, Refused, refuses
from emulator.core.settings import ACCOUNT, REGION

_DIFFERS = "Invalid parameter: Topic already exists with different"


@refuses("sns", "CreateTopic", "SetTopicAttributes")
def policy_for_nobody(call: Call) -> None:
    """A topic's policy names principals that are there."""
    given = call.get("Attributes") or {call.get("AttributeName"): call.get("AttributeValue")}
    if given.get("Policy") and principals.unusable(given["Policy"]):
        raise Refused("InvalidParameter", "Invalid parameter: Policy Error: PrincipalNotFound")


@refuses("sns", "CreateTopic")
def topic_that_differs(call: Call) -> None:
    """API Reference, CreateTopic: made again it is the same topic, unless its attributes or tags differ."""
    topic = sns_backends[ACCOUNT][REGION].topics.get(arn("sns", call["Name"]))
    if topic is None:
        return
    for name, value in call.get("Attributes", {}).items():
        if name != "Policy" and getattr(topic, camelcase_to_underscores(name), None) != value:
            raise Refused("InvalidParameter", f"{_DIFFERS} attributes")
    if {one["Key"]: one["Value"] for one in call.get("Tags", ())} != topic._tags:
        raise Refused("InvalidParameter", f"{_DIFFERS} tags")
