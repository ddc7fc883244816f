"""S3 bucket policies for the administrator: denials with their conditions. For roles emulator.core.permissions decides.

moto reads a policy without its conditions, so a Deny of plain HTTP denies all.
Here a Deny for every principal is enforced on object requests when each of its
conditions is about encryption headers, and left unenforced when

  - it tests the transport (aws:SecureTransport, s3:TlsVersion): the emulator is
    plain HTTP on loopback and would refuse everything;
  - it tests who asks or from where (aws:Principal*, aws:Source*, principals
    other than "*"): the administrator is nobody in particular.

Allow statements change nothing: the administrator may do everything.
"""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import Any

from flask import has_request_context, request
from moto.iam.access_control import PermissionResult
from moto.s3.exceptions import S3ClientError
from moto.s3.models import FakeBucket

from emulator.core.patch import replace

_HEADERS = {
    "s3:x-amz-server-side-encryption": "x-amz-server-side-encryption",
    "s3:x-amz-server-side-encryption-aws-kms-key-id": "x-amz-server-side-encryption-aws-kms-key-id",
    "s3:x-amz-storage-class": "x-amz-storage-class",
    "s3:x-amz-acl": "x-amz-acl",
}


class AccessDenied(S3ClientError):
    """A bucket policy says no."""

    code = 403

    def __init__(self, sid: str) -> None:
        super().__init__("AccessDenied", f"Access Denied by the bucket policy's statement {sid!r}")


@replace(FakeBucket)
def get_permission(self: Any, action: str, resource: str) -> Any:
    """Raise AccessDenied if a statement denies the request; else neutral."""
    if self.policy and has_request_context():
        policy = json.loads(self.policy)
        for statement in _list(policy.get("Statement", [])):
            if denies(statement, action, resource, dict(request.headers)):
                raise AccessDenied(statement.get("Sid", ""))
    return PermissionResult.NEUTRAL


def denies(statement: dict[str, Any], action: str, resource: str, headers: dict[str, str]) -> bool:
    """Whether a statement, as far as it is enforced here, denies a request."""
    if statement.get("Effect") != "Deny" or statement.get("Principal") not in (
        "*",
        {"AWS": "*"},
        {"AWS": ["*"]},
    ):
        return False
    if not _covers(statement, "Action", action) or not _covers(statement, "Resource", resource):
        return False
    given = {name.lower(): value for name, value in headers.items()}
    for operator, tests in statement.get("Condition", {}).items():
        for key, wanted in tests.items():
            header = _HEADERS.get(key)
            if header is None or not _holds(operator, given.get(header), _list(wanted)):
                return False
    return True


def _covers(statement: dict[str, Any], field: str, value: str) -> bool:
    if f"Not{field}" in statement:
        return not any(_like(value, pattern) for pattern in _list(statement[f"Not{field}"]))
    return any(_like(value, pattern) for pattern in _list(statement.get(field, [])))


def _holds(operator: str, value: str | None, wanted: list[str]) -> bool:
    """Evaluate one condition as IAM does; a missing key satisfies only the
    negated operators and those that end in IfExists."""
    base = operator.removesuffix("IfExists")
    if base == "Null":
        return (value is None) == (str(wanted[0]).lower() == "true")
    if value is None:
        return operator != base or "Not" in base
    if base in ("StringEquals", "ArnEquals"):
        return value in wanted
    if base in ("StringNotEquals", "ArnNotEquals"):
        return value not in wanted
    if base in ("StringLike", "ArnLike"):
        return any(_like(value, pattern) for pattern in wanted)
    if base in ("StringNotLike", "ArnNotLike"):
        return not any(_like(value, pattern) for pattern in wanted)
    return False


def _like(value: str, pattern: str) -> bool:
    return fnmatchcase(value, pattern.replace("[", "[[]"))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
