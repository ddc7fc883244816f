"""What services measure from time to time: the depth of queues, how far behind the readers of streams are."""

from __future__ import annotations

import time
from typing import Any

from moto.sqs.models import sqs_backends

from emulator.core import locks, log_streams
from emulator.core.settings import Settings
from emulator.services.awslambda import mappings


def sample(settings: Settings, *, whole_minute: bool) -> None:
    """Put what is due now; like AWS, nothing of empty queues that nobody polls and of streams that nobody reads.

    That a polled queue is empty is said once a minute (Amazon SQS Developer Guide, "Available CloudWatch metrics":
    reported if the queue is active).
    """
    ages = [_age(*one) for one in mappings.iterator_ages().items()]
    polled = mappings.polled_queues() if whole_minute else set()
    for namespace, data in (("AWS/SQS", _queues(settings, polled)), ("AWS/Kinesis", ages)):
        if data:
            log_streams.put_metrics(namespace, data)


def _queues(settings: Settings, polled: set[str]) -> list[dict[str, Any]]:
    data = []
    now = time.time() * 1000
    with locks.holding("sqs"):
        for name, queue in sqs_backends[settings.account][settings.region].queues.items():
            waiting = queue.messages
            dimensions = [{"Name": "QueueName", "Value": name}]
            if waiting or name in polled:
                data.append(_datum("ApproximateNumberOfMessagesVisible", len(waiting), "Count", dimensions))
            if waiting:
                age = (now - min(message.sent_timestamp for message in waiting)) / 1000
                data.append(_datum("ApproximateAgeOfOldestMessage", max(age, 0.0), "Seconds", dimensions))
    return data


def _age(stream: str, milliseconds: float) -> dict[str, Any]:
    dimensions = [{"Name": "StreamName", "Value": stream}]
    return _datum("GetRecords.IteratorAgeMilliseconds", milliseconds, "Milliseconds", dimensions)


def _datum(name: str, value: float, unit: str, dimensions: list[dict[str, str]]) -> dict[str, Any]:
    return {"MetricName": name, "Value": value, "Unit": unit, "Dimensions": dimensions}
