"""Step Functions: definitions that mean nothing, roles that it cannot be, logs that it cannot write."""

from __future__ import annotations

import json
from typing import Any

from moto.stepfunctions.parser.models import stepfunctions_parser_backends

from emulator.core.permissions.authorization_requests import AuthorizationRequest, arn
from emulator.core.refusals import acting
from emulator.core.refusals.registry import Call, Refused, refuses
from emulator.core.settings import ACCOUNT, REGION
from emulator.services.logs import delivery as log_delivery
from emulator.services.stepfunctions import unsupported
from emulator.services.stepfunctions.definitions import problems

# Developer Guide, "Using CloudWatch Logs to log execution history": what the state machine's role needs, on everything.
_DELIVERY = (
    "CreateLogDelivery",
    "GetLogDelivery",
    "UpdateLogDelivery",
    "DeleteLogDelivery",
    "ListLogDeliveries",
    "PutResourcePolicy",
    "DescribeResourcePolicies",
    "DescribeLogGroups",
)


@refuses("stepfunctions", "CreateStateMachine", "UpdateStateMachine")
def definition(call: Call) -> None:
    """A definition with a mistake; one that is right and cannot be run here as AWS does."""
    try:
        given = json.loads(call.get("definition") or "{}")
    except ValueError:
        return  # moto says so
    if found := problems(given):
        message = ", ".join(f"'{problem}'" for problem in found)
        raise Refused("InvalidDefinition", f"Invalid State Machine Definition: {message}")
    if lacking := unsupported.parts(given):
        raise Refused(
            "InvalidDefinition", f"The emulator does not run {', '.join(lacking)}; AWS takes this definition."
        )


@refuses("stepfunctions", "CreateStateMachine", "UpdateStateMachine")
def role_of_nobody(call: Call) -> None:
    """A role that Step Functions cannot assume."""
    state_machine = call.get("stateMachineArn") or arn("states", f"stateMachine:{call.get('name')}")
    if (role := call.get("roleArn")) and not acting.assumable(role, "states", state_machine):
        message = "Neither the global service principal states.amazonaws.com, nor the regional one is authorized to "
        message += "assume the provided role."
        raise Refused("AccessDeniedException", message)


@refuses("stepfunctions", "CreateStateMachine", "UpdateStateMachine")
def log_without_delivery(call: Call) -> None:
    """A log group that is not there, a role that may not deliver logs, a group too many for the account's policy."""
    groups = log_delivery.groups(call.get("loggingConfiguration"))
    role = call.get("roleArn") or _role_of(call.get("stateMachineArn"))
    for group in groups:
        if not group.endswith(":*"):
            raise Refused("InvalidLoggingConfiguration", f"Invalid Logging Configuration: {group} must end with ':*'.")
        named = log_delivery.exists(group)
        if not named or not acting.may(role, *(AuthorizationRequest(f"logs:{action}", "*") for action in _DELIVERY)):
            message = "The state machine IAM Role is not authorized to access the Log Destination"
            raise Refused("AccessDeniedException", message)
        if not log_delivery.fits(group):
            message = (
                "Invalid Logging Configuration: The CloudWatch Logs Resource Policy size was exceeded. We suggest "
            )
            message += "prefixing your CloudWatch log group name with /aws/vendedlogs/states/."
            raise Refused("InvalidLoggingConfiguration", message)


def _role_of(state_machine: str | None) -> Any:
    held = stepfunctions_parser_backends[ACCOUNT][REGION].state_machines
    return next((one.roleArn for one in held if one.arn == state_machine), "")
