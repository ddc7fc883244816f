"""What there is of Redshift Serverless, and what its parts have in common."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from emulator.core.permissions.authorization_requests import arn
from emulator.core.refusals.registry import Refused
from emulator.core.settings import ACCOUNT, REGION

Json = dict[str, Any]

# How long a change takes: AWS needs minutes, and refuses another one meanwhile.
_CHANGE_SECONDS = 0.3


@dataclass
class Held:
    """A namespace or a workgroup: what AWS tells of it, but for its status."""

    kind: str
    attributes: Json
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    status: str = "AVAILABLE"
    until: float = 0.0

    def __post_init__(self) -> None:
        self.arn = arn("redshift-serverless", f"{self.kind}/{self.id}")
        self.attributes |= {f"{self.kind}Id": self.id, f"{self.kind}Arn": self.arn, "creationDate": time.time()}

    @property
    def gone(self) -> bool:
        """Whether its deletion is over."""
        return self.status == "DELETING" and time.monotonic() >= self.until

    def changes(self, status: str) -> None:
        """Begin a change, which another one may not meet."""
        if time.monotonic() < self.until:
            raise Refused(
                "ConflictException", f"There is an operation running on the {self.kind}. Try again later.", 400
            )
        self.status, self.until = status, time.monotonic() + _CHANGE_SECONDS

    def shown(self) -> Json:
        """What AWS tells of it now."""
        if self.status != "DELETING" and time.monotonic() >= self.until:
            self.status = "AVAILABLE"
        return {**self.attributes, "status": self.status}


@dataclass
class State:
    """Namespaces and workgroups by name, limits of use by id, tags by ARN, schemas by namespace and database."""

    namespaces: dict[str, Held] = field(default_factory=dict)
    workgroups: dict[str, Held] = field(default_factory=dict)
    usage_limits: dict[str, Json] = field(default_factory=dict)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    schemas: dict[tuple[str, str], dict[str, Json]] = field(default_factory=dict)

    def sweep(self) -> None:
        """Forget what is gone."""
        for held in (self.namespaces, self.workgroups):
            for name in [name for name, one in held.items() if one.gone]:
                self.tags.pop(held.pop(name).arn, None)
        for held_schemas in [key for key in self.schemas if key[0] not in self.namespaces]:
            del self.schemas[held_schemas]


STATE = State()
BY_REGION = {ACCOUNT: {REGION: STATE}}  # as moto keeps its backends


def inventory(state: State) -> Iterator[str]:
    """Ids of all of it."""
    state.sweep()
    yield from (f"namespace/{name}" for name in state.namespaces)
    yield from (f"workgroup/{name}" for name in state.workgroups)
    yield from (f"usage_limit/{limit}" for limit in state.usage_limits)


def invalid(message: str) -> Refused:
    """The error for what is wrong in itself."""
    return Refused("ValidationException", message, 400)


def found(held: dict[str, Held], kind: str, name: str) -> Held:
    """A namespace or a workgroup by its name."""
    STATE.sweep()
    if name not in held:
        raise Refused("ResourceNotFoundException", f"Serverless {kind} {name} not found.", 404)
    return held[name]


def free(held: dict[str, Held], kind: str, name: str) -> None:
    """Refuse a name that is taken."""
    STATE.sweep()
    if name in held:
        raise Refused("ConflictException", f"Serverless {kind} already exists: {name}", 409)
