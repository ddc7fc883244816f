"""Training and processing jobs that are real: a process each, whose end is the job's."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.sagemaker.exceptions import ResourceInUseException
from moto.sagemaker.models import FakeProcessingJob, FakeTrainingJob, SageMakerModelBackend
from moto.sagemaker.responses import SageMakerResponse

from emulator.core import locks, patch
from emulator.core.settings import Settings
from emulator.services.sagemaker import container
from emulator.services.sagemaker.container import Container, LaunchError

log = logging.getLogger(__name__)

TRAINING_LOG, PROCESSING_LOG = "/aws/sagemaker/TrainingJobs", "/aws/sagemaker/ProcessingJobs"
_MAX_REASON = 1024  # characters of a FailureReason
_SLOTS = threading.BoundedSemaphore(2)

_settings: Settings


def install(settings: Settings) -> None:
    """Patch moto's jobs."""
    global _settings
    _settings = settings
    patch.wrap(SageMakerModelBackend)(create_training_job)
    patch.wrap(SageMakerResponse)(create_processing_job)


def create_training_job(moto: Any, self: Any, **given: Any) -> FakeTrainingJob:
    """Runs the script of the job's source archive."""
    name = given["training_job_name"]
    if name in self.training_jobs:
        raise ResourceInUseException(message=f"Job name must be unique: {name} is taken")
    definitions = list(given["algorithm_specification"].get("MetricDefinitions") or [])
    job = moto(self, **given)
    job.algorithm_specification["MetricDefinitions"] = definitions
    job.final_metric_data_list = []
    job.training_job_status = job.secondary_status = "InProgress"
    job.training_end_time = None
    _begin(name, lambda: _train(job), lambda status, reason: _end_training(job, status, reason))
    return job


def create_processing_job(moto: Any, self: Any) -> ActionResult:
    """Runs the job's own command."""
    name = self._get_param("ProcessingJobName")
    jobs = self.sagemaker_backend.processing_jobs
    if name in jobs:
        raise ResourceInUseException(message=f"Job name must be unique: {name} is taken")
    answer = moto(self)
    job = jobs[name]
    job.environment = self._get_param("Environment") or {}  # these two moto forgets
    job.processing_resources = self._get_param("ProcessingResources")
    job.processing_job_status = "InProgress"
    job.processing_end_time = None
    _begin(name, lambda: _process(job), lambda status, reason: _end_processing(job, status, reason))
    return answer


def _begin(name: str, work: Callable[[], None], end: Callable[[str, str | None], None]) -> None:
    def run() -> None:
        with _SLOTS:
            try:
                work()
            except _StoppedError as stopped:
                status, reason = "Stopped", str(stopped)
            except (LaunchError, ClientError, BotoCoreError) as error:
                status, reason = "Failed", str(error)
            except Exception as error:
                log.exception("%s", name)
                status, reason = "Failed", f"InternalServerError: {error!r}"
            else:
                status, reason = "Completed", None
        log.info("%s ended: %s %s", name, status, reason or "")
        with locks.holding("sagemaker") as changed:
            end(status, reason and reason[:_MAX_REASON])
            changed.notify_all()

    threading.Thread(target=run, name=name, daemon=True).start()


class _StoppedError(Exception):
    """The job took longer than it may."""


def _end_training(job: FakeTrainingJob, status: str, reason: str | None) -> None:
    job.training_job_status = status
    job.secondary_status = "MaxRuntimeExceeded" if status == "Stopped" else status
    job.training_end_time = job.last_modified_time = utcnow()
    if reason:
        job.failure_reason = reason


def _end_processing(job: FakeProcessingJob, status: str, reason: str | None) -> None:
    job.processing_job_status = status
    job.processing_end_time = job.last_modified_time = utcnow()
    if reason:
        job.failure_reason = job.exit_message = reason


