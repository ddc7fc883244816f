"""Files that processes write, as log streams."""

from __future__ import annotations

import time
from pathlib import Path

from moto.logs.models import logs_backends

from emulator.core import locks
from emulator.core.permissions import log_writes
from emulator.core.settings import Settings

_MAX_EVENT = 256 * 1024  # what CloudWatch Logs takes in one event, bytes


class LogFile:
    """A file that the process writes and a log stream that follows it."""

    def __init__(self, settings: Settings, group: str, stream: str, role: str, path: Path, offset: int = 0) -> None:
        self._backend = logs_backends[settings.account][settings.region]
        self.group, self._stream, self._role, self._path = group, stream, role, path
        self._offset = offset

    def pass_on(self) -> None:
        """Append what was written since the last time."""
        with self._path.open("rb") as file:
            file.seek(self._offset)
            text = file.read()
        if not text:
            return
        self._offset += len(text)
        if not log_writes.allowed(self._role, self.group, self._stream):
            return
        now = int(time.time() * 1000)
        lines = text.decode("utf-8", "replace").splitlines()
        events = [{"timestamp": now, "message": line[:_MAX_EVENT]} for line in lines if line]
        with locks.holding("logs"):
            if self.group not in self._backend.groups:
                self._backend.create_log_group(self.group, {})
            if self._stream not in self._backend.groups[self.group].streams:
                self._backend.create_log_stream(self.group, self._stream)
            if events:
                self._backend.put_log_events(self.group, self._stream, events)
