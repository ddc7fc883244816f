"""SQS: attributes in the form that AWS gives them."""

from __future__ import annotations

import json
import time
from typing import Any

from moto.sqs.models import Message, SQSBackend

from emulator.core.patch import wrap


@wrap(SQSBackend)
def get_queue_attributes(moto: Any, self: Any, queue_name: str, attribute_names: list[str]) -> dict[str, Any]:
    """JSON without spaces and times in whole seconds; a policy with spaces looks
    changed to the provider when it reads it again."""
    shown = dict(moto(self, queue_name, attribute_names))
    for name in ("RedrivePolicy", "RedriveAllowPolicy"):
        if isinstance(shown.get(name), str):
            shown[name] = json.dumps(json.loads(shown[name]), separators=(",", ":"))
    for name in ("CreatedTimestamp", "LastModifiedTimestamp"):
        if shown.get(name) is not None:
            shown[name] = int(float(shown[name]))
    return shown


@wrap(SQSBackend)
def set_queue_attributes(moto: Any, self: Any, queue_name: str, attributes: dict[str, Any]) -> Any:
    """moto forgets a queue's policy when other attributes are set; AWS leaves what is not named as it was."""
    return moto(self, queue_name, {"Policy": self.get_queue(queue_name).policy, **attributes})


@wrap(SQSBackend)
def is_message_valid_based_on_retention_period(moto: Any, self: Any, queue_name: str, message: Message) -> bool:
    """moto counts a queue's messages for each of them to know how long one is kept."""
    kept = self.get_queue(queue_name).message_retention_period
    return message.sent_timestamp / 1000 + int(kept) > time.time()
