"""One lock a service: moto's models are plain dictionaries, not made for threads.

A request holds its service's lock while moto answers it. Executors (functions, mappings,
schedules) take the lock of the one service whose state they touch. Nobody takes a second
one, but SNS, which takes that of SQS after its own, Glue and Athena, which take that of
Lake Formation after theirs, SageMaker, which takes that of Glue, Step Functions, which takes
that of CloudWatch Logs, and Redshift's Data API, which takes that of Redshift Serverless; and
that of CloudWatch, under which no other is taken, may come last. So no order of locks can
deadlock. Whoever has to wait for something that may call back waits on the condition,
which lets the lock go.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_conditions: defaultdict[str, threading.Condition] = defaultdict(threading.Condition)
_conditions_lock = threading.Lock()


def condition(service: str) -> threading.Condition:
    """The service's condition; its lock is reentrant."""
    with _conditions_lock:
        return _conditions[service]


@contextmanager
def holding(service: str) -> Iterator[threading.Condition]:
    """Hold a service's lock; notify_all() on what it gives wakes the waiting."""
    held = condition(service)
    with held:
        yield held


def wait(service: str, seconds: float) -> None:
    """Let the held lock go for up to seconds, or until somebody notifies."""
    condition(service).wait(seconds)


def notify(service: str) -> None:
    """Wake those who wait for a change in the service."""
    with holding(service) as changed:
        changed.notify_all()


def wait_until(service: str, done: Callable[[], bool], seconds: float) -> bool:
    """Wait with the lock let go until done() holds; False after the seconds."""
    with holding(service) as changed:
        return changed.wait_for(done, seconds)
