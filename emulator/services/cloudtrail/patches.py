"""CloudTrail: trails by their names, and what they say of themselves. No file is written."""

from __future__ import annotations

import json
from typing import Any

from moto.cloudtrail.models import CloudTrailBackend, Trail
from moto.cloudtrail.responses import CloudTrailResponse

from emulator.core.patch import wrap


@wrap(Trail)
def description(moto: Any, self: Trail, include_region: bool = False) -> dict[str, Any]:
    """Moto keeps selectors and always answers that there are none."""
    answer: dict[str, Any] = moto(self, include_region)
    answer["HasCustomEventSelectors"] = bool(self.event_selectors or self.advanced_event_selectors)
    return answer


@wrap(CloudTrailBackend)
def delete_trail(moto: Any, self: CloudTrailBackend, name: str) -> None:
    """Moto looks for the name only, and takes the ARN that the provider sends for a trail that isn't there."""
    moto(self, self.get_trail(name).trail_name)


@wrap(CloudTrailResponse)
def describe_trails(moto: Any, self: Any) -> str:
    """Those that are named, by name or ARN, where some are; moto answers all, of which the provider takes the first.

    A name that nobody has is left out, not an error (DescribeTrails, trailNameList).
    """
    answer: str = moto(self)
    wanted = self._get_param("trailNameList")
    if not wanted:
        return answer
    found = [trail for trail in json.loads(answer)["trailList"] if {trail["Name"], trail["TrailARN"]} & set(wanted)]
    return json.dumps({"trailList": found})
