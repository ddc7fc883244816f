"""CloudWatch Logs: retention in steps, and keys that CloudWatch Logs can use."""

from __future__ import annotations

from moto.kms.models import kms_backends

from emulator.core.permissions import keys
from emulator.core.permissions.authorization_requests import AuthorizationRequest, arn
from emulator.core.permissions.keys import DECRYPT, GENERATE
from emulator.core.refusals import acting
from emulator.core.refusals.registry import Call, Refused, refuses
from emulator.core.settings import ACCOUNT, REGION

# Days, by PutRetentionPolicy.
_RETENTIONS = {1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}


@refuses("logs", "PutRetentionPolicy")
def retention_between_the_steps(call: Call) -> None:
    """A number of days that is none of those which are offered."""
    if call["retentionInDays"] not in _RETENTIONS:
        raise Refused("InvalidParameterException", f"{call['retentionInDays']} days are no retention of log groups.")


@refuses("logs", "CreateLogGroup")
def name_of_aws(call: Call) -> None:
    """A name that begins with aws/."""
    if call["logGroupName"].startswith("aws/"):
        raise Refused("InvalidParameterException", "Log groups starting with aws/ are reserved for AWS.")


@refuses("logs", "CreateLogGroup", "AssociateKmsKey")
def unusable_key(call: Call) -> None:
    """A key that is not there or off; one whose policy does not let CloudWatch Logs use it for this group."""
    if not (name := call.get("kmsKeyId")):
        return
    group = arn("logs", f"log-group:{call['logGroupName']}")
    message = f"The specified KMS key does not exist or is not allowed to be used with Arn '{group}'"
    held = kms_backends[ACCOUNT][REGION].keys.get(name.rpartition("/")[2])
    if held is None or held.key_state != "Enabled":
        raise Refused("InvalidParameterException", message)
    context = (("kms:EncryptionContext:aws:logs:arn", group),)
    wanted = [AuthorizationRequest(action, str(keys.key_arn(name)), context) for action in (GENERATE, DECRYPT)]
    if not acting.may(f"logs.{REGION}.amazonaws.com", *wanted):
        raise Refused("AccessDeniedException", message)
