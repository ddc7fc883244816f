"""Starts and stops the readers of event source mappings as they come and go."""

from __future__ import annotations

import threading
from typing import Any

from moto.awslambda.models import EventSourceMapping, LambdaBackend
from moto.awslambda.utils import get_backend
from moto.kinesis.models import KinesisBackend, Stream, kinesis_backends
from moto.sqs.models import Queue

from emulator.core import admin, locks
from emulator.core.patch import replace, wrap
from emulator.core.settings import Settings
from emulator.services.awslambda.kinesis_mapping import ShardReader
from emulator.services.awslambda.sqs_mapping import QueueReader

_SECONDS = 0.5  # how often mappings and shards are looked at

_settings: Settings
_shards: dict[tuple[str, str], ShardReader] = {}
_queues: dict[str, QueueReader] = {}
_readers_lock = threading.Lock()


def install(settings: Settings) -> None:
    """Watch mappings; GET /_local/mappings tells how far they are."""
    global _settings
    _settings = settings
    admin.route("GET", "/_local/mappings", lambda _: status())
    threading.Thread(target=_watch, name="mappings", daemon=True).start()


def status() -> list[dict[str, Any]]:
    """Each mapping with what it has still to read."""
    with locks.holding("awslambda"):
        mappings = list(_backend()._event_source_mappings.values())
    shown = []
    for mapping in mappings:
        item: dict[str, Any] = {
            "uuid": mapping.uuid,
            "function": mapping.function_arn.split(":function:")[1].split(":")[0],
            "state": "Enabled" if mapping.enabled else "Disabled",
            "lastResult": getattr(mapping, "last_processing_result", "No records processed"),
        }
        with _readers_lock:
            shards = {shard: reader for (uuid, shard), reader in _shards.items() if uuid == mapping.uuid}
            queue = _queues.get(mapping.uuid)
        if queue is not None:
            item["queue"] = queue.counts()
        else:
            item["shards"] = {
                shard: {"behind": reader.behind(), "inFlight": reader.in_flight} for shard, reader in shards.items()
            }
        shown.append(item)
    return shown


def polled_queues() -> set[str]:
    """The names of the queues that mappings poll."""
    with locks.holding("awslambda"):
        sources = [one.event_source_arn for one in _backend()._event_source_mappings.values() if one.enabled]
    return {one.rsplit(":", 1)[1] for one in sources if ":sqs:" in one}


def iterator_ages() -> dict[str, float]:
    """How old the oldest unread record of each stream that is read is, in milliseconds."""
    with _readers_lock:
        readers = [reader for reader in _shards.values() if reader.mapping.enabled]
    ages: dict[str, float] = {}
    for reader in readers:
        name = reader.mapping.event_source_arn.rsplit("/", 1)[1]
        ages[name] = max(ages.get(name, 0.0), reader.age())
    return ages


def _backend() -> LambdaBackend:
    return get_backend(_settings.account, _settings.region)


def _watch() -> None:
    """Follow mappings that change without a call here, and shards that split."""
    while True:
        _follow()
        with locks.holding("awslambda") as changed:
            changed.wait(_SECONDS)


def _follow() -> None:
    with locks.holding("awslambda"):
        mappings = list(_backend()._event_source_mappings.values())
    wanted: dict[tuple[str, str], EventSourceMapping] = {}
    for mapping in mappings:
        if mapping._get_service_source_from_arn() == "kinesis":
            name = mapping.event_source_arn.rsplit("/", 1)[1]
            with locks.holding("kinesis"):
                stream = kinesis_backends[_settings.account][_settings.region].streams.get(name)
                wanted |= {(mapping.uuid, shard): mapping for shard in (stream.shards if stream else ())}
    queues = {m.uuid: m for m in mappings if m._get_service_source_from_arn().startswith("sqs")}
    with _readers_lock:
        for key in _shards.keys() - wanted.keys():
            _shards.pop(key).stop()
        for uuid in _queues.keys() - queues.keys():
            _queues.pop(uuid).stop()
        new_shards = wanted.keys() - _shards.keys()
        for uuid, shard in new_shards:
            _shards[uuid, shard] = ShardReader(wanted[uuid, shard], shard, _settings)
        for uuid in queues.keys() - _queues.keys():
            _queues[uuid] = QueueReader(queues[uuid], _settings)


@replace(Stream)
def put_record(self: Any, partition_key: str, explicit_hash_key: str, data: str) -> tuple[str, str]:
    """Appends to the shard that the key falls to, and no more."""
    shard = self.get_shard_for_key(partition_key, explicit_hash_key)
    return shard.put_record(partition_key, data, explicit_hash_key), shard.shard_id


def _then_notify(target: type, name: str, service: str) -> None:
    """Wake the readers after a call that brings something."""
    original = getattr(target, name)

    def around(self: Any, *args: Any, **kwargs: Any) -> Any:
        answer = original(self, *args, **kwargs)
        locks.notify(service)
        return answer

    setattr(target, name, around)


for _name in (
    "create_event_source_mapping",
    "update_event_source_mapping",
    "delete_event_source_mapping",
):
    _then_notify(LambdaBackend, _name, "awslambda")
_then_notify(KinesisBackend, "put_record", "kinesis")
_then_notify(KinesisBackend, "put_records", "kinesis")


@wrap(Queue)
def add_message(moto: Any, self: Any, message: Any) -> None:
    """Adds, and wakes who waits; mappings receive in threads of their own."""
    mappings, self.lambda_event_source_mappings = self.lambda_event_source_mappings, {}
    try:
        moto(self, message)
    finally:
        self.lambda_event_source_mappings = mappings
    locks.notify("sqs")


@replace(Queue)
def wait_for_messages(self: Any, timeout: int) -> None:
    """A long poll lets the service's lock go while it waits; it looks again a
    few times a second, for messages whose visibility timeout ends."""
    locks.wait("sqs", min(timeout, 0.2))
