"""What all readers of event source mappings do: gather batches in their own threads, and learn what failed in them."""

from __future__ import annotations

import json
import logging
import threading
from abc import ABC, abstractmethod
from typing import Any, Generic, TypeVar

from moto.awslambda.models import EventSourceMapping

from emulator.core.permissions.enforce import AccessDeniedError
from emulator.core.settings import Settings

log = logging.getLogger(__name__)

IDLE_SECONDS = 1.0

Batch = TypeVar("Batch", bound=list[Any])


class Reader(ABC, Generic[Batch]):
    """Works off a mapping's source, or a part of it, until it is stopped."""

    def __init__(self, mapping: EventSourceMapping, settings: Settings) -> None:
        self.mapping = mapping
        self.settings = settings
        self._stopped = threading.Event()

    def start(self, *names: str) -> None:
        """A thread for each name, which is that of a part or of a poller."""
        for name in names:
            thread = f"mapping-{self.mapping.uuid[:8]}-{name}"
            threading.Thread(target=self._run, name=thread, daemon=True).start()

    def stop(self) -> None:
        """Take no further batch; a running invocation is not waited for."""
        self._stopped.set()

    @abstractmethod
    def require(self) -> None:
        """Raise AccessDeniedError unless the function's role may read."""

    @abstractmethod
    def next_batch(self) -> Batch:
        """What to invoke the function with, when there is enough of it; nothing when stopped."""

    @abstractmethod
    def process(self, batch: Batch) -> None:
        """Bring a batch to its end."""

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                self.require()
                if batch := self.next_batch():
                    self.process(batch)
            except AccessDeniedError as error:
                self.mapping.last_processing_result = f"PROBLEM: {error}"
                self._stopped.wait(IDLE_SECONDS)
            except Exception:
                log.exception("mapping %s, %s", self.mapping.uuid, threading.current_thread().name)
                self._stopped.wait(IDLE_SECONDS)


def failed_items(mapping: EventSourceMapping, batch: set[str], payload: bytes, error: str | None) -> set[str]:
    """The identifiers of those in the batch that the function failed on.

    A response that AWS can't read as partial failures fails the whole batch (AWS
    Lambda Developer Guide, "Implementing partial batch responses": success and
    failure conditions).
    """
    if error is not None:
        return batch
    if "ReportBatchItemFailures" not in (mapping.function_response_types or []):
        return set()
    try:
        answer = json.loads(payload or b"null")
        failures = (answer or {}).get("batchItemFailures") or []
        failed = {failure["itemIdentifier"] for failure in failures}
    except (ValueError, KeyError, TypeError, AttributeError):
        return batch
    return failed if failed <= batch else batch
