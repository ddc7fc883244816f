"""SQS: dead letters go back to the queue that they came from (StartMessageMoveTask), which moto lacks."""

from __future__ import annotations

import time
import uuid
from collections import defaultdict
from typing import Any

from moto.core.responses import ActionResult
from moto.sqs.models import Queue, SQSBackend
from moto.sqs.responses import SQSResponse

from emulator.core.patch import add

_LISTED = 10  # the newest of a queue (API Reference, ListMessageMoveTasks)

_tasks: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)


def _named(backend: SQSBackend, arn: str) -> Queue:
    found: Queue = backend.get_queue(arn.rsplit(":", 1)[1])
    return found


@add(SQSResponse)
def start_message_move_task(self: Any) -> ActionResult:
    """Move what is visible, at once; each message begins anew, as one that was just sent."""
    arn, given = self._get_param("SourceArn"), self._get_param("DestinationArn")
    backend = self.sqs_backend
    source = _named(backend, arn)
    origins = backend.list_dead_letter_source_queues(source.name)
    if not given and len(origins) > 1:
        raise NotImplementedError("dead letters of more than one queue, without a destination")
    destination = _named(backend, given) if given else origins[0]
    moved = [message for message in source._messages if message.visible]
    for message in moved:
        source._messages.remove(message)
        message.id, message.approximate_receive_count = str(uuid.uuid4()), 0
        message.approximate_first_receive_timestamp = None
        message.mark_sent()
        destination.add_message(message)
    task = {
        "TaskHandle": uuid.uuid4().hex,
        "Status": "COMPLETED",
        "SourceArn": arn,
        "ApproximateNumberOfMessagesMoved": len(moved),
        "ApproximateNumberOfMessagesToMove": len(moved),
        "StartedTimestamp": int(time.time() * 1000),
    }
    _tasks[arn].insert(0, task | ({"DestinationArn": given} if given else {}))
    return ActionResult({"TaskHandle": task["TaskHandle"]})


@add(SQSResponse)
def list_message_move_tasks(self: Any) -> ActionResult:
    """The newest first. The handle is that of tasks that still run."""
    asked = min(self._get_int_param("MaxResults") or 1, _LISTED)
    tasks = _tasks[self._get_param("SourceArn")][:asked]
    return ActionResult({"Results": [{name: one[name] for name in one if name != "TaskHandle"} for one in tasks]})
