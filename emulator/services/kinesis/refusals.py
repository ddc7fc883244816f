"""Kinesis: how large records and requests may be."""

from __future__ import annotations

from typing import Any

from moto.kinesis.models import kinesis_backends

from emulator.core.refusals.registry import Call, Refused, refuses
from emulator.core.settings import ACCOUNT, REGION

_RECORDS = 500
_REQUEST = 10 * 1024**2


@refuses("kinesis", "PutRecord")
def record_too_large(call: Call) -> None:
    """API Reference, PutRecord: data and partition key together count; more is the stream's MaxRecordSizeInKiB."""
    if _size(call.parameters) > (limit := _limit(call)):
        raise Refused("ValidationException", _too_long("data", limit))


@refuses("kinesis", "PutRecords")
def request_too_large(call: Call) -> None:
    """API Reference, PutRecords: 500 records, each within the stream's limit, 10 MiB for the request."""
    records: list[dict[str, Any]] = call["Records"]
    if len(records) > _RECORDS:
        raise Refused("ValidationException", _too_long("records", _RECORDS))
    sizes, limit = [_size(record) for record in records], _limit(call)
    for position, size in enumerate(sizes, 1):
        if size > limit:
            raise Refused("ValidationException", _too_long(f"records.{position}.member.data", limit))
    if sum(sizes) > _REQUEST:
        raise Refused("InvalidArgumentException", "Records size exceeds 10 MB limit")


def _size(record: dict[str, Any]) -> int:
    return len(record.get("Data", b"")) + len(record.get("PartitionKey", "").encode())


def _too_long(member: str, limit: int) -> str:
    constraint = f"Member must have length less than or equal to {limit}"
    return f"1 validation error detected: Value at '{member}' failed to satisfy constraint: {constraint}"


def _limit(call: Call) -> int:
    """Bytes of a record that the stream takes; moto says of one that it does not have that it is not there."""
    name = call.get("StreamName") or call.get("StreamARN", "").rpartition("/")[2]
    stream: Any = kinesis_backends[ACCOUNT][REGION].streams.get(name)
    return stream.record_kib * 1024 if stream is not None else _REQUEST
