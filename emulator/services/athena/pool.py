"""The threads in which queries run, each to exactly one answer."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from emulator.core.settings import Settings
from emulator.services.athena.engine import Engine, Outcome, Request, Running
from emulator.services.athena.errors import QueryError
from emulator.services.athena.trino import Trino

log = logging.getLogger(__name__)

_QUERIES = 4

Done = Callable[[Outcome | QueryError], None]


class Pool:
    """Runs a few queries at a time; the others wait."""

    def __init__(self, settings: Settings) -> None:
        self._trino = Trino(settings)
        self._engine = Engine(self._trino)
        self._threads = ThreadPoolExecutor(_QUERIES, thread_name_prefix="query")
        self._lock = threading.Lock()
        self._running: dict[str, Running] = {}

    def warm(self) -> None:
        """Start the engine in the background, so that the first query need not wait for it."""
        self._trino.warm()

    def address(self) -> dict[str, str]:
        """Where the engine is reached without Athena, once it answers."""
        return self._trino.address()

    def submit(self, query_id: str, request: Request, done: Done) -> None:
        """Run a query; done is called from another thread."""
        running = Running()
        with self._lock:
            self._running[query_id] = running
        self._threads.submit(self._run, query_id, request, running, done)

    def cancel(self, query_id: str) -> None:
        """Stop a query; what it answers then does not matter any more."""
        with self._lock:
            running = self._running.get(query_id)
        if running is not None:
            threading.Thread(target=running.cancel, daemon=True).start()

    def _run(self, query_id: str, request: Request, running: Running, done: Done) -> None:
        answer: Outcome | QueryError
        try:
            answer = self._engine.run(request, running)
        except QueryError as error:
            answer = error
        except Exception as error:
            log.exception("query %s", query_id)
            answer = QueryError("GENERIC_INTERNAL_ERROR", repr(error))
        finally:
            with self._lock:
                del self._running[query_id]
        done(answer)
