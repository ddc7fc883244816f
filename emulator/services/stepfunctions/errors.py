"""Step Functions: failed calls have the names that AWS gives them, which is what Retry and Catch look for.

A call through the SDK fails as the SDK for Java 2 says, S3.S3Exception where the service's model has no name of its
own for an error ("Learning to use AWS service SDK integrations"); the integrations that Step Functions has made
itself fail as the first SDK for Java does, Glue.AWSGlueException. A call that gets no answer is an
SdkClientException. moto has two of these names, and fails with States.Runtime, which nothing retries, where
EventBridge is concerned.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from moto.stepfunctions.parser.api import (
    HistoryEventType,
    LambdaFunctionFailedEventDetails,
    TaskFailedEventDetails,
)
from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import CustomErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service import StateTaskService
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_aws_sdk import (
    StateTaskServiceAwsSdk,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_events import (
    StateTaskServiceEvents,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_glue import (
    StateTaskServiceGlue,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_lambda import (
    StateTaskServiceLambda,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_sns import (
    StateTaskServiceSns,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.state_task_lambda import StateTaskLambda
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails

from emulator.core.patch import wrap
from emulator.services.stepfunctions.integrations import SDK
from emulator.services.stepfunctions.sagemaker import StateTaskServiceSageMaker

# What comes before the point, and what comes after it where the service's model has no name for an error.
_OWN: dict[type, tuple[str, str]] = {
    StateTaskServiceGlue: ("Glue", "AWSGlueException"),
    StateTaskServiceSns: ("SNS", "AmazonSNSException"),
    StateTaskServiceEvents: ("EventBridge", "AmazonEventBridgeException"),
    StateTaskServiceLambda: ("Lambda", "AWSLambdaException"),
    StateTaskServiceSageMaker: ("SageMaker", "AmazonSageMakerException"),
    StateTaskLambda: ("Lambda", "AWSLambdaException"),
}

# Modules and classes name services by these where botocore has other names.
StateTaskService._SERVICE_NAME_SFN_TO_BOTO_OVERRIDES.update(
    {name: in_botocore for name, (in_botocore, _) in SDK.items() if name != in_botocore}
)


def error_name(service: str, unnamed: str, error: Exception) -> str:
    """The name of a failed call: botocore has a class for each error in the service's model, and one for all others."""
    if not isinstance(error, ClientError):
        return f"{service}.SdkClientException"
    kind = type(error).__name__
    if kind == "ClientError":
        return f"{service}.{unnamed}"
    kind = kind.removesuffix("Fault")
    return f"{service}.{kind if kind.endswith('Exception') else kind + 'Exception'}"


def _names(task: Any) -> tuple[str, str]:
    if isinstance(task, StateTaskServiceAwsSdk):
        service = SDK[task.resource.api_name][1]
        return service, f"{service}Exception"
    return _OWN[type(task)]


def _cause(error: Exception) -> str:
    if not isinstance(error, ClientError):
        return str(error)
    answer = error.response["ResponseMetadata"]
    details = f"Status Code: {answer['HTTPStatusCode']}; Error Code: {error.response['Error']['Code']}"
    return f"{error.response['Error']['Message']} ({details}; Request ID: {answer.get('RequestId', '')}; Proxy: null)"


def _from_error(moto: Callable[..., FailureEvent], self: Any, env: Any, ex: Exception) -> FailureEvent:
    """Names a call that failed; everything else is as moto has it."""
    if not isinstance(ex, ClientError | BotoCoreError):
        return moto(self, env=env, ex=ex)
    name, cause = error_name(*_names(self), ex), _cause(ex)
    if isinstance(self, StateTaskLambda):
        kind, details = (
            HistoryEventType.LambdaFunctionFailed,
            EventDetails(lambdaFunctionFailedEventDetails=LambdaFunctionFailedEventDetails(error=name, cause=cause)),
        )
    else:
        failed = TaskFailedEventDetails(
            error=name, cause=cause, resource=self._get_sfn_resource(), resourceType=self._get_sfn_resource_type()
        )
        kind, details = HistoryEventType.TaskFailed, EventDetails(taskFailedEventDetails=failed)
    return FailureEvent(env=env, error_name=CustomErrorName(name), event_type=kind, event_details=details)


for _task in (StateTaskServiceAwsSdk, *_OWN):
    wrap(_task)(_from_error)
