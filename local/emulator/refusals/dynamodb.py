"""DynamoDB: the time to live is changed once an hour."""

from __future__ import annotations

import time
from typing import Any

from moto.dynamodb.models import DynamoDBBackend, dynamodb_backends

from emulator.overlay.patch import wrap
from emulator.refusals.registry import Call, Refused, refuses
from emulator.settings import ACCOUNT, REGION

_SECONDS = 3600


@wrap(DynamoDBBackend)
def update_time_to_live(moto: Any, self: Any, table_name: str, ttl_spec: dict[str, Any]) -> None:
    """Remembers when it was changed."""
    moto(self, table_name, ttl_spec)
    self.get_table(table_name).ttl_changed = time.monotonic()


@refuses("dynamodb", "UpdateTimeToLive")
def time_to_live_changed_again(call: Call) -> None:
    """API Reference, UpdateTimeToLive: another call within the hour is an error; so is one that changes nothing."""
    table = dynamodb_backends[ACCOUNT][REGION].tables.get(call["TableName"])
    if table is None:
        return
    enabled = table.ttl.get("TimeToLiveStatus") == "ENABLED"
    if enabled == call["TimeToLiveSpecification"]["Enabled"]:
        state = "enabled" if enabled else "disabled"
        raise Refused("ValidationException", f"TimeToLive is already {state}")
    changed = vars(table).get("ttl_changed")
    if changed is not None and time.monotonic() - changed < _SECONDS:
        message = "Time to live has been modified multiple times within a fixed interval"
        raise Refused("ValidationException", message)
