"""Step Functions: calls that the Terraform provider makes and moto lacks, and an
interpreter that waits briefly."""

from __future__ import annotations

import datetime
import json
import sys
import uuid
from typing import Any

from botocore.response import StreamingBody
from moto.core.responses import ActionResult
from moto.stepfunctions.parser.api import InvalidDefinition
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_callback,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.resource import (
    ResourceCondition,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_aws_sdk import (
    StateTaskServiceAwsSdk,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_callback import (
    StateTaskServiceCallback,
)
from moto.stepfunctions.parser.backend.execution import (
    BaseExecutionWorkerCommunication,
)
from moto.stepfunctions.parser.models import StepFunctionsParserBackend
from moto.stepfunctions.responses import StepFunctionResponse

from emulator.core import aws, log_streams
from emulator.core.patch import add, wrap
from emulator.services.stepfunctions.definitions import Problem, problems


@add(StepFunctionResponse)
def validate_state_machine_definition(self: Any) -> ActionResult:
    """Reports mistakes of a definition; the provider asks before it plans."""
    definition = self._get_param("definition")
    try:
        self.stepfunction_backend._validate_definition(definition)
    except InvalidDefinition as error:
        found = [Problem("SCHEMA_VALIDATION_FAILED", str(error.message)[:1000], "")]
    else:
        found = problems(json.loads(definition))
    diagnostics = [
        {"severity": "ERROR", "code": one.code, "message": one.message, "location": one.place} for one in found
    ]
    return ActionResult({"result": "FAIL" if found else "OK", "diagnostics": diagnostics, "truncated": False})


@add(StepFunctionResponse)
def list_state_machine_versions(self: Any) -> ActionResult:
    """Lists published versions, newest first; deletion looks at them."""
    state_machine = self.stepfunction_backend.describe_state_machine(self._get_param("stateMachineArn"))
    versions = [
        {"stateMachineVersionArn": version.arn, "creationDate": version.creation_date}
        for _, version in sorted(state_machine.versions.items(), reverse=True)
    ]
    return ActionResult({"stateMachineVersions": versions})


# A page of a history unless another size is asked for (GetExecutionHistory, maxResults).
_EVENTS = 100


@wrap(StepFunctionResponse)
def get_execution_history(moto: Any, self: Any) -> ActionResult:
    """Answers a page, the newest events first when that is asked for; moto always gives
    all of them, the oldest first."""
    events: list[Any] = list(moto(self).result["events"])
    if self._get_param("reverseOrder"):
        events.reverse()
    start = int(self._get_param("nextToken") or 0)
    end = start + int(self._get_param("maxResults") or _EVENTS)
    more = {"nextToken": str(end)} if end < len(events) else {}
    return ActionResult({"events": events[start:end], **more})


def boto_client_for(region: str, service: str, state_credentials: Any = None) -> Any:
    """Gives the interpreter clients of the emulator by address, with the credentials
    of the state machine's role. By the name localhost S3 would be asked for hosts called
    bucket.localhost; and a client a task would be made anew each time, which takes
    longer than most calls."""
    return aws.client(service, retries=False, role=state_credentials.role_arn)


# Its modules each hold the function under its name.
for _name, _module in list(sys.modules.items()):
    if _name.startswith("moto.stepfunctions.") and hasattr(_module, "boto_client_for"):
        _module.boto_client_for = boto_client_for  # type: ignore[attr-defined]

# AWS waits for a job by itself; the interpreter looks, too seldom for short runs.
state_task_service_callback._DELAY_SECONDS_SYNC_CONDITION_CHECK = 0.25  # type: ignore[misc]


@wrap(StateTaskServiceAwsSdk)
def _eval_service_task(moto: Any, self: Any, env: Any, **kwargs: Any) -> None:
    """Gives an object's body as text, which intrinsic functions can work on."""
    moto(self, env, **kwargs)
    answer = env.stack[-1]
    for field, value in answer.items() if isinstance(answer, dict) else ():
        if isinstance(value, StreamingBody):
            answer[field] = value.read().decode("utf-8")
        elif isinstance(value, datetime.datetime):
            answer[field] = value.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@wrap(StepFunctionsParserBackend)
def start_execution(
    moto: Any,
    self: Any,
    state_machine_arn: str,
    name: str | None = None,
    *args: Any,
    **kwargs: Any,
) -> Any:
    """Names an execution that has no name; moto calls them all None."""
    return moto(self, state_machine_arn, name or str(uuid.uuid4()), *args, **kwargs)


_ENDS = {
    "SUCCEEDED": "ExecutionsSucceeded",
    "FAILED": "ExecutionsFailed",
    "TIMED_OUT": "ExecutionsTimedOut",
    "ABORTED": "ExecutionsAborted",
}


@wrap(BaseExecutionWorkerCommunication)
def terminated(moto: Any, self: Any) -> None:
    """Counts how executions end, which alarms look at."""
    moto(self)
    execution = self.execution
    dimensions = [{"Name": "StateMachineArn", "Value": execution.state_machine_arn}]
    lasted = (execution.stop_date - execution.start_date).total_seconds() * 1000
    log_streams.put_metrics(
        "AWS/States",
        [
            {"MetricName": _ENDS[execution.exec_status], "Value": 1, "Unit": "Count", "Dimensions": dimensions},
            {"MetricName": "ExecutionTime", "Value": lasted, "Unit": "Milliseconds", "Dimensions": dimensions},
        ],
    )


@wrap(StateTaskServiceCallback)
def _eval_integration_pattern(
    moto: Any,
    self: Any,
    env: Any,
    resource_runtime_part: Any,
    normalised_parameters: Any,
    state_credentials: Any,
) -> None:
    """Waits for a job of a service without task tokens; moto ends each such wait
    with an error, because it has no token to let go. Times in the result are
    milliseconds since the epoch, where moto leaves what isn't JSON."""
    if ResourceCondition.WaitForTaskToken in self._supported_integration_patterns:
        moto(
            self,
            env=env,
            resource_runtime_part=resource_runtime_part,
            normalised_parameters=normalised_parameters,
            state_credentials=state_credentials,
        )
        return
    started = env.stack.pop()
    self.timeout.eval(env=env)
    timeout = env.stack.pop()
    env.stack.append(started)
    resolver = self._build_sync_resolver(env, resource_runtime_part, normalised_parameters, state_credentials)
    ended = self._eval_sync(
        env=env,
        sync_resolver=resolver,
        timeout_seconds=timeout,
        callback_endpoint=None,
        heartbeat_endpoint=None,
    )
    env.stack.append(json.loads(json.dumps(ended, default=_milliseconds)))


def _milliseconds(moment: datetime.datetime) -> int:
    return int(moment.timestamp() * 1000)
