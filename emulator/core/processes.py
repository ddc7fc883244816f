"""The register of child processes: who runs, who is busy, how all are stopped."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class Child:
    """One child process that the emulator started.

    kind is lambda, glue, athena or sagemaker; busy says whether it works on something now.
    """

    process: subprocess.Popen[bytes]
    kind: str
    name: str
    busy: Callable[[], bool]


_children: dict[int, Child] = {}
_lock = threading.Lock()


def register(
    process: subprocess.Popen[bytes],
    kind: str,
    name: str,
    busy: Callable[[], bool] = lambda: True,
) -> None:
    """Make the emulator list process, and stop it when the emulator ends.

    The child must lead its own process group (start_new_session=True), so that
    what it started itself is stopped with it.
    """
    with _lock:
        _children[process.pid] = Child(process, kind, name, busy)


def unregister(process: subprocess.Popen[bytes]) -> None:
    """Forget a process that has ended and was waited for."""
    with _lock:
        _children.pop(process.pid, None)


def running() -> list[Child]:
    """Every registered child that has not ended."""
    with _lock:
        children = list(_children.values())
    return [child for child in children if child.process.poll() is None]


def stop(process: subprocess.Popen[bytes], sig: int = signal.SIGKILL) -> None:
    """Signal a child's whole process group; a child already gone is fine."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, sig)


def stop_all(grace_seconds: float = 3.0) -> None:
    """SIGTERM to every child, SIGKILL to those still there after the grace."""
    children = running()
    for child in children:
        stop(child.process, signal.SIGTERM)
    deadline = time.monotonic() + grace_seconds
    while time.monotonic() < deadline and running():
        time.sleep(0.02)
    for child in running():
        stop(child.process)
