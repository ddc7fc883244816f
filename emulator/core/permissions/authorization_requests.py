"""What a request needs to be allowed: actions on resources, under circumstances."""

from __future__ import annotations

from dataclasses import dataclass

from emulator.core.settings import ACCOUNT, REGION

Context = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """One action on one resource; the context has IAM's condition keys."""

    action: str
    resource: str
    context: Context = ()


class UnknownCallError(Exception):
    """It is not known which permissions a call needs, so nobody but the administrator may make it."""


def arn(service: str, name: str) -> str:
    """The ARN of something in the emulator's account and region."""
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{name}"


def named(service: str, kind: str, name: str) -> str:
    """The ARN of a thing that calls name by its name or by its ARN."""
    return name if name.startswith("arn:") else arn(service, kind + name)


def catalog(database: str, table: str = "") -> list[str]:
    """The ARNs that Glue checks for a database or a table."""
    found = [arn("glue", "catalog"), arn("glue", f"database/{database}")]
    return [*found, arn("glue", f"table/{database}/{table}")] if table else found
