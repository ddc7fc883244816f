"""Whose credentials a request carries, and the credentials of a role.

Keys that nobody was given, such as test/test, are the administrator's.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from moto.sts.models import STSBackend, sts_backends

from emulator.core.patch import wrap
from emulator.core.settings import ACCOUNT, REGION

_CREDENTIAL = re.compile(r"Credential=([^/]+)/")
_PRESIGNED = re.compile(r"X-Amz-Credential=([^/%&]+)")

_roles: dict[str, str] = {}  # by access key
_keys: dict[str, tuple[str, str]] = {}  # access key and secret, by role
_making = threading.Lock()
_current: ContextVar[str | None] = ContextVar("caller", default=None)


@wrap(STSBackend)
def assume_role(moto: Any, self: Any, *args: Any, **kwargs: Any) -> Any:
    """Remembers whose the credentials are."""
    assumed = moto(self, *args, **kwargs)
    _roles[assumed.access_key_id] = assumed.role_arn
    return assumed


def role_of(environ: dict[str, Any]) -> str | None:
    """The ARN of the role whose credentials sign a request; None for the administrator's."""
    if not _roles:
        return None
    header = environ.get("HTTP_AUTHORIZATION")
    found = _CREDENTIAL.search(header) if header else _PRESIGNED.search(environ.get("QUERY_STRING", ""))
    return _roles.get(found[1]) if found else None


@contextmanager
def calling(environ: dict[str, Any]) -> Iterator[None]:
    """Know whose request is being answered."""
    token = _current.set(role_of(environ))
    try:
        yield
    finally:
        _current.reset(token)


def current() -> str | None:
    """The ARN of the role whose request is being answered; None for the administrator's and outside of requests."""
    return _current.get()


def key_of(role_arn: str) -> tuple[str, str]:
    """The access key and the secret by which services act as a role."""
    with _making:
        if role_arn not in _keys:
            made = sts_backends[ACCOUNT]["aws"].assume_role(REGION, "local", role_arn, "", 3600, "")
            _keys[role_arn] = (made.access_key_id, made.secret_access_key)
        return _keys[role_arn]


def serves(role_arn: str) -> bool:
    """Whether a service acts, or acted, as the role."""
    return role_arn in _keys


def environment(role_arn: str) -> dict[str, str]:
    """The variables that give a process a role's credentials; the administrator's without a role."""
    key, secret = key_of(role_arn) if role_arn else ("test", "test")
    return {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret}
