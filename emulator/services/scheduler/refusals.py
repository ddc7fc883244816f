"""EventBridge Scheduler: a schedule needs a role that Scheduler can assume."""

from __future__ import annotations

from emulator.core.permissions.authorization_requests import arn
from emulator.core.refusals import acting
from emulator.core.refusals.registry import Call, Refused, refuses


@refuses("scheduler", "CreateSchedule", "UpdateSchedule")
def role_of_nobody(call: Call) -> None:
    """Trust policies see the group of the schedule (User Guide, "Confused deputy prevention")."""
    group = arn("scheduler", f"schedule-group/{call.get('GroupName') or 'default'}")
    if not acting.assumable(call["Target"]["RoleArn"], "scheduler", group):
        message = "The execution role you provide must allow AWS EventBridge Scheduler to assume the role."
        raise Refused("ValidationException", message)
