"""IAM: what is attached stays, documents have sizes, and trust is in somebody."""

from __future__ import annotations

import re

from moto.iam.models import IAMBackend, iam_backends

from emulator.core.refusals import principals
from emulator.core.refusals.registry import Call, Refused, refuses
from emulator.core.settings import ACCOUNT

# Characters without white space: IAM User Guide, "IAM and AWS STS quotas".
_TRUST, _MANAGED, _INLINE = 2048, 6144, 10240
_ATTACHED = 10  # managed policies of one role


def _backend() -> IAMBackend:
    return iam_backends[ACCOUNT]["aws"]


def _size(document: str) -> int:
    return len(re.sub(r"\s", "", document))


@refuses("iam", "CreatePolicy", "CreatePolicyVersion")
def managed_policy_too_large(call: Call) -> None:
    """A managed policy has 6,144 characters."""
    if _size(call["PolicyDocument"]) > _MANAGED:
        raise Refused("LimitExceeded", f"Cannot exceed quota for PolicySize: {_MANAGED}")


@refuses("iam", "PutRolePolicy")
def inline_policies_too_large(call: Call) -> None:
    """The inline policies of a role have 10,240 characters together."""
    role = next((role for role in _backend().roles.values() if role.name == call["RoleName"]), None)
    held = {**(role.policies if role else {}), call["PolicyName"]: call["PolicyDocument"]}
    if sum(map(_size, held.values())) > _INLINE:
        message = f"Maximum policy size of {_INLINE} bytes exceeded for role {call['RoleName']}"
        raise Refused("LimitExceeded", message)


@refuses("iam", "CreateRole", "UpdateAssumeRolePolicy")
def trust_policy(call: Call) -> None:
    """A trust policy has 2,048 characters, and the roles and users of this account that it names are there."""
    text = call.get("AssumeRolePolicyDocument") or call["PolicyDocument"]
    if _size(text) > _TRUST:
        raise Refused("LimitExceeded", f"Cannot exceed quota for ACLSizePerRole: {_TRUST}")
    if principals.unusable(text):
        raise Refused("MalformedPolicyDocument", "Invalid principal in policy.")


@refuses("iam", "DeletePolicy")
def policy_in_use(call: Call) -> None:
    """A policy that is attached, or has versions beside the default one."""
    held = _backend().managed_policies.get(call["PolicyArn"])
    if held is None:
        return
    if held.attachment_count:
        raise Refused("DeleteConflict", "Cannot delete a policy attached to entities.")
    if len(held.versions) > 1:
        message = (
            "This policy has more than one version. Before you delete a policy, you must delete the policy's versions."
        )
        raise Refused("DeleteConflict", f"{message} The default version is deleted with the policy.")


@refuses("iam", "AttachRolePolicy")
def one_more_policy(call: Call) -> None:
    """A role has ten managed policies."""
    role = next((role for role in _backend().roles.values() if role.name == call["RoleName"]), None)
    if role and call["PolicyArn"] not in role.managed_policies and len(role.managed_policies) >= _ATTACHED:
        raise Refused("LimitExceeded", f"Cannot exceed quota for PoliciesPerRole: {_ATTACHED}")
