"""CloudTrail: a trail says that it has selectors of its own. Nothing is recorded: no events are delivered here."""

from __future__ import annotations

from typing import Any

from moto.cloudtrail.models import CloudTrailBackend, Trail

from emulator.overlay.patch import wrap


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
