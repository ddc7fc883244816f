"""Event source mappings of SQS queues.

Differences to AWS: at most two batches of a queue are in flight at once, where
AWS starts with five pollers and adds more.
"""

from __future__ import annotations

import json
import time
from typing import Any

from moto.awslambda.models import EventSourceMapping
from moto.sqs.models import Message, sqs_backends

from emulator.core import locks
from emulator.core.settings import Settings
from emulator.services.awslambda import mapping_reads, runtime
from emulator.services.awslambda.mapping_reader import IDLE_SECONDS, Reader, failed_items

_POLLERS = 2
_RECEIVE = 10  # messages one receive gives at most
_MAX_PAYLOAD = 6 * 1024 * 1024


class QueueReader(Reader[list[Message]]):
    """Receives from one queue and deletes what the function has done."""

    def __init__(self, mapping: EventSourceMapping, settings: Settings) -> None:
        super().__init__(mapping, settings)
        self.start(*map(str, range(_POLLERS)))

    def counts(self) -> dict[str, int]:
        """Messages that can be received, and those received but not deleted."""
        with locks.holding("sqs"):
            queue = self._queue()
            if queue is None:
                return {"visible": 0, "inFlight": 0}
            visible = len(queue.messages)
            return {"visible": visible, "inFlight": len(queue._messages) - visible}

    def _queue(self) -> Any:
        backend = sqs_backends[self.settings.account][self.settings.region]
        return backend.queues.get(self.mapping.event_source_arn.rsplit(":", 1)[1])

    def require(self) -> None:
        """The role may work off the queue."""
        mapping_reads.require_queue(self.mapping)

    def next_batch(self) -> list[Message]:
        """Receive until the batch is full or its window is over."""
        window = float(self.mapping.max_batch_window or 0)
        backend = sqs_backends[self.settings.account][self.settings.region]
        batch: list[Message] = []
        size = 0
        closes: float | None = None
        with locks.holding("sqs") as changed:
            while not self._stopped.is_set():
                queue = self._queue()
                room = min(_RECEIVE, self.mapping.batch_size - len(batch))
                if queue is not None and (self.mapping.enabled or batch):
                    got = backend.receive_message(queue.name, room, 0, queue.visibility_timeout, ["All"])
                    batch += got
                    size += sum(len(message.body) + 1024 for message in got)
                    if batch and closes is None:
                        closes = time.monotonic() + window
                    if len(batch) >= self.mapping.batch_size or size >= _MAX_PAYLOAD - 262_144:
                        break
                    if got and len(got) == room:
                        continue
                if closes is not None and time.monotonic() >= closes:
                    break
                changed.wait(IDLE_SECONDS if closes is None else max(0.001, closes - time.monotonic()))
        return batch

    def process(self, batch: list[Message]) -> None:
        """Invoke once; what failed becomes visible again when its time is over."""
        try:
            result = runtime.invoke(self.mapping.function_arn, self._event(batch))
        except runtime.Throttled:
            return
        failed = failed_items(self.mapping, {message.id for message in batch}, result.payload, result.error)
        self.mapping.last_processing_result = "PROBLEM: Function call failed" if failed else "OK"
        with locks.holding("sqs"):
            queue = self._queue()
            for message in batch:
                if queue is not None and message.id not in failed:
                    queue.delete_message(message.receipt_handle)

    def _event(self, batch: list[Message]) -> bytes:
        records = []
        for message in batch:
            attributes = {
                "ApproximateReceiveCount": str(message.approximate_receive_count),
                "SentTimestamp": str(message.sent_timestamp),
                "SenderId": message.sender_id,
                "ApproximateFirstReceiveTimestamp": str(message.approximate_first_receive_timestamp),
            }
            if message.group_id is not None:
                attributes |= {
                    "MessageGroupId": message.group_id,
                    "MessageDeduplicationId": message.deduplication_id or "",
                    "SequenceNumber": message.sequence_number or "",
                }
            records.append(
                {
                    "messageId": message.id,
                    "receiptHandle": message.receipt_handle,
                    "body": message.body,
                    "attributes": attributes,
                    "messageAttributes": _attributes(message),
                    "md5OfBody": message.body_md5,
                    "eventSource": "aws:sqs",
                    "eventSourceARN": self.mapping.event_source_arn,
                    "awsRegion": self.settings.region,
                }
            )
        return json.dumps({"Records": records}).encode()


def _attributes(message: Message) -> dict[str, Any]:
    """Message attributes under the names that Lambda gives them."""
    shown = {}
    for name, value in message.message_attributes.items():
        kind = value.get("DataType") or value.get("data_type", "String")
        item: dict[str, Any] = {
            "stringListValues": [],
            "binaryListValues": [],
            "dataType": kind,
        }
        if text := value.get("StringValue") or value.get("string_value"):
            item["stringValue"] = text
        shown[name] = item
    return shown
