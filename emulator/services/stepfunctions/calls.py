"""Which permissions Step Functions' calls need (Service Authorization Reference)."""

from __future__ import annotations

from typing import Any

from emulator.core.permissions.authorization_requests import AuthorizationRequest, UnknownCallError

Json = dict[str, Any]


def needs(operation: str, body: Json) -> list[AuthorizationRequest]:
    """Calls about one state machine or one execution."""
    on_one = ["StartExecution", "StartSyncExecution", "ListExecutions", "DescribeStateMachine"]
    on_execution = ["DescribeExecution", "StopExecution", "GetExecutionHistory"]
    if operation in on_one:
        return [AuthorizationRequest(f"states:{operation}", body["stateMachineArn"])]
    if operation in on_execution:
        return [AuthorizationRequest(f"states:{operation}", body["executionArn"])]
    raise UnknownCallError(f"states:{operation}")
