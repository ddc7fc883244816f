"""DynamoDB: the time to live is changed once an hour, ranges begin before they end."""

from __future__ import annotations

import re
import time
from decimal import Decimal
from typing import Any

from moto.dynamodb.models import DynamoDBBackend, dynamodb_backends

from emulator.core.patch import wrap
from emulator.core.refusals.registry import Call, Refused, refuses
from emulator.core.settings import ACCOUNT, REGION

_SECONDS = 3600
_BETWEEN = re.compile(r"\bBETWEEN\s+(:\w+)\s+AND\s+(:\w+)", re.IGNORECASE)
_EXPRESSIONS = ("KeyConditionExpression", "FilterExpression", "ConditionExpression")


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


@refuses("dynamodb", "Query", "Scan", "PutItem", "UpdateItem", "DeleteItem")
def range_that_ends_before_it_begins(call: Call) -> None:
    """architect/dynalite#55, ExtendDB/extenddb#99: the bounds of BETWEEN are compared before anything is looked for."""
    values = call.get("ExpressionAttributeValues", {})
    for name in _EXPRESSIONS:
        for low, high in _BETWEEN.findall(call.get(name, "")):
            lower, upper = values.get(low), values.get(high)
            if lower and upper and lower.keys() == upper.keys() and _ordered(lower) > _ordered(upper):
                bounds = [
                    f"AttributeValue: {{{kind}:{value}}}" for one in (lower, upper) for kind, value in one.items()
                ]
                message = "The BETWEEN operator requires upper bound to be greater than or equal to lower bound"
                operands = f"lower bound operand: {bounds[0]}, upper bound operand: {bounds[1]}"
                raise Refused("ValidationException", f"Invalid {name}: {message}; {operands}")


def _ordered(value: dict[str, Any]) -> Any:
    [(kind, given)] = value.items()
    return Decimal(given) if kind == "N" else given.encode() if kind == "S" else given
