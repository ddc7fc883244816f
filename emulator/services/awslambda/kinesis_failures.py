"""What becomes of stream records that a mapping gives up.

See "Retain discarded batch records for a Kinesis Data Streams event source" in
AWS's documentation: queues and topics get the metadata alone, S3 gets the whole
event, too.
"""

from __future__ import annotations

import datetime
import json
import logging
import uuid
from dataclasses import dataclass
from typing import Any

from moto.awslambda.models import EventSourceMapping
from moto.kinesis.models import Record

from emulator.core import aws, deliver
from emulator.services.awslambda import mapping_reads

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Discard:
    """A batch whose retries ran out, or whose records are too old."""

    mapping: EventSourceMapping
    shard_id: str
    condition: str
    attempts: int
    records: list[Record]
    event: bytes
    request_id: str
    function_error: str | None
    version: str


def send_discard(discard: Discard) -> bool:
    """Send a batch to the mapping's failure destination; False if it has none."""
    destination = ((discard.mapping.destination_config or {}).get("OnFailure") or {}).get("Destination")
    if not destination:
        log.warning(
            "mapping %s dropped %d records: no destination",
            discard.mapping.uuid,
            len(discard.records),
        )
        return False
    now = datetime.datetime.now(datetime.UTC)
    record, role = _record(discard, now), mapping_reads.role_of(discard.mapping)
    try:
        if destination.split(":")[2] == "s3":
            record["payload"] = discard.event.decode()
            mapping_reads.require_bucket(discard.mapping)
            aws.client("s3", role=role).put_object(
                Bucket=destination.split(":::", 1)[1],
                Key=object_key(discard.mapping.uuid, discard.shard_id, now),
                Body=json.dumps(record).encode(),
                ContentType="application/json",
            )
        else:
            deliver.deliver(destination, json.dumps(record), role=role)
    except Exception:
        log.exception("mapping %s lost %d records", discard.mapping.uuid, len(discard.records))
        return False
    return True


def object_key(mapping: str, shard_id: str, moment: datetime.datetime) -> str:
    """Where a discarded batch lies in its bucket."""
    day, second = moment.strftime("%Y/%m/%d"), moment.strftime("%Y-%m-%dT%H.%M.%S")
    return f"aws/lambda/{mapping}/{shard_id}/{day}/{second}-{uuid.uuid4()}"


def _record(discard: Discard, now: datetime.datetime) -> dict[str, Any]:
    first, last = discard.records[0], discard.records[-1]
    request: dict[str, Any] = {
        "requestId": discard.request_id,
        "functionArn": discard.mapping.function_arn,
        "condition": discard.condition,
        "approximateInvokeCount": discard.attempts,
    }
    response: dict[str, Any] = {"statusCode": 200, "executedVersion": discard.version}
    if discard.function_error:
        response["functionError"] = discard.function_error
    return {
        "requestContext": request,
        "responseContext": response,
        "version": "1.0",
        "timestamp": _stamp(now),
        "KinesisBatchInfo": {
            "shardId": discard.shard_id,
            "startSequenceNumber": str(first.sequence_number),
            "endSequenceNumber": str(last.sequence_number),
            "approximateArrivalOfFirstRecord": _arrival(first),
            "approximateArrivalOfLastRecord": _arrival(last),
            "batchSize": len(discard.records),
            "streamArn": discard.mapping.event_source_arn,
        },
    }


def _arrival(record: Record) -> str:
    return _stamp(datetime.datetime.fromtimestamp(record.created_at, datetime.UTC))


def _stamp(moment: datetime.datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
