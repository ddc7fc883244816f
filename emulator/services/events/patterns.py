"""Which events a rule's pattern matches."""

from __future__ import annotations

import json
from typing import Any

from moto.events.models import UNDEFINED, EventPattern

from emulator.core.patch import replace


@replace(EventPattern)
def matches_event(self: Any, event: Any) -> bool:
    """Whether all that the pattern names is so, of lists of objects in one of them.

    moto looks into no list of objects, as the resources of CloudTrail's events are (User Guide, "Matching arrays").
    """
    return _matches(self, self._pattern or {}, json.loads(json.dumps(event)))


def _matches(moto: Any, pattern: dict[str, Any], found: Any) -> bool:
    if isinstance(found, list):
        return any(_matches(moto, pattern, one) for one in found or [{}])
    fields = found if isinstance(found, dict) else {}
    return all(_has(moto, fields, name, wanted) for name, wanted in pattern.items())


def _has(moto: Any, fields: dict[str, Any], name: str, wanted: Any) -> bool:
    if name == "$or":
        return any(_matches(moto, one, fields) for one in wanted)
    if isinstance(wanted, dict):
        return _matches(moto, wanted, fields.get(name))
    value = fields.get(name, UNDEFINED)
    # what operators look at are leaves, and an object is none
    return bool(moto._does_item_match_filters(UNDEFINED if isinstance(value, dict) else value, wanted))
