"""Whether a role's log may be written: functions' and jobs' output gets to CloudWatch Logs in their role's name."""

from __future__ import annotations

from moto.logs.models import logs_backends

from emulator.core import descriptors
from emulator.core.permissions import enforce
from emulator.core.permissions.authorization_requests import AuthorizationRequest
from emulator.core.permissions.keys import DECRYPT, GENERATE, key_arn
from emulator.core.settings import ACCOUNT, REGION


def allowed(role: str, group: str, stream: str) -> bool:
    """Whether the role may write the stream, which may need the group to be made; what it may not is logged."""
    needs = descriptors.of("logs").needs
    assert needs is not None, "logs describe what their calls need"
    held = logs_backends[ACCOUNT][REGION].groups.get(group)
    body = {"logGroupName": group, "logStreamName": stream}
    needed = [access for call in ("CreateLogStream", "PutLogEvents") for access in needs(call, body)]
    if held is None:
        needed += needs("CreateLogGroup", body)
    try:
        enforce.require(role, needed)
        if held is not None and role:
            _encrypts(held.arn.removesuffix(":*"), key_arn(held.kms_key_id))
    except enforce.AccessDeniedError:
        return False
    return True


def _encrypts(group_arn: str, key: str | None) -> None:
    """CloudWatch Logs uses a group's key in its own name, and says for which group."""
    if key is not None:
        context = (("kms:EncryptionContext:aws:logs:arn", group_arn),)
        enforce.require(
            f"logs.{REGION}.amazonaws.com",
            [AuthorizationRequest(action, key, context) for action in (GENERATE, DECRYPT)],
        )
