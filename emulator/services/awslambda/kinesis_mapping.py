"""Event source mappings of Kinesis streams: one thread a shard.

Differences to AWS: one batch a shard at a time (parallelization factor 1), no
filters, no tumbling windows, no enhanced fan-out; the wait between retries
grows from 0.2 to 5 seconds, where AWS doesn't say how long it waits.
"""

from __future__ import annotations

import time
from bisect import bisect_left, bisect_right
from typing import Any

from moto.awslambda.models import EventSourceMapping
from moto.kinesis.models import Record, kinesis_backends

from emulator.core import locks, log_streams
from emulator.core.settings import Settings
from emulator.services.awslambda import mapping_reads, runtime
from emulator.services.awslambda.kinesis_event import MAX_PAYLOAD, function_event, payload_size
from emulator.services.awslambda.kinesis_failures import Discard, send_discard
from emulator.services.awslambda.mapping_reader import IDLE_SECONDS, Reader, failed_items

_BACKOFF_SECONDS = (0.2, 0.4, 0.8, 1.6, 3.2, 5.0)

Batch = list[Record]


class ShardReader(Reader[Batch]):
    """Reads one shard from a checkpoint on and invokes the function in order."""

    def __init__(self, mapping: EventSourceMapping, shard_id: str, settings: Settings) -> None:
        super().__init__(mapping, settings)
        self.shard_id = shard_id
        self.checkpoint = self._start()
        self.in_flight = 0
        self.start(shard_id[-4:])

    def behind(self) -> int:
        """Records after the checkpoint, those in flight included."""
        with locks.holding("kinesis"):
            shard = self._shard()
            return 0 if shard is None else len(shard.order) - bisect_right(shard.order, self.checkpoint)

    def age(self) -> float:
        """Milliseconds since the oldest record after the checkpoint was put; 0 when there is none."""
        with locks.holding("kinesis"):
            shard = self._shard()
            if shard is None or (place := bisect_right(shard.order, self.checkpoint)) == len(shard.order):
                return 0.0
            return max(0.0, (time.time() - shard.records[shard.order[place]].created_at) * 1000)

    def _shard(self) -> Any:
        name = self.mapping.event_source_arn.rsplit("/", 1)[1]
        stream = kinesis_backends[self.settings.account][self.settings.region].streams.get(name)
        return None if stream is None else stream.shards.get(self.shard_id)

    def _start(self) -> int:
        """The sequence number after which the mapping reads."""
        with locks.holding("kinesis"):
            shard = self._shard()
            if shard is None or self.mapping.starting_position == "TRIM_HORIZON":
                return 0
            if self.mapping.starting_position == "AT_TIMESTAMP":
                moment = float(self.mapping.starting_position_timestamp or 0)
                position = bisect_left(
                    shard.order,
                    moment,
                    key=lambda number: shard.records[number].created_at,
                )
                return shard.order[position - 1] if position else 0
            return shard.get_max_sequence_number()

    def require(self) -> None:
        """The role may read the stream."""
        mapping_reads.require_stream(self.mapping)

    def next_batch(self) -> Batch:
        """Gather until the batch is full, its payload is, or the window is over."""
        window = float(self.mapping.max_batch_window or 0)
        closes: float | None = None
        with locks.holding("kinesis") as changed:
            while not self._stopped.is_set():
                batch, full = self._available() if self.mapping.enabled else ([], False)
                if batch and closes is None:
                    closes = time.monotonic() + window
                if full or (batch and closes is not None and time.monotonic() >= closes):
                    self.in_flight = len(batch)
                    return batch
                changed.wait(IDLE_SECONDS if closes is None else max(0.001, closes - time.monotonic()))
        return []

    def _available(self) -> tuple[Batch, bool]:
        """What a batch would hold now, and whether more could not be added."""
        shard = self._shard()
        if shard is None:
            return [], False
        start = bisect_right(shard.order, self.checkpoint)
        numbers = shard.order[start : start + self.mapping.batch_size]
        batch, size = [], 0
        for number in numbers:
            record = shard.records[number]
            size += payload_size(record)
            if batch and size > MAX_PAYLOAD:
                return batch, True
            batch.append(record)
        return batch, len(batch) == self.mapping.batch_size

    def process(self, batch: Batch) -> None:
        """Bring a batch to its end: done, or discarded piece by piece."""
        self._count("PolledEventCount", len(batch))
        waiting = [(batch, 0)]
        while waiting and self.mapping.enabled and not self._stopped.is_set():
            current, attempts = waiting.pop()
            expired = self._expired(current)
            if expired:
                self._discard(expired, "RecordAgeExceeded", attempts)
                current = current[len(expired) :]
                if not current:
                    continue
            rest = self._attempt(current, attempts)
            waiting += [piece for piece in reversed(rest) if piece[0]]
            self.in_flight = sum(len(piece) for piece, _ in waiting)
        self.in_flight = 0

    def _attempt(self, batch: Batch, attempts: int) -> list[tuple[Batch, int]]:
        """Invoke once; what is left to do, each piece with its failed attempts."""
        self._measure_age(batch)
        event = function_event(self.mapping, self.shard_id, batch)
        try:
            result = runtime.invoke(self.mapping.function_arn, event)
        except runtime.Throttled:
            # Throttles are retried until the records are too old.
            self._stopped.wait(_BACKOFF_SECONDS[-1] / 5)
            return [(batch, attempts)]
        self._count("InvokedEventCount", len(batch))
        first_failed = self._first_failed(batch, result.payload, result.error)
        if first_failed is None:
            self.mapping.last_processing_result = "OK"
            self.checkpoint = batch[-1].sequence_number
            return []
        self.mapping.last_processing_result = "PROBLEM: Function call failed"
        self._count("FailedInvokeEventCount", len(batch) - first_failed)
        if first_failed:
            # Those before the first failure are done; the rest is a new batch.
            self.checkpoint = batch[first_failed - 1].sequence_number
            return [(batch[first_failed:], 0)]
        if self.mapping.bisect_on_error and len(batch) > 1:
            # Splitting doesn't consume the retry quota.
            half = len(batch) // 2
            return [(batch[:half], attempts), (batch[half:], attempts)]
        limit = -1 if self.mapping.max_retry_attempts is None else int(self.mapping.max_retry_attempts)
        if limit >= 0 and attempts >= limit:
            self._discard(batch, "RetryAttemptsExhausted", attempts + 1, result, event)
            return []
        self._stopped.wait(_BACKOFF_SECONDS[min(attempts, len(_BACKOFF_SECONDS) - 1)])
        return [(batch, attempts + 1)]

    def _first_failed(self, batch: Batch, payload: bytes, error: str | None) -> int | None:
        """The position of the first failed record; None when all succeeded."""
        positions = {str(record.sequence_number): position for position, record in enumerate(batch)}
        failed = failed_items(self.mapping, set(positions), payload, error)
        return min((positions[number] for number in failed), default=None)

    def _expired(self, batch: Batch) -> Batch:
        """The leading records that are older than the mapping lets them be."""
        limit = self.mapping.max_record_age
        if limit is None or int(limit) < 0:
            return []
        oldest = time.time() - int(limit)
        count = next(
            (n for n, record in enumerate(batch) if record.created_at >= oldest),
            len(batch),
        )
        return batch[:count]

    def _discard(
        self,
        batch: Batch,
        condition: str,
        attempts: int,
        result: Any = None,
        event: bytes | None = None,
    ) -> None:
        """Give a batch up: to the failure destination if there is one, and on."""
        discard = Discard(
            mapping=self.mapping,
            shard_id=self.shard_id,
            condition=condition,
            attempts=attempts,
            records=batch,
            event=event or function_event(self.mapping, self.shard_id, batch),
            request_id=result.request_id if result else "",
            function_error=result.error if result else None,
            version=result.version if result else "$LATEST",
        )
        delivered = send_discard(discard)
        self._count(
            "OnFailureDestinationDeliveredEventCount" if delivered else "DroppedEventCount",
            len(batch),
        )
        self.checkpoint = batch[-1].sequence_number

    def _measure_age(self, batch: Batch) -> None:
        name = self.mapping.function_arn.split(":function:")[1].split(":")[0]
        age = max(0.0, (time.time() - batch[-1].created_at) * 1000)
        datum = {"MetricName": "IteratorAge", "Value": age, "Unit": "Milliseconds"}
        datum["Dimensions"] = [{"Name": "FunctionName", "Value": name}]
        log_streams.put_metrics("AWS/Lambda", [datum])

    def _count(self, metric: str, count: int) -> None:
        """The mapping's own metrics, given only where it is set to give them."""
        if "EventCount" not in ((self.mapping.metrics or {}).get("Metrics") or []) or not count:
            return
        datum = {"MetricName": metric, "Value": count, "Unit": "Count"}
        datum["Dimensions"] = [{"Name": "EventSourceMappingUUID", "Value": self.mapping.uuid}]
        log_streams.put_metrics("AWS/Lambda", [datum])
