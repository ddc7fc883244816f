"""Which permissions Kinesis' calls need (Service Authorization Reference)."""

from __future__ import annotations

from typing import Any

from moto.kinesis.utils import decompose_shard_iterator

from emulator.core.permissions import keys
from emulator.core.permissions.authorization_requests import AuthorizationRequest, UnknownCallError, named
from emulator.core.permissions.keys import DECRYPT, GENERATE

Json = dict[str, Any]


_STREAM_CALLS = {"PutRecord", "PutRecords", "GetRecords", "GetShardIterator", "ListShards", "SubscribeToShard"}
_STREAM_CALLS |= {"DescribeStream", "DescribeStreamSummary"}


def needs(operation: str, body: Json) -> list[AuthorizationRequest]:
    """Calls about one stream."""
    stream = body.get("StreamARN") or body.get("StreamName")
    if not stream and "ShardIterator" in body:
        stream = decompose_shard_iterator(body["ShardIterator"])[0]
    if operation not in _STREAM_CALLS or not stream:
        raise UnknownCallError(f"kinesis:{operation}")
    resource = named("kinesis", "stream/", stream)
    needed = [AuthorizationRequest(f"kinesis:{operation}", resource)]
    if operation.startswith("Put"):
        needed += keys.of_stream(resource, GENERATE)
    elif operation == "GetRecords":
        needed += keys.of_stream(resource, DECRYPT)
    return needed
