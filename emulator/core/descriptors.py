"""What the emulator's core knows of each service, which says it itself: its folder's descriptor.py.

The gateway, enforcement, delivery and the inventory look a service up here and compare no names.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import parse_qsl

from emulator.core import locks
from emulator.core.permissions.authorization_requests import AuthorizationRequest, UnknownCallError

Environ = dict[str, Any]
Lister = Callable[[Any], Iterable[str]]


def json_body(environ: Environ) -> Any:
    """The JSON of a request's body."""
    return json.loads(_body(environ) or b"{}")


def form_body(environ: Environ) -> dict[str, Any]:
    """A request's form; newer clients of the same services send JSON."""
    text = _body(environ).decode()
    return json.loads(text) if "HTTP_X_AMZ_TARGET" in environ else dict(parse_qsl(text))


def path_of(environ: Environ) -> str:
    """The path of a request."""
    return environ["PATH_INFO"]


def request(environ: Environ) -> Environ:
    """All of a request."""
    return environ


def _body(environ: Environ) -> bytes:
    body = environ["wsgi.input"]
    text = body.read()
    body.seek(0)
    return text


@dataclass(frozen=True)
class Descriptor:
    """One service.

    name        as moto names it
    arn         its word in the ARNs of what it delivers to or keeps policies of
    aliases     what else people call it, who make faults
    patches     modules of its folder that change moto when they are imported, in their order
    refusals    modules that register what AWS refuses and moto takes
    starts      modules with install(settings), which act by themselves, in their order
    then        locks that may be taken with its own held
    besides     locks that each of its requests holds besides its own
    unlocked    operations that wait for somebody who calls back, or read a child's answer: they take the lock
                themselves, for as long as they touch state
    operation   the name of a request's operation where neither target nor form says it; "" for none
    reader      answers a request in moto's place, or gives None
    given       what of a request says which permissions it needs
    needs       these permissions, of an operation and of what is given; None: every call is refused to roles
    deliver     sends a text to a thing of its own, see deliver
    policy      the text of a resource's own policy by its ARN; None where it has none
    errors      the form of its errors
    misfit      the code for a request that does not fit its model; "" for the protocol's own, which each API Reference
                has on its page "Common Errors"
    misfit_body the code where that is a body that fits no schema, if it is another
    partial     operations of which single entries can fail
    denied      the code of a refusal that is written as a form
    denied_status   the status of one that is written as JSON
    request_id  the header that names a request, where moto sends none
    lists       ids of what a backend has
    backends    the backends, where they are not those that moto has by the name
    stateless   its calls make nothing that could be left
    """

    name: str
    arn: str = ""
    aliases: tuple[str, ...] = ()
    patches: tuple[str, ...] = ()
    refusals: tuple[str, ...] = ()
    starts: tuple[str, ...] = ()
    then: frozenset[str] = frozenset()
    besides: tuple[str, ...] = ()
    unlocked: frozenset[str] = frozenset()
    operation: Callable[[Environ], str] | None = None
    reader: Callable[[Environ, Callable[..., Any]], Iterable[bytes] | None] | None = None
    given: Callable[[Environ], Any] = json_body
    needs: Callable[[str, Any], list[AuthorizationRequest]] | None = None
    deliver: Callable[..., None] | None = None
    policy: Callable[[str], str | None] | None = None
    errors: Literal["json", "query", "xml"] = "json"
    misfit: str = ""
    misfit_body: str = ""
    partial: frozenset[str] = frozenset()
    denied: str = "AccessDenied"
    denied_status: str = "400 Bad Request"
    request_id: str = ""
    lists: Lister | None = None
    backends: Callable[[], Any] | None = None
    stateless: bool = False

    def authorization_requests(self, operation: str, environ: Environ) -> list[AuthorizationRequest]:
        """The permissions that a request needs."""
        if self.needs is None:
            raise UnknownCallError(f"no call of {self.name} is known")
        return self.needs(operation, self.given(environ))


_services: dict[str, Descriptor] = {}
_by_arn: dict[str, Descriptor] = {}
_by_alias: dict[str, Descriptor] = {}


def register(*services: Descriptor) -> None:
    """Know services from now on."""
    for service in services:
        _services[service.name] = service
        _by_alias.update(dict.fromkeys((service.name, *service.aliases), service))
        if service.arn:
            _by_arn[service.arn] = service
        if service.then:
            locks.allow(service.name, service.then)


def of(name: str) -> Descriptor:
    """The service of moto's name; one that has no folder is moto's alone."""
    return _services.get(name) or Descriptor(name)


def called(name: str) -> Descriptor:
    """The service that people call so; ValueError for one that the emulator does not know."""
    if (service := _by_alias.get(name)) is None:
        known = ", ".join(sorted(_by_alias))
        raise ValueError(f"no service is called {name!r}: want one of {known}")
    return service


def of_arn(arn: str) -> Descriptor | None:
    """The service that an ARN names; None for one that has nothing to do with those."""
    parts = arn.split(":", 3)
    return _by_arn.get(parts[2]) if len(parts) > 3 else None


def every() -> list[Descriptor]:
    """All services that have a folder."""
    return list(_services.values())


def named(**kinds: str) -> Lister:
    """Lists dictionaries of a backend: kind=attribute gives kind/key."""

    def lister(backend: Any) -> Iterable[str]:
        for kind, attribute in kinds.items():
            for key in getattr(backend, attribute, {}):
                name = "/".join(map(str, key)) if isinstance(key, tuple) else key
                yield f"{kind}/{name}"

    return lister
