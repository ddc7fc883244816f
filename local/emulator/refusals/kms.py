"""KMS: a key that is pending deletion can be read and brought back, and nothing else."""

from __future__ import annotations

from moto.kms.models import kms_backends

from emulator.refusals.registry import Call, Refused, refuses
from emulator.settings import ACCOUNT, REGION


@refuses("kms", "CreateAlias", "UpdateAlias")
def alias_of_a_key_pending_deletion(call: Call) -> None:
    """Developer Guide, "Key states of AWS KMS keys": aliases need a key that is not pending deletion."""
    _not_pending(call["TargetKeyId"])


@refuses("kms", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "Encrypt", "ReEncrypt")
def use_of_a_key_pending_deletion(call: Call) -> None:
    """The same page: no cryptographic operation."""
    _not_pending(call.get("DestinationKeyId") or call["KeyId"])


def _not_pending(name: str) -> None:
    backend = kms_backends[ACCOUNT][REGION]
    key = backend.keys.get(backend.any_id_to_key_id(name))
    if key is not None and key.key_state == "PendingDeletion":
        raise Refused("KMSInvalidStateException", f"{key.arn} is pending deletion.")
