"""What exists, by service: a listing before `up` and after `destroy` must agree."""

from __future__ import annotations

from moto.backends import get_backend

from emulator.core import admin, descriptors, locks
from emulator.core.settings import Settings

# Services that moto answers alone, whose calls make nothing that could be left.
_STATELESS = {"resourcegroupstaggingapi", "tagging", "moto_api", "servicequotas"}

_called: set[str] = set()


def install(_settings: Settings) -> None:
    """Answer GET /_local/inventory."""
    admin.route("GET", "/_local/inventory", lambda _: inventory())


def called(service: str) -> None:
    """Remember that a service was used, so that none is forgotten here."""
    _called.add(service)


def inventory() -> dict[str, list[str]]:
    """Ids of everything, by service; "unlisted" names services used but not known here."""
    found: dict[str, list[str]] = {}
    known = set(_STATELESS)
    for service in descriptors.every():
        if service.stateless:
            known.add(service.name)
        if service.lists is None:
            continue
        accounts = service.backends() if service.backends else get_backend(service.name)  # type: ignore[call-overload]
        with locks.holding(service.name):
            found[service.name] = sorted(
                name
                for regions in dict(accounts).values()
                for backend in dict(regions).values()
                for name in service.lists(backend)
            )
    found["unlisted"] = sorted(_called - found.keys() - known)
    return found
