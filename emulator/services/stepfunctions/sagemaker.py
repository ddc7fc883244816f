"""Step Functions: SageMaker's jobs, started and waited for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.stepfunctions.parser.api import HistoryEventType, TaskFailedEventDetails
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent, FailureEventException
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import StatesErrorNameType
from moto.stepfunctions.parser.asl.component.state.exec.state_task import state_task_factory
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.resource import ResourceCondition
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_callback import (
    StateTaskServiceCallback,
)
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str

from emulator.core import aws

_JOBS = {"createtrainingjob": "TrainingJob", "createprocessingjob": "ProcessingJob"}


class StateTaskServiceSageMaker(StateTaskServiceCallback):
    """createTrainingJob.sync and createProcessingJob.sync, whose result is what describes the ended job."""

    def __init__(self) -> None:
        super().__init__(supported_integration_patterns={ResourceCondition.Sync})

    def _get_supported_parameters(self) -> set[str] | None:
        job = _JOBS.get(self.resource.api_action.lower())
        if job is None:
            return None
        model = aws.client("sagemaker").meta.service_model.operation_model(f"Create{job}")
        return set(model.input_shape.members)

    def _eval_service_task(
        self, env: Any, resource_runtime_part: Any, normalised_parameters: dict, state_credentials: Any
    ) -> None:
        job = _JOBS[self.resource.api_action.lower()]
        client = aws.client("sagemaker", retries=False, role=state_credentials.role_arn)
        create = client.create_training_job if job == "TrainingJob" else client.create_processing_job
        answer = create(**normalised_parameters)
        answer.pop("ResponseMetadata", None)
        env.stack.append(answer)

    def _build_sync_resolver(
        self, env: Any, resource_runtime_part: Any, normalised_parameters: dict, state_credentials: Any
    ) -> Callable[[], Any]:
        env.stack.pop()
        job = _JOBS[self.resource.api_action.lower()]
        name = normalised_parameters[f"{job}Name"]
        client = aws.client("sagemaker", retries=False, role=state_credentials.role_arn)
        describe = client.describe_training_job if job == "TrainingJob" else client.describe_processing_job

        def ended() -> Any:
            found = describe(**{f"{job}Name": name})
            found.pop("ResponseMetadata", None)
            status = found[f"{job}Status"]
            if status not in ("Completed", "Failed", "Stopped"):
                return None
            if status == "Completed":
                return found
            kind = StatesErrorNameType.StatesTaskFailed
            failure = self._failure(env, StatesErrorName(typ=kind), kind.to_name(), to_json_str(found))
            raise FailureEventException(failure)

        return ended

    def _failure(self, env: Any, name: Any, error: str, cause: str) -> FailureEvent:
        details = TaskFailedEventDetails(
            resource=self._get_sfn_resource(), resourceType=self._get_sfn_resource_type(), error=error, cause=cause
        )
        return FailureEvent(
            env=env,
            error_name=name,
            event_type=HistoryEventType.TaskFailed,
            event_details=EventDetails(taskFailedEventDetails=details),
        )


_OWN = {"sagemaker": StateTaskServiceSageMaker}
_moto = state_task_factory.state_task_service_for


def state_task_service_for(service_name: str) -> Any:
    """Knows SageMaker, too."""
    return _OWN[service_name]() if service_name in _OWN else _moto(service_name)


state_task_factory.state_task_service_for = state_task_service_for  # type: ignore[assignment]
