"""Refuses what a role may not do: its requests, and what services do in its name inside the emulator."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl

from emulator.core import admin
from emulator.core.permissions import callers, documents, json_calls, other_calls
from emulator.core.permissions.asks import Ask, UnknownCallError
from emulator.core.permissions.authorizer import Authorizer
from emulator.core.settings import Settings
from emulator.services.s3 import permissions as s3_calls

log = logging.getLogger(__name__)

ROUTE = "/_local/permissions"

_authorizer: Authorizer | None = None
_unknown: set[str] = set()  # roles of no IAM

# Only who may everything may this.
_EVERYTHING = Ask("any:Action", "*")


class AccessDeniedError(Exception):
    """A role may not do what a service was to do in its name."""


def install(settings: Settings) -> None:
    """Start the program that decides; GET /_local/permissions tells which statements were used."""
    global _authorizer
    if settings.authorizer is None:
        log.warning("started without --authorizer: IAM's permissions are not enforced")
    else:
        _authorizer = Authorizer(settings.authorizer)
    admin.route("GET", ROUTE, lambda _: _authorizer.record() if _authorizer else {"enforced": False})


def refusal(service: str, operation: str, environ: dict[str, Any]) -> str | None:
    """Why a request may not be made by the role that signed it; None when it may."""
    if _authorizer is None:
        return None
    role = callers.role_of(environ)
    if role is None or not _governed(role):
        return None
    try:
        asks = _asks(service, operation, environ)
    except (UnknownCallError, KeyError, ValueError, TypeError) as error:
        if _authorizer.refusal(role, [_EVERYTHING]) is None:
            return None  # who deploys: what a call needs does not matter then
        log.warning("%s: permissions of %s %s are unknown: %r", role, service, operation, error)
        return f"User: {role} is not authorized: the emulator does not know which permissions the call needs: {error!r}"
    found = _authorizer.refusal(role, asks)
    if found is not None:
        log.warning("refused: %s", found)
    return found


def require(principal: str, asks: Sequence[Ask]) -> None:
    """Raise AccessDeniedError unless a role, or a service by its name, may do all of this."""
    if _authorizer is not None and principal and (found := _authorizer.refusal(principal, asks)) is not None:
        log.warning("refused: %s", found)
        raise AccessDeniedError(found)


def missing(role: str, asks: Sequence[Ask]) -> str | None:
    """Why a service may not do all of this in the name of a role; None when it may, or IAM does not know the role."""
    if _authorizer is None or not _governed(role):
        return None
    found = _authorizer.refusal(role, asks)
    if found is not None:
        log.warning("refused: %s", found)
    return found


def lack(principal: str, asks: Sequence[Ask]) -> str | None:
    """Why a role, or a service by its name, could not do all of this later; None when it could."""
    if _authorizer is None or (principal.startswith("arn:") and not _governed(principal)):
        return None
    return _authorizer.lack(principal, asks)


def _governed(role: str) -> bool:
    """Whether IAM knows the role. Some are made by no stack and no account here: only Lake Formation knows them."""
    if documents.role(role) is not None or callers.serves(role):
        return True
    if role not in _unknown:
        _unknown.add(role)
        log.info("%s is not in IAM: its permissions are not enforced", role)
    return False


def _asks(service: str, operation: str, environ: dict[str, Any]) -> list[Ask]:
    if service == "s3":
        return s3_calls.asks(environ)
    if service in json_calls.CALLS:
        return json_calls.CALLS[service](operation, json.loads(_body(environ) or b"{}"))
    if service == "sagemakerruntime":
        return other_calls.sagemakerruntime(operation, environ["PATH_INFO"])
    if service == "awslambda":
        return other_calls.awslambda(operation, environ["PATH_INFO"])
    if service == "lakeformation":
        return other_calls.lakeformation(operation, json.loads(_body(environ) or b"{}"))
    if service in other_calls.FORMS:
        text = _body(environ).decode()
        # Newer clients of the same services send JSON.
        given = json.loads(text) if "HTTP_X_AMZ_TARGET" in environ else dict(parse_qsl(text))
        return other_calls.FORMS[service](operation, given)
    raise UnknownCallError(f"no call of {service} is known")


def _body(environ: dict[str, Any]) -> bytes:
    body = environ["wsgi.input"]
    text = body.read()
    body.seek(0)
    return text
