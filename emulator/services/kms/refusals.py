"""KMS: a key that is pending deletion can be read and brought back, and nothing else; policies name who is there."""

from __future__ import annotations

from moto.kms.models import Key, kms_backends
from moto.kms.utils import _deserialize_ciphertext_blob

from emulator.core.refusals import principals
from emulator.core.refusals.registry import Call, Refused, refuses
from emulator.core.settings import ACCOUNT, REGION


@refuses("kms", "CreateAlias", "UpdateAlias")
def alias_of_a_key_pending_deletion(call: Call) -> None:
    """Developer Guide, "Key states of AWS KMS keys": aliases need a key that is not pending deletion."""
    _not_pending(call["TargetKeyId"])


@refuses("kms", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "Encrypt", "CreateGrant")
@refuses("kms", "GenerateMac", "VerifyMac")
@refuses("kms", "GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext", "TagResource", "UpdateKeyDescription")
@refuses("kms", "EnableKey", "DisableKey", "EnableKeyRotation", "DisableKeyRotation", "ScheduleKeyDeletion")
def use_of_a_key_pending_deletion(call: Call) -> None:
    """The same page: neither cryptographic operations nor changes."""
    _not_pending(call["KeyId"])


@refuses("kms", "Decrypt")
def decryption_by_a_key_pending_deletion(call: Call) -> None:
    """The same of what the key has encrypted, which says which key it was."""
    _not_pending(_deserialize_ciphertext_blob(call["CiphertextBlob"]).key_id)


@refuses("kms", "CancelKeyDeletion")
def cancellation_of_no_deletion(call: Call) -> None:
    """The same page: only a key that is pending deletion can be brought back."""
    key = _key(call["KeyId"])
    if key is not None and key.key_state != "PendingDeletion":
        raise Refused("KMSInvalidStateException", f"{key.arn} is not pending deletion.")


@refuses("kms", "ScheduleKeyDeletion")
def window_out_of_range(call: Call) -> None:
    """API Reference, ScheduleKeyDeletion, PendingWindowInDays: between 7 and 30."""
    if not 7 <= call.get("PendingWindowInDays", 30) <= 30:
        raise Refused("ValidationException", "PendingWindowInDays must be between 7 and 30 (inclusive)")


@refuses("kms", "CreateAlias")
def reserved_alias(call: Call) -> None:
    """API Reference, CreateAlias, AliasName: alias/aws/ is reserved for AWS managed keys."""
    if call["AliasName"].startswith("alias/aws/"):
        raise Refused("NotAuthorizedException", "")


@refuses("kms", "Encrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "GenerateMac", "VerifyMac")
def use_of_a_disabled_key(call: Call) -> None:
    """The same page: cryptographic operations need an enabled key."""
    key = _key(call["KeyId"])
    if key is not None and key.key_state == "Disabled":
        raise Refused("DisabledException", f"{key.arn} is disabled.")


@refuses("kms", "CreateKey", "PutKeyPolicy")
def policy_for_nobody(call: Call) -> None:
    """API Reference, CreateKey, Policy: "The principals must exist and be visible to AWS KMS"."""
    if call.get("Policy") and principals.unusable(call["Policy"]):
        message = "Policy contains a statement with one or more invalid principals."
        raise Refused("MalformedPolicyDocumentException", message)


@refuses("kms", "EnableKeyRotation")
def rotation_of_a_key_that_does_not_encrypt(call: Call) -> None:
    """API Reference, EnableKeyRotation: neither asymmetric nor HMAC keys can be rotated automatically."""
    key = _key(call["KeyId"])
    if key is not None and key.key_usage != "ENCRYPT_DECRYPT":
        raise Refused("UnsupportedOperationException", "")


def _not_pending(name: str) -> None:
    key = _key(name)
    if key is not None and key.key_state == "PendingDeletion":
        raise Refused("KMSInvalidStateException", f"{key.arn} is pending deletion.")


def _key(name: str) -> Key | None:
    backend = kms_backends[ACCOUNT][REGION]
    return backend.keys.get(backend.any_id_to_key_id(name))
