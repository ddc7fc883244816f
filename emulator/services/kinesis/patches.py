"""Kinesis: AWS's sequence numbers and shards that keep their speed."""

from __future__ import annotations

import itertools
import time
from base64 import b64decode
from bisect import bisect_left, bisect_right
from typing import Any

from moto.core.responses import ActionResult
from moto.kinesis.models import KinesisBackend, Record, Shard, Stream
from moto.kinesis.responses import KinesisResponse

from emulator.core import faults
from emulator.core.patch import replace, wrap

# AWS's sequence numbers have 56 digits, grow within a shard and differ between
# shards; readers must not take them for 64-bit integers.
_FIRST = 496 * 10**53
_MOMENT = 10**35
_EXCEEDED = "ProvisionedThroughputExceededException"
_counter = itertools.count(1)


def next_sequence_number(shard_id: int) -> int:
    """A sequence number above every earlier one of the shard."""
    return _FIRST + int(time.time() * 1000) * _MOMENT + next(_counter) * 10**10 + shard_id


@wrap(Stream)
def __init__(moto: Any, self: Any, *args: Any, **kwargs: Any) -> None:
    """Keeps how large a record may be, in KiB."""
    moto(self, *args, **kwargs)
    self.record_kib = 1024


@wrap(KinesisResponse)
def create_stream(moto: Any, self: Any) -> ActionResult:
    """Tags given on creation stay, so default tags show no change afterwards, and so does the size of records."""
    answer = moto(self)
    if kib := self._get_param("MaxRecordSizeInKiB"):
        self.kinesis_backend.streams[self._get_param("StreamName")].record_kib = kib
    if tags := self._get_param("Tags"):
        self.kinesis_backend.add_tags_to_stream(None, self._get_param("StreamName"), tags)
    return answer


@wrap(KinesisBackend)
def update_stream_mode(moto: Any, self: Any, stream_arn: str, stream_mode: dict[str, str]) -> None:
    """An unknown stream is an error, not a crash."""
    self.describe_stream(stream_arn, None)
    moto(self, stream_arn, stream_mode)


@replace(KinesisBackend)
def put_records(self: Any, stream_arn: str, stream_name: str, records: list[dict[str, Any]]) -> dict[str, Any]:
    """Puts each record, or refuses it alone when a fault says so; what no stream takes is refused before."""
    stream = self.describe_stream(stream_arn=stream_arn, stream_name=stream_name)
    size, answers = 0, []
    for record in records:
        if (fault := faults.of_entry("kinesis", "PutRecords")) is not None:
            answers.append({"ErrorCode": fault.code or _EXCEEDED, "ErrorMessage": "injected fault"})
            continue
        number, shard = stream.put_record(record["PartitionKey"], record.get("ExplicitHashKey"), record["Data"])
        answers.append({"SequenceNumber": number, "ShardId": shard})
        size += len(b64decode(record["Data"])) + len(record["PartitionKey"])
    failed = sum("ErrorCode" in one for one in answers)
    self._send_stream_metrics(stream.stream_name, incoming_bytes=size, incoming_records=len(records) - failed)
    return {"FailedRecordCount": failed, "Records": answers}


@wrap(Shard)
def __init__(moto: Any, self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: F811
    """Keeps the order of records in a list, so that reading needs no scan."""
    moto(self, *args, **kwargs)
    self.order: list[int] = []
    self.first_sequence_number = next_sequence_number(self._shard_id)


@replace(Shard)
def put_record(self: Any, partition_key: str, data: str, explicit_hash_key: str) -> str:
    """Appends a record in constant time."""
    number = next_sequence_number(self._shard_id)
    self.records[number] = Record(partition_key, data, number, explicit_hash_key)
    self.order.append(number)
    return str(number)


@replace(Shard)
def get_records(self: Any, last_sequence_id: str, limit: int | None) -> tuple[list[Record], int, int]:
    """Reads on from a sequence number; milliseconds behind the newest record."""
    last = int(last_sequence_id)
    start = bisect_right(self.order, last)
    numbers = self.order[start : start + (limit or 10_000)]
    if not numbers:
        return [], last, 0
    found = [self.records[number] for number in numbers]
    behind = self.records[self.order[-1]].created_at - found[-1].created_at
    return found, numbers[-1], int(behind * 1000)


@replace(Shard)
def get_min_sequence_number(self: Any) -> int:
    """The shard's own first number, which it has before any record."""
    return self.first_sequence_number


@replace(Shard)
def get_max_sequence_number(self: Any) -> int:
    """The newest record's number; 0 before any."""
    return self.order[-1] if self.order else 0


@replace(Shard)
def get_sequence_number_at(self: Any, at_timestamp: float) -> int:
    """The newest number before a moment; 0 when there is none."""
    position = bisect_left(self.order, at_timestamp, key=lambda number: self.records[number].created_at)
    return self.order[position - 1] if position else 0


@replace(Stream)
def get_shard_for_key(self: Any, partition_key: str, explicit_hash_key: str) -> Shard | None:
    """Looks among open shards only, and includes a range's last key."""
    from moto.kinesis.exceptions import InvalidArgumentError
    from moto.utilities.utils import md5_hash

    if not isinstance(partition_key, str) or not 0 < len(partition_key) <= 256:
        raise InvalidArgumentError("partition_key")
    hashed = md5_hash(partition_key.encode()).hexdigest()
    key = int(explicit_hash_key) if explicit_hash_key else int(hashed, 16)
    if not 0 <= key < 2**128:
        raise InvalidArgumentError("explicit_hash_key")
    return next(
        (s for s in self.shards.values() if s.is_open and s.starting_hash <= key <= s.ending_hash),
        None,
    )
