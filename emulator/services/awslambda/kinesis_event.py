"""The event by which a function gets a batch of stream records."""

from __future__ import annotations

import base64
import json

from moto.awslambda.models import EventSourceMapping
from moto.awslambda.utils import get_backend
from moto.kinesis.models import Record

MAX_PAYLOAD = 6 * 1024 * 1024  # bytes of the event's JSON, as Lambda takes it
_RECORD_OVERHEAD = 520  # bytes of a record's JSON beside its data and key, at most


def payload_size(record: Record) -> int:
    """At most how many bytes a record adds to the event."""
    return len(record.data) + len(record.partition_key) + _RECORD_OVERHEAD


def function_event(mapping: EventSourceMapping, shard_id: str, batch: list[Record]) -> bytes:
    """The event's JSON, in AWS's form."""
    function = get_backend(mapping.account_id, mapping.region).get_function_by_arn(mapping.function_arn)
    records = [
        {
            "kinesis": {
                "kinesisSchemaVersion": "1.0",
                "partitionKey": record.partition_key,
                "sequenceNumber": str(record.sequence_number),
                "data": _base64(record.data),
                "approximateArrivalTimestamp": round(record.created_at, 3),
            },
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": f"{shard_id}:{record.sequence_number}",
            "eventName": "aws:kinesis:record",
            "invokeIdentityArn": "" if function is None else function.role,
            "awsRegion": mapping.region,
            "eventSourceARN": mapping.event_source_arn,
        }
        for record in batch
    ]
    return json.dumps({"Records": records}, separators=(",", ":")).encode()


def _base64(data: str | bytes) -> str:
    """moto keeps data as the client's base64 text."""
    return data if isinstance(data, str) else base64.b64encode(data).decode()
