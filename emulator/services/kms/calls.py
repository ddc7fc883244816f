"""Which permissions KMS' calls need (Service Authorization Reference)."""

from __future__ import annotations

from typing import Any

from emulator.core.permissions import keys
from emulator.core.permissions.authorization_requests import AuthorizationRequest, Context, UnknownCallError
from emulator.core.settings import ACCOUNT

Json = dict[str, Any]


def needs(operation: str, body: Json) -> list[AuthorizationRequest]:
    """Direct use of a key; no service stands between."""
    known = ["Decrypt", "Encrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "DescribeKey", "GenerateMac"]
    key = keys.key_arn(body.get("KeyId"))
    if operation not in known or key is None:
        raise UnknownCallError(f"kms:{operation} without KeyId")
    context: Context = (("kms:CallerAccount", ACCOUNT),)
    context += tuple(
        (f"kms:EncryptionContext:{name}", value) for name, value in body.get("EncryptionContext", {}).items()
    )
    if operation == "GenerateMac":
        context += (("kms:MacAlgorithm", body["MacAlgorithm"]),)
    return [AuthorizationRequest(f"kms:{operation}", key, context)]
