"""Whether the principals that a policy names are there, which AWS looks up when it takes the policy."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from moto.iam.models import iam_backends

from emulator.core.permissions import documents
from emulator.core.settings import ACCOUNT

_ACCOUNT = re.compile(r"\d{12}|arn:aws[a-z-]*:iam::\d{12}:root")
_IDENTITY = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}):(role|user)/.+")
_SESSION = re.compile(r"arn:aws[a-z-]*:sts::\d{12}:(assumed-role|federated-user)/.+")
_UNIQUE_ID = re.compile(r"A(ROA|IDA)[A-Z0-9]{16,}")


def unusable(policy: str) -> bool:
    """Whether a policy has not a policy's form, or names nobody. Who is of another account is taken to be there."""
    try:
        document = json.loads(policy)
        statements = documents.listed(document["Statement"])
        return not all(is_there(named) for statement in statements for named in _named(statement))
    except (ValueError, KeyError, TypeError, AttributeError):
        return True


def _named(statement: dict[str, Any]) -> Iterator[str]:
    for member in ("Principal", "NotPrincipal"):
        principal: Any = statement.get(member)
        if isinstance(principal, dict):
            yield from documents.listed(principal.get("AWS", []))


def is_there(named: str) -> bool:
    """Whether a principal can be named."""
    if named == "*" or _ACCOUNT.fullmatch(named) or _SESSION.fullmatch(named) or _UNIQUE_ID.fullmatch(named):
        return True
    found = _IDENTITY.fullmatch(named)
    if found is None:
        return False
    if found[1] != ACCOUNT:
        return True
    if found[2] == "role":
        return documents.role(named) is not None
    return any(user.arn == named for user in iam_backends[ACCOUNT]["aws"].users.values())
