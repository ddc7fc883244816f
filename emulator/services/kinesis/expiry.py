"""Streams whose retention is over when a test says so."""

from __future__ import annotations

from typing import Any

from moto.kinesis.models import kinesis_backends

from emulator.core import admin, locks
from emulator.core.settings import ACCOUNT, REGION, Settings


def install(_settings: Settings) -> None:
    """Answer POST /_local/expire."""
    admin.route("POST", "/_local/expire", _expire)


def _expire(body: dict[str, Any]) -> dict[str, int]:
    name = body.get("stream")
    with locks.holding("kinesis"):
        return {"dropped": expire(kinesis_backends[ACCOUNT][REGION].streams[name])}


def expire(stream: Any) -> int:
    """Drop all records of a stream as if its retention were over; how many."""
    dropped = 0
    for shard in stream.shards.values():
        dropped += len(shard.records)
        shard.records.clear()
        shard.order.clear()
    return dropped
