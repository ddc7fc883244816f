"""Glue job runs that are real: StartJobRun starts Spark, states tell what it does.

moto's runs succeed after being asked twice. Here a run downloads its script and
libraries from S3, runs them as a child process and is SUCCEEDED only when that
process ends well. At most two runs have a process at a time; others stay in
STARTING, as when Glue waits for capacity.
"""

from __future__ import annotations

import json
import logging
import subprocess
import threading
import time
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.glue.exceptions import ConcurrentRunsExceededException, JobRunNotFoundException
from moto.glue.models import FakeJob, FakeJobRun
from moto.glue.responses import GlueResponse

from emulator.core import aws, locks, patch, processes
from emulator.core.settings import Settings
from emulator.services.glue import process
from emulator.services.glue.arguments import Arguments

log = logging.getLogger(__name__)

_ACTIVE = ("STARTING", "RUNNING", "STOPPING")
_SLOTS = threading.BoundedSemaphore(2)
_MINUTE_SECONDS = 60.0  # the unit of Timeout
_STOP_GRACE_SECONDS = 3.0

_settings: Settings | None = None


def install(settings: Settings) -> None:
    """Patch moto's Glue."""
    global _settings
    if _settings is None:
        patch.replace(FakeJob)(start_job_run)
        patch.replace(FakeJob)(get_job_run)
        patch.replace(FakeJob)(get_job_runs)
        patch.add(GlueResponse)(batch_stop_job_run)
    _settings = settings


class Run(FakeJobRun):
    """One run of a job: what GetJobRun shows, and the process behind it.

    Its fields are read and written under Glue's lock.
    """

    def __init__(self, job: FakeJob, attempt: int, previous: str | None, **given: Any) -> None:
        super().__init__(job_name=job.name, job_run_id=previous, **given)
        self.job = job
        self.attempt = attempt
        if attempt and previous:
            self.job_run_id = f"{previous.split('_attempt_')[0]}_attempt_{attempt}"
        self.given = given
        self.state = "STARTING"
        self.error: str | None = None
        self.ended = False
        self.begun: float | None = None
        self.seconds = 0
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def status(self) -> str:  # type: ignore[override]
        """The run's state."""
        return self.state

    def settings(self) -> Arguments:
        """The run's arguments as Glue reads them."""
        return Arguments(self.arguments or {})

    def as_dict(self) -> dict[str, Any]:
        """What GetJobRun shows."""
        seconds = int(time.monotonic() - self.begun) if self.begun and not self.ended else self.seconds
        log_prefix = self.settings().own("custom-logGroup-prefix") or process.LOG_PREFIX
        shown: dict[str, Any] = {
            "Id": self.job_run_id,
            "Attempt": self.attempt,
            "PreviousRunId": self.previous_run_id,
            "JobName": self.job_name,
            "StartedOn": self.started_on,
            "LastModifiedOn": self.modified_on,
            "CompletedOn": self.completed_on if self.ended else None,
            "JobRunState": self.state,
            "Arguments": self.arguments or None,
            "ErrorMessage": self.error,
            "PredecessorRuns": [],
            "ExecutionTime": seconds,
            "Timeout": self.timeout,
            "MaxCapacity": self.max_capacity,
            "AllocatedCapacity": self.allocated_capacity,
            "WorkerType": self.worker_type,
            "NumberOfWorkers": self.number_of_workers,
            "SecurityConfiguration": self.security_configuration,
            "NotificationProperty": self.notification_property,
            "LogGroupName": log_prefix,
            "GlueVersion": self.job.glue_version,
            "ExecutionClass": self.job.execution_class,
        }
        return {name: value for name, value in shown.items() if value is not None}


def start_job_run(
    job: FakeJob,
    allocated_capacity: int | None,
    max_capacity: float | None,
    timeout: int | None,
    worker_type: str | None,
    security_configuration: str | None,
    number_of_workers: int | None,
    notification_property: dict[str, int] | None,
    previous_run_id: str | None,
    arguments: dict[str, str] | None,
) -> str:
    """StartJobRun: refused when as many runs are active as the job allows."""
    active = sum(run.status in _ACTIVE for run in job.job_runs)
    if active >= job.execution_property.get("MaxConcurrentRuns", 1):
        raise ConcurrentRunsExceededException(f"Concurrent runs exceeded for {job.name}")
    given = {
        "arguments": {**job.default_arguments, **(arguments or {}), **(job.non_overridable_arguments or {})},
        "allocated_capacity": allocated_capacity or job.allocated_capacity,
        "max_capacity": max_capacity or job.max_capacity,
        "timeout": timeout or job.timeout,
        "worker_type": worker_type or job.worker_type,
        "security_configuration": security_configuration or job.security_configuration,
        "number_of_workers": number_of_workers or job.number_of_workers,
        "notification_property": notification_property or job.notification_property,
    }
    return _begin(Run(job, 0, previous_run_id, **given))


