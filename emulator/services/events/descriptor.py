"""EventBridge."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from emulator.core import aws
from emulator.core.deliver import Delivery
from emulator.core.descriptors import Descriptor, named
from emulator.services.events import calls


def _deliver(arn: str, text: str, given: Delivery) -> None:
    entry = {
        "EventBusName": arn,
        "Source": "lambda",
        "DetailType": "Lambda Function Invocation Result",
        "Detail": json.dumps(json.loads(text)),
    }
    aws.client("events", role=given.role).put_events(Entries=[entry | given.options])


def _listed(backend: Any) -> Iterable[str]:
    for bus in backend.event_buses.values():
        if bus.name != "default":
            yield f"bus/{bus.name}"
        yield from (f"rule/{bus.name}/{rule}" for rule in bus.rules)
    yield from named(archive="archives", connection="connections", destination="destinations")(backend)


DESCRIPTORS = (
    Descriptor("events", patches=("patterns",), arn="events", needs=calls.needs, deliver=_deliver, lists=_listed),
)
