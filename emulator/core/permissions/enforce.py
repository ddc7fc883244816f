"""Refuses what a role may not do: its requests, and what services do in its name inside the emulator."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from emulator.core import admin
from emulator.core.descriptors import Descriptor
from emulator.core.permissions import callers, documents
from emulator.core.permissions.authorization_requests import AuthorizationRequest, UnknownCallError
from emulator.core.permissions.authorizer import Authorizer
from emulator.core.settings import Settings

log = logging.getLogger(__name__)

ROUTE = "/_local/permissions"

_authorizer: Authorizer | None = None
_unknown: set[str] = set()  # roles of no IAM

# Only who may do everything may do this.
_EVERYTHING = AuthorizationRequest("any:Action", "*")


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


def refusal(service: Descriptor, operation: str, environ: dict[str, Any]) -> str | None:
    """Why a request may not be made by the role that signed it; None when it may."""
    if _authorizer is None:
        return None
    role = callers.role_of(environ)
    if role is None or not _governed(role):
        return None
    try:
        wanted = service.authorization_requests(operation, environ)
    except (UnknownCallError, KeyError, ValueError, TypeError) as error:
        if _authorizer.refusal(role, [_EVERYTHING]) is None:
            return None  # who deploys: what a call needs does not matter then
        log.warning("%s: permissions of %s %s are unknown: %r", role, service.name, operation, error)
        return f"User: {role} is not authorized: the emulator does not know which permissions the call needs: {error!r}"
    found = _authorizer.refusal(role, wanted)
    if found is not None:
        log.warning("refused: %s", found)
    return found


def require(principal: str, wanted: Sequence[AuthorizationRequest]) -> None:
    """Raise AccessDeniedError unless a role, or a service by its name, may do all of this."""
    if _authorizer is not None and principal and (found := _authorizer.refusal(principal, wanted)) is not None:
        log.warning("refused: %s", found)
        raise AccessDeniedError(found)


def missing(role: str, wanted: Sequence[AuthorizationRequest]) -> str | None:
    """Why a service may not do all of this in the name of a role; None when it may, or IAM does not know the role."""
    if _authorizer is None or not _governed(role):
        return None
    found = _authorizer.refusal(role, wanted)
    if found is not None:
        log.warning("refused: %s", found)
    return found


def lack(principal: str, wanted: Sequence[AuthorizationRequest]) -> str | None:
    """Why a role, or a service by its name, could not do all of this later; None when it could."""
    if _authorizer is None or (principal.startswith("arn:") and not _governed(principal)):
        return None
    return _authorizer.lack(principal, wanted)


def _governed(role: str) -> bool:
    """Whether IAM knows the role. Some are made by no stack and no account here: only Lake Formation knows them."""
    if documents.role(role) is not None or callers.serves(role):
        return True
    if role not in _unknown:
        _unknown.add(role)
        log.info("%s is not in IAM: its permissions are not enforced", role)
    return False
