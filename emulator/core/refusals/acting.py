"""Whether services may act: as a role by its trust policy, or in their own name by the policy of what they touch."""

from __future__ import annotations

from emulator.core.permissions import enforce
from emulator.core.permissions.authorization_requests import AuthorizationRequest, Context
from emulator.core.settings import ACCOUNT


def assumable(role: str, service: str, source: str) -> bool:
    """Whether a service may assume a role, there to act for what has the source's ARN."""
    context: Context = (("aws:SourceAccount", ACCOUNT), ("aws:SourceArn", source))
    return may(f"{service}.amazonaws.com", AuthorizationRequest("sts:AssumeRole", role, context))


def may(principal: str, *wanted: AuthorizationRequest) -> bool:
    """Whether a role or a service may do all of this."""
    if not principal.startswith("arn:"):
        named = ("aws:PrincipalServiceName", principal)
        wanted = tuple(
            AuthorizationRequest(access.action, access.resource, (*access.context, named)) for access in wanted
        )
    try:
        enforce.require(principal, wanted)
    except enforce.AccessDeniedError:
        return False
    return True
