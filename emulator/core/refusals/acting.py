"""Whether services may act: as a role by its trust policy, or in their own name by the policy of what they touch."""

from __future__ import annotations

from emulator.core.permissions import enforce
from emulator.core.permissions.asks import Ask, Context
from emulator.core.settings import ACCOUNT


def assumable(role: str, service: str, source: str) -> bool:
    """Whether a service may assume a role, there to act for what has the source's ARN."""
    context: Context = (("aws:SourceAccount", ACCOUNT), ("aws:SourceArn", source))
    return may(f"{service}.amazonaws.com", Ask("sts:AssumeRole", role, context))


def may(principal: str, *asks: Ask) -> bool:
    """Whether a role or a service may do all of this."""
    if not principal.startswith("arn:"):
        named = ("aws:PrincipalServiceName", principal)
        asks = tuple(Ask(ask.action, ask.resource, (*ask.context, named)) for ask in asks)
    try:
        enforce.require(principal, asks)
    except enforce.AccessDeniedError:
        return False
    return True
