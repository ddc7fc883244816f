"""Statements for policies that tests put, and somebody who is not there."""

from __future__ import annotations

from typing import Any

NOBODY = "arn:aws:iam::123456789012:role/nobody"


def allows(action: str, resource: str, principal: dict[str, str], **more: Any) -> dict[str, Any]:
    """A statement of a resource's policy."""
    return {
        "Sid": "Allowed",
        "Effect": "Allow",
        "Action": action,
        "Resource": resource,
        "Principal": principal,
    } | more
