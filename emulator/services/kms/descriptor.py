"""KMS."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from moto.kms.models import kms_backends

from emulator.core.descriptors import Descriptor
from emulator.core.settings import ACCOUNT, REGION
from emulator.services.kms import calls


def _policy(arn: str) -> str | None:
    key = kms_backends[ACCOUNT][REGION].keys.get(arn.rsplit(":", 1)[-1].removeprefix("key/"))
    return key.policy if key is not None else None


def _listed(backend: Any) -> Iterable[str]:
    """Keys that wait for their deletion count as deleted: AWS keeps them a week
    at least. AWS's own keys, which come with use, aren't anybody's to delete."""
    for key in backend.keys.values():
        aliases = [alias for alias in key.aliases if not alias.startswith("alias/aws/")]
        if key.key_state != "PendingDeletion" and len(aliases) == len(key.aliases):
            yield f"key/{key.id}"
        yield from aliases


DESCRIPTORS = (Descriptor("kms", refusals=("refusals",), arn="kms", needs=calls.needs, policy=_policy, lists=_listed),)
