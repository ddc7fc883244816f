"""Leases: at most one publisher a table at a time."""

import logging
import random
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Protocol

import boto3
from boto3.dynamodb.conditions import Attr
from botocore.exceptions import ClientError

LOG = logging.getLogger(__name__)

# A publisher that dies keeps its lease this long; it is renewed at a third of that.
DURATION_SECONDS = 60.0
# A publisher waits this long for the others before it gives up: well under the hour it has.
PATIENCE_SECONDS = 2400.0


class LeaseLostError(RuntimeError):
    """The lease expired and someone else may hold it."""


class Leases(Protocol):
    """What publishing needs of the leases."""

    def hold(self, names: Sequence[str]) -> Any:
        """Return a context in which this run alone publishes to the named tables; entering yields a Check."""


class Check(Protocol):
    """Raises LeaseLostError when the lease is no longer held."""

    def __call__(self) -> None:
        """Check now."""


class DynamoLeases:
    """Leases as items of a DynamoDB table, with expiry.

    Correctness does not rest on them: a publisher that lost its lease unawares is stopped by fast-forward, which
    refuses when the table has moved. They keep publishers from redoing each other's work.
    """

    def __init__(
        self,
        table: str,
        owner: str,
        resource: Any = None,
        duration: float = DURATION_SECONDS,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._table = (resource or boto3.resource("dynamodb")).Table(table)
        self._owner = owner
        self._duration = duration
        self._patience = patience

    @contextmanager
    def hold(self, names: Sequence[str]) -> Iterator[Check]:
        """Hold all leases; taken in the order of their names, so that two runs cannot wait for each other."""
        lost = threading.Event()
        done = threading.Event()
        ordered = sorted(set(names))

        def check() -> None:
            if lost.is_set():
                raise LeaseLostError(f"{self._owner} lost a lease on {', '.join(ordered)}")

        held: list[str] = []
        renewer = threading.Thread(target=self._renew, args=(held, done, lost), daemon=True)
        with ExitStack() as stack:
            stack.callback(self._release, held)
            stack.callback(renewer.join)
            stack.callback(done.set)
            renewer.start()
            for name in ordered:
                self._acquire(name)
                held.append(name)
            yield check

    def _acquire(self, name: str) -> None:
        deadline = time.monotonic() + self._patience
        pause = 0.25
        while not self._put(name):
            if time.monotonic() > deadline:
                raise TimeoutError(f"lease {name} was not free within {self._patience:.0f} s")
            # Full jitter, so that chunks waiting for the same table do not ask in step.
            time.sleep(random.uniform(0, pause))
            pause = min(pause * 2, 4.0)
        LOG.info("lease %s taken by %s", name, self._owner)

    def _put(self, name: str) -> bool:
        now = time.time()
        free = Attr("name").not_exists() | Attr("expires_at").lt(int(now)) | Attr("owner").eq(self._owner)
        item = {"name": name, "owner": self._owner, "expires_at": int(now + self._duration)}
        return self._conditional(self._table.put_item, Item=item, ConditionExpression=free)

    def _renew(self, names: Sequence[str], done: threading.Event, lost: threading.Event) -> None:
        while not done.wait(self._duration / 3):
            for name in list(names):
                try:
                    if self._extend(name):
                        continue
                    LOG.error("lease %s was taken over", name)
                    lost.set()
                    return
                except ClientError:
                    # The lease outlives two failed renewals; a third finds it expired or taken.
                    LOG.warning("lease %s was not renewed", name, exc_info=True)

    def _extend(self, name: str) -> bool:
        return self._conditional(
            self._table.update_item,
            Key={"name": name},
            UpdateExpression="SET expires_at = :expires",
            ConditionExpression=Attr("owner").eq(self._owner),
            ExpressionAttributeValues={":expires": int(time.time() + self._duration)},
        )

    def _release(self, names: Sequence[str]) -> None:
        for name in names:
            owned = Attr("owner").eq(self._owner)
            self._conditional(self._table.delete_item, Key={"name": name}, ConditionExpression=owned)

    @staticmethod
    def _conditional(call: Any, **request: Any) -> bool:
        try:
            call(**request)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                return False
            raise
        return True
