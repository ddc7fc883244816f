"""The policies that have a say in a request, as moto keeps them."""

from __future__ import annotations

import json
from typing import Any

from moto.iam.models import ManagedPolicy, Role, iam_backends

from emulator.core import descriptors
from emulator.core.settings import ACCOUNT

_PARTITION = "aws"

_roles: dict[str, Role] = {}


def role(role_arn: str) -> Role | None:
    """The role of this ARN; None when there is none."""
    backend = iam_backends[ACCOUNT][_PARTITION]
    found = _roles.get(role_arn)
    if found is not None and backend.roles.get(found.id) is found:
        return found
    found = next((one for one in list(backend.roles.values()) if one.arn == role_arn), None)
    if found is not None:
        _roles[role_arn] = found
    return found


def roles() -> list[Role]:
    """Every role."""
    return list(iam_backends[ACCOUNT][_PARTITION].roles.values())


def identity(held: Role | None) -> tuple[str, ...]:
    """The texts of a role's policies, inline and attached; of a role that is gone, none."""
    if held is None:
        return ()
    return tuple(held.policies.values()) + tuple(_in_force(policy) for policy in list(held.managed_policies.values()))


def _in_force(policy: ManagedPolicy) -> str:
    """The text of a managed policy's default version."""
    return next(held.document for held in policy.versions if held.version_id == policy.default_version_id)


def sids(held: Role) -> list[str]:
    """The names of a role's statements."""
    return [
        statement["Sid"]
        for text in identity(held)
        for statement in listed(json.loads(text)["Statement"])
        if "Sid" in statement
    ]


def spelled_out(text: str) -> str:
    """A policy with a list wherever IAM also takes a single value, which is how the platform writes policies."""
    document = json.loads(text)
    statements = [_spelled_out(statement) for statement in listed(document.get("Statement", []))]
    return json.dumps({"Version": document.get("Version", "2008-10-17"), "Statement": statements})


def _spelled_out(statement: dict[str, Any]) -> dict[str, Any]:
    spelled: dict[str, Any] = {
        name: listed(value) if name in ("Action", "Resource") else value for name, value in statement.items()
    }
    if "Principal" in spelled:
        principal = {"AWS": "*"} if spelled["Principal"] == "*" else spelled["Principal"]
        spelled["Principal"] = {kind: listed(value) for kind, value in principal.items()}
    if "Condition" in spelled:
        spelled["Condition"] = {
            operator: {key: [str(one) for one in listed(value)] for key, value in tests.items()}
            for operator, tests in spelled["Condition"].items()
        }
    return spelled


def listed(value: Any) -> list[Any]:
    """What IAM's JSON may say as one value or as many, as many."""
    return value if isinstance(value, list) else [value]


def policy(resource: str) -> str | None:
    """The text of a resource's own policy; None where it has none."""
    service = descriptors.of_arn(resource)
    return service.policy(resource) if service is not None and service.policy is not None else None
