"""EventBridge Scheduler: schedules fire in real time, or on request."""

from __future__ import annotations

import datetime
import json
import logging
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from moto.scheduler.models import (
    EventBridgeSchedulerBackend,
    Schedule,
    scheduler_backends,
)

from emulator.core import admin, aws, locks
from emulator.core.deliver import ERRORS, deliver
from emulator.core.patch import wrap
from emulator.core.settings import Settings
from emulator.services.scheduler import cron

log = logging.getLogger(__name__)

_SECONDS = 1.0
_MAX_ATTEMPTS = 4  # AWS goes on for a day; here the failure is to be seen soon

_settings: Settings
_workers = ThreadPoolExecutor(max_workers=4, thread_name_prefix="schedules")


def install(settings: Settings) -> None:
    """Watch the clock; POST /_local/fire fires one schedule at once."""
    global _settings
    _settings = settings
    admin.route("POST", "/_local/fire", _fire_now)
    threading.Thread(target=_watch, name="schedules", daemon=True).start()


def _schedules() -> list[Schedule]:
    groups = scheduler_backends[_settings.account][_settings.region].schedule_groups
    return [schedule for group in groups.values() for schedule in group.schedules.values()]


def _fire_now(body: dict[str, Any]) -> dict[str, Any]:
    """Fire a schedule as if its time had come: {"schedule": name, "time": ISO}."""
    with locks.holding("scheduler"):
        named = {schedule.name: schedule for schedule in _schedules()}
        schedule = named[body.get("schedule", "")]
    text = body.get("time")
    moment = datetime.datetime.fromisoformat(text) if text else datetime.datetime.now(datetime.UTC)
    if moment.tzinfo is None:
        raise ValueError(f"{text}: the time needs a zone, for example Z")
    return _send(schedule, moment.astimezone(datetime.UTC), 1)


def _watch() -> None:
    last = time.time()
    while True:
        time.sleep(_SECONDS)
        now = time.time()
        with locks.holding("scheduler"):
            schedules = _schedules()
        for schedule in schedules:
            try:
                if moment := _due(schedule, last, now):
                    _workers.submit(_fire, schedule, moment)
            except ValueError as error:
                log.error("schedule %s never fires: %s", schedule.name, error)
        last = now


def _due(schedule: Schedule, after: float, until: float) -> datetime.datetime | None:
    if schedule.state != "ENABLED":
        return None
    start = float(schedule.start_date or schedule.creation_date)
    if schedule.end_date and float(schedule.end_date) < until:
        return None
    expression = cron.parse(schedule.schedule_expression)
    moment = cron.due(expression, after, until, schedule.schedule_expression_timezone, start)
    return moment if moment and moment.timestamp() >= int(start) else None


def _fire(schedule: Schedule, moment: datetime.datetime) -> None:
    """Call the target, again if it fails, then give the event to the dead letters."""
    policy = schedule.target.get("RetryPolicy", {})
    attempts = min(1 + int(policy.get("MaximumRetryAttempts", 185)), _MAX_ATTEMPTS)
    for attempt in range(1, attempts + 1):
        try:
            _send(schedule, moment, attempt)
            return
        except ERRORS as error:
            log.warning("schedule %s, attempt %d: %s", schedule.name, attempt, error)
            time.sleep(0.2 * 2**attempt)
    if dead_letters := schedule.target.get("DeadLetterConfig", {}).get("Arn"):
        deliver(dead_letters, schedule.target.get("Input", "{}"), role=schedule.target["RoleArn"])


def _send(schedule: Schedule, moment: datetime.datetime, attempt: int) -> dict[str, Any]:
    """Call the target once; its answer is returned with the execution's id."""
    execution = str(uuid.uuid4())
    attributes = {
        "schedule-arn": schedule.arn,
        "scheduled-time": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "execution-id": execution,
        "attempt-number": str(attempt),
    }
    text = schedule.target.get("Input") or json.dumps({})
    for name, value in attributes.items():
        text = text.replace(f"<aws.scheduler.{name}>", value)
    answer: dict[str, Any] = {
        "executionId": execution,
        "time": attributes["scheduled-time"],
        "input": text,
    }
    arn, role = schedule.target["Arn"], schedule.target["RoleArn"]
    if arn.split(":")[2] == "states":
        started = aws.client("stepfunctions", role=role).start_execution(
            stateMachineArn=arn, name=execution, input=text
        )
        return answer | {"executionArn": started["executionArn"]}
    group = schedule.target.get("SqsParameters", {}).get("MessageGroupId", "")
    deliver(arn, text, group=group, role=role)
    return answer


@wrap(EventBridgeSchedulerBackend)
def create_schedule(moto: Any, self: Any, **given: Any) -> Schedule:
    """Refuses an expression that could never fire, as AWS does."""
    from moto.scheduler.exceptions import ValidationException

    try:
        cron.parse(given["schedule_expression"])
    except ValueError as error:
        raise ValidationException(f"Invalid Schedule Expression {error}") from error
    return moto(self, **given)
