"""SNS: policies for nobody."""

from __future__ import annotations

from emulator.refusals import principals
from emulator.refusals.registry import Call, Refused, refuses


@refuses("sns", "CreateTopic", "SetTopicAttributes")
def policy_for_nobody(call: Call) -> None:
    """A topic's policy names principals that are there."""
    given = call.get("Attributes") or {call.get("AttributeName"): call.get("AttributeValue")}
    if given.get("Policy") and principals.unusable(given["Policy"]):
        raise Refused("InvalidParameter", "Invalid parameter: Policy Error: PrincipalNotFound")
