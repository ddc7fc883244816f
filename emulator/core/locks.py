"""One lock a service: moto's models are plain dictionaries, not made for threads.

A request holds its service's lock while moto answers it. Executors (functions, mappings,
schedules) take the lock of the one service whose state they touch. With one lock held
only those are taken that THEN names for it, and those that it names for these: it has no
circle, so no order of locks can deadlock. Whoever has to wait for something that may call
back waits on the condition, which lets the lock go.
"""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache

log = logging.getLogger(__name__)

# Which locks may be taken with a service's lock held, as their descriptors say.
THEN: dict[str, frozenset[str]] = {}
LAST = "cloudwatch"  # may be taken with every other held, and no other with it

_conditions: defaultdict[str, threading.Condition] = defaultdict(threading.Condition)
_conditions_lock = threading.Lock()
_checked = False


class _Held(threading.local):
    """The locks that a thread holds, the last taken at the end."""

    def __init__(self) -> None:
        self.services: list[str] = []


_held = _Held()


class LockOrderError(RuntimeError):
    """A lock was to be taken that another thread may hold while it waits for one that is held here."""


def check() -> None:
    """From now on raise LockOrderError for a lock that is taken against the order."""
    global _checked
    _checked = True


def allow(service: str, then: frozenset[str]) -> None:
    """Let these locks be taken with the service's held."""
    THEN[service] = then
    allowed.cache_clear()


def condition(service: str) -> threading.Condition:
    """The service's condition; its lock is reentrant."""
    with _conditions_lock:
        return _conditions[service]


@contextmanager
def holding(service: str) -> Iterator[threading.Condition]:
    """Hold a service's lock; notify_all() on what it gives wakes the waiting."""
    if _checked:
        _in_order(service)
    held = condition(service)
    with held:
        _held.services.append(service)
        try:
            yield held
        finally:
            _held.services.pop()


@contextmanager
def together(*services: str) -> Iterator[None]:
    """Hold the locks of several services, taken in this order."""
    with ExitStack() as held:
        for service in services:
            held.enter_context(holding(service))
        yield


def wait(service: str, seconds: float) -> None:
    """Let the held lock go for up to seconds, or until somebody notifies."""
    condition(service).wait(seconds)


def notify(service: str) -> None:
    """Wake those who wait for a change in the service."""
    with holding(service) as changed:
        changed.notify_all()


def _in_order(service: str) -> None:
    if service in _held.services:  # no thread waits for what it has
        return
    for held in _held.services:
        if service not in allowed(held):
            log.error("lock order: %s was to be taken under %s", service, _held.services, stack_info=True)
            raise LockOrderError(f"{service} was to be taken under {_held.services}")


@cache
def allowed(service: str) -> frozenset[str]:
    """Every lock that may be taken with this one held."""
    if service == LAST:
        return frozenset()
    found = THEN.get(service, frozenset())
    return found.union({LAST}, *(allowed(one) for one in found))
