"""The policies that have a say in a request, as moto keeps them."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from moto.awslambda.utils import get_backend
from moto.iam.models import ManagedPolicy, Role, iam_backends
from moto.kms.models import kms_backends
from moto.s3.models import s3_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from emulator.core.settings import ACCOUNT, REGION

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
    spelled = {name: listed(value) if name in ("Action", "Resource") else value for name, value in statement.items()}
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


@lru_cache(maxsize=256)
def _text(policy: bytes) -> str:
    """The same text each time, whose hash is known then: every request to a bucket looks its policy up."""
    return policy.decode()


def policy(resource: str) -> str | None:
    """The text of a resource's own policy; None where it has none."""
    service, name = resource.split(":", 3)[2] if resource.count(":") > 2 else "", resource.rsplit(":", 1)[-1]
    if service == "s3":
        bucket = s3_backends[ACCOUNT][_PARTITION].buckets.get(name.split("/", 1)[0])
        return _text(bucket.policy) if bucket is not None and bucket.policy else None
    if service == "kms":
        key = kms_backends[ACCOUNT][REGION].keys.get(name.removeprefix("key/"))
        return key.policy if key is not None else None
    if service == "sqs":
        queue: Any = sqs_backends[ACCOUNT][REGION].queues.get(name)
        return queue.policy if queue is not None and queue.policy else None
    if service == "sns":
        topic = sns_backends[ACCOUNT][REGION].topics.get(resource)
        return topic.policy if topic is not None else None
    if service == "lambda":
        function = get_backend(ACCOUNT, REGION).get_function_by_arn(resource)
        return (
            json.dumps({"Statement": function.policy.statements}) if function and function.policy.statements else None
        )
    if service == "iam" and (held := role(resource)) is not None:
        return held.assume_role_policy_document
    return None
