"""The peak memory of the emulator and everything it started."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

from emulator import admin
from emulator.settings import Settings

_INTERVAL_SECONDS = 0.5
_PAGE = os.sysconf("SC_PAGE_SIZE")
_peak = 0


def install(_settings: Settings) -> None:
    """Watch the process tree; the peak is GET /_local/peak."""
    admin.route("GET", "/_local/peak", lambda _: {"rssBytes": max(_peak, tree_rss(os.getpid()))})
    threading.Thread(target=_watch, name="memory", daemon=True).start()


def tree_rss(root: int) -> int:
    """Resident bytes of a process and its descendants, shared pages counted each time."""
    total, waiting = 0, [root]
    while waiting:
        pid = waiting.pop()
        process = Path(f"/proc/{pid}")
        try:
            total += int((process / "statm").read_text().split()[1]) * _PAGE
            for task in (process / "task").iterdir():
                waiting += [int(child) for child in (task / "children").read_text().split()]
        except (OSError, IndexError):
            continue  # ended while we looked
    return total


def _watch() -> None:
    global _peak
    while True:
        _peak = max(_peak, tree_rss(os.getpid()))
        time.sleep(_INTERVAL_SECONDS)