def _train(job: FakeTrainingJob) -> None:
    """What the container's training toolkit does around a script."""
    box = Container(_settings, job.training_job_name, job.role_arn, TRAINING_LOG)
    try:
        parameters = container.decoded(job.hyper_parameters or {})
        environment = {}
        for channel in job.input_data_config or []:
            folder = box.path(f"{container.ROOT}/input/data/{channel['ChannelName']}")
            box.fetch(channel["DataSource"]["S3DataSource"]["S3Uri"], folder)
            environment[f"SM_CHANNEL_{channel['ChannelName'].upper()}"] = str(folder)
        code = box.path(f"{container.ROOT}/code")
        box.unpack(_needed(parameters, container.SUBMITTED), code)
        model, output = box.path(f"{container.ROOT}/model"), box.path(f"{container.ROOT}/output/data")
        environment |= {
            "SM_MODEL_DIR": str(model),
            "SM_OUTPUT_DATA_DIR": str(output),
            "SM_FAILURE_FILE": str(output.parent / "failure"),
        }
        given = {name: value for name, value in parameters.items() if not name.startswith("sagemaker_")}
        arguments = [word for name, value in given.items() for word in (f"--{name}", value)]
        box.start([box.python(), _needed(parameters, container.PROGRAM), *arguments], code, environment)
        ended = box.wait((job.stopping_condition or {}).get("MaxRuntimeInSeconds"))
        _measure(job, box.printed())
        config = job.output_data_config
        target = f"{config['S3OutputPath'].rstrip('/')}/{job.training_job_name}/output"
        _evaluate(ended, output.parent / "failure")
        box.pack(model, f"{target}/model.tar.gz", config.get("KmsKeyId"))
        box.pack(output, f"{target}/output.tar.gz", config.get("KmsKeyId"))
        with locks.holding("sagemaker"):
            job.model_artifacts = {"S3ModelArtifacts": f"{target}/model.tar.gz"}
    finally:
        box.remove()


def _needed(parameters: dict[str, str], name: str) -> str:
    if name not in parameters:
        raise LaunchError(f"AlgorithmError: the hyperparameter {name} is not set: only script mode is run here")
    return parameters[name]


def _measure(job: FakeTrainingJob, printed: str) -> None:
    """The last value of each metric, as its definition finds it in the log."""
    found = []
    for definition in job.algorithm_specification["MetricDefinitions"]:
        values = re.findall(definition["Regex"], printed, re.MULTILINE)
        if values:
            found.append({"MetricName": definition["Name"], "Value": float(values[-1]), "Timestamp": utcnow()})
    with locks.holding("sagemaker"):
        job.final_metric_data_list = found


def _evaluate(code: int | None, failure: Path) -> None:
    if code is None:
        raise _StoppedError("MaxRuntimeExceeded")
    if code != 0:
        said = failure.read_text(errors="replace") if failure.exists() else "the script gave no reason"
        raise LaunchError(f"AlgorithmError: {said}, exit code: {code}")


def _process(job: FakeProcessingJob) -> None:
    box = Container(_settings, job.processing_job_name, job.role_arn, PROCESSING_LOG)
    try:
        for one in job.processing_inputs or []:
            given = one["S3Input"]
            box.fetch(given["S3Uri"], box.path(given["LocalPath"]))
        config = job.processing_output_config or {}
        outputs = [one["S3Output"] for one in config.get("Outputs", [])]
        for one in outputs:
            box.path(one["LocalPath"])
        image = job.app_specification
        command = [*image.get("ContainerEntrypoint", []), *image.get("ContainerArguments", [])]
        box.start([box.translate(word) for word in command], box.folder, job.environment)
        _evaluate(
            box.wait((job.stopping_condition or {}).get("MaxRuntimeInSeconds")), box.folder / "output" / "message"
        )
        for one in outputs:
            folder = box.path(one["LocalPath"])
            for file in sorted(path for path in folder.rglob("*") if path.is_file()):
                target = f"{one['S3Uri'].rstrip('/')}/{file.relative_to(folder)}"
                box.put(file, target, config.get("KmsKeyId"))
    finally:
        box.remove()