def get_job_run(job: FakeJob, run_id: str) -> FakeJobRun:
    """GetJobRun."""
    for run in job.job_runs:
        if run.job_run_id == run_id:
            return run
    raise JobRunNotFoundException(run_id)


def get_job_runs(job: FakeJob) -> list[FakeJobRun]:
    """GetJobRuns, newest first."""
    return job.job_runs[::-1]


def batch_stop_job_run(response: GlueResponse) -> ActionResult:
    """BatchStopJobRun: processes get SIGTERM, then SIGKILL; an ended run is an error."""
    name = response.parameters["JobName"]
    stopped, errors = [], []
    for run_id in response.parameters["JobRunIds"]:
        run = response.glue_backend.get_job(name).get_job_run(run_id)
        if run.status in ("STARTING", "RUNNING"):
            run.state, run.modified_on = "STOPPING", utcnow()
            if run.process is not None:
                threading.Thread(target=_stop, args=(run.process,), daemon=True).start()
            stopped.append({"JobName": name, "JobRunId": run_id})
        else:
            detail = {"ErrorCode": "InvalidInputException", "ErrorMessage": f"Job Run {run_id} is in {run.status}"}
            errors.append({"JobName": name, "JobRunId": run_id, "ErrorDetail": detail})
    return ActionResult({"SuccessfulSubmissions": stopped, "Errors": errors})


def _begin(run: Run) -> str:
    run.job.job_runs.append(run)
    threading.Thread(target=_execute, args=(run,), name=run.job_run_id, daemon=True).start()
    return run.job_run_id


def _execute(run: Run) -> None:
    try:
        _run_to_the_end(run)
    except Exception as error:
        log.exception("%s", run.job_run_id)
        _finish(run, "FAILED", f"INTERNAL ERROR | {error!r}")


def _run_to_the_end(run: Run) -> None:
    assert _settings is not None
    with _SLOTS:
        if run.state == "STOPPING":
            return _finish(run, "STOPPED", None)
        try:
            child = process.GlueProcess(
                _settings, run.job_name, run.job_run_id, run.job.role, run.job.command, run.settings()
            )
            child.start()
        except (ClientError, BotoCoreError, OSError, ValueError) as error:
            log.warning("%s: not started: %s", run.job_run_id, error)
            return _finish(run, "FAILED", f"LAUNCH ERROR | {error}")
        with locks.holding("glue"):
            run.begun, run.process = time.monotonic(), child.process
            if run.state == "STARTING":
                run.state, run.modified_on = "RUNNING", utcnow()
            stopping = run.state == "STOPPING"
        if stopping:
            _stop(child.process)
        limit = run.timeout * _MINUTE_SECONDS if run.timeout else None
        code = child.wait(limit)
        log.info("%s of %s ended with %s", run.job_run_id, run.job_name, code)
        if run.state == "STOPPING":
            return _finish(run, "STOPPED", None)
        if code is None:
            return _finish(run, "TIMEOUT", "Job timeout")
        if code != 0:
            return _finish(run, "FAILED", child.error(code))
        return _finish(run, "SUCCEEDED", None)


def _finish(run: Run, state: str, error: str | None) -> None:
    with locks.holding("glue") as changed:
        run.seconds = int(time.monotonic() - run.begun) if run.begun else 0
        run.state, run.error, run.ended = state, error, True
        run.completed_on = run.modified_on = utcnow()
        if state == "FAILED" and run.attempt < (run.job.max_retries or 0):
            _begin(Run(run.job, run.attempt + 1, run.job_run_id, **run.given))
        changed.notify_all()
    _tell(run)


def _tell(run: Run) -> None:
    """Put the event that Glue puts when a run ends."""
    detail = {
        "jobName": run.job_name,
        "severity": "INFO" if run.state in ("SUCCEEDED", "STOPPED") else "ERROR",
        "state": run.state,
        "jobRunId": run.job_run_id,
        "message": run.error or f"Job run {run.state.lower()}",
    }
    event = {"Source": "aws.glue", "DetailType": "Glue Job State Change", "Detail": json.dumps(detail)}
    try:
        aws.client("events").put_events(Entries=[event])
    except (ClientError, BotoCoreError) as error:
        log.warning("%s: no event: %s", run.job_run_id, error)


def _stop(process: subprocess.Popen[bytes]) -> None:
    processes.stop(process, subprocess.signal.SIGTERM)  # type: ignore[attr-defined]
    try:
        process.wait(_STOP_GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        processes.stop(process)
