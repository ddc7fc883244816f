"""Which checks guard which operations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from moto.core.exceptions import ServiceException


@dataclass(frozen=True)
class Call:
    """A request as the service's model reads it; the names are those of botocore."""

    service: str
    operation: str
    parameters: dict[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.parameters[name]

    def get(self, name: str, otherwise: Any = None) -> Any:
        """A parameter; otherwise where it was not given."""
        return self.parameters.get(name, otherwise)


class Refused(ServiceException):
    """AWS says no: an error's code as the service's model, or its page of errors, has it, and what it is about.

    The status is the model's; where it has none, as for S3, the one given here.
    """

    def __init__(self, code: str, message: str, status: int | None = None) -> None:
        super().__init__(code, message)
        self.status = status


Check = Callable[[Call], None]

_checks: defaultdict[tuple[str, str], list[Check]] = defaultdict(list)


def refuses(service: str, *operations: str) -> Callable[[Check], Check]:
    """Let the function look at each call of these operations, and raise Refused when AWS would say no."""

    def put(check: Check) -> Check:
        for operation in operations:
            _checks[service, operation].append(check)
        return check

    return put


def guarded(service: str, operation: str) -> bool:
    """Whether an operation has a check."""
    return (service, operation) in _checks


def look(call: Call) -> None:
    """Raise Refused if one of the operation's checks does."""
    for check in _checks.get((call.service, call.operation), ()):
        check(call)
