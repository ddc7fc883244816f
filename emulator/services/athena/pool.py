"""The emulator's side of the query worker: starts it when needed, notices when it is gone."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from emulator.core import processes, spark_runtime
from emulator.core.permissions import callers
from emulator.core.settings import Settings

Answer = dict[str, Any]


class Pool:
    """Sends queries to the worker; each gets exactly one answer."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._waiting: dict[str, Callable[[Answer], None]] = {}

    def warm(self) -> None:
        """Start the worker in the background, so that the first query need not wait for it."""
        threading.Thread(target=self._send, args=({"cancel": ""},), daemon=True).start()

    def submit(self, query_id: str, request: dict[str, Any], done: Callable[[Answer], None]) -> None:
        """Run a query; done is called from another thread."""
        with self._lock:
            self._waiting[query_id] = done
        self._send({"id": query_id, **request})

    def cancel(self, query_id: str) -> None:
        """Stop a query; done is not called any more."""
        with self._lock:
            known = self._waiting.pop(query_id, None) is not None
        if known:
            self._send({"cancel": query_id})

    def _send(self, message: dict[str, Any]) -> None:
        with self._lock:
            if self._process is None or self._process.poll() is not None:
                self._process = self._start()
            assert self._process.stdin is not None
            try:
                self._process.stdin.write(json.dumps(message).encode() + b"\n")
                self._process.stdin.flush()
            except BrokenPipeError:
                pass  # its end is noticed by _listen, which answers for it

    def _start(self) -> subprocess.Popen[bytes]:
        log = self._settings.state_dir / "athena.log"
        root = Path(__file__).resolve().parents[3]
        environment = spark_runtime.aws_environment(self._settings)
        with log.open("ab") as errors:
            process = subprocess.Popen(
                [sys.executable, "-m", "emulator.services.athena.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                cwd=root,
                env={**environment, **callers.environment(""), "PYTHONPATH": str(root)},
                start_new_session=True,
            )
        processes.register(process, "athena", "worker", lambda: bool(self._waiting))
        threading.Thread(target=self._listen, args=(process,), name="athena", daemon=True).start()
        return process

    def _listen(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            answer = json.loads(line)
            with self._lock:
                done = self._waiting.pop(answer.pop("id"), None)
            if done is not None:
                done(answer)
        process.wait()
        processes.unregister(process)
        with self._lock:
            lost = list(self._waiting.values())
            self._waiting.clear()
        for done in lost:
            done({"error": "GENERIC_INTERNAL_ERROR: the query engine stopped", "name": "GENERIC_INTERNAL_ERROR"})
