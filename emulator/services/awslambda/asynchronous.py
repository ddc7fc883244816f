"""Asynchronous invocations: retries, destinations, dead letters.

Lambda waits one minute before the first retry and two before the second; here
it is one second and two, so that a failure can be watched.
"""

from __future__ import annotations

import datetime
import json
import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from moto.awslambda.exceptions import UnknownFunctionException
from moto.awslambda.utils import get_backend

from emulator.core import deliver, locks
from emulator.core.settings import Settings
from emulator.services.awslambda import runtime

log = logging.getLogger(__name__)

_RETRY_SECONDS = (1.0, 2.0)
_THROTTLED_SECONDS = 0.5
_MAX_AGE_SECONDS = 6 * 3600

_settings: Settings
_workers = ThreadPoolExecutor(max_workers=32, thread_name_prefix="lambda-async")


def install(settings: Settings) -> None:
    """Take events for functions."""
    global _settings
    _settings = settings


def enqueue(function: str, payload: bytes, qualifier: str | None) -> None:
    """Invoke later; returns at once."""
    _workers.submit(_run, function, payload, qualifier)


def _run(function: str, payload: bytes, qualifier: str | None) -> None:
    try:
        with locks.holding("awslambda"):
            found = get_backend(_settings.account, _settings.region).get_function(function, qualifier)
            config = dict(found.event_invoke_config[0].config) if found.event_invoke_config else {}
            dead_letters = found.kept.get("DeadLetterConfig", {}).get("TargetArn")
            arn, role = found.function_arn, found.role
        retries = int(config.get("MaximumRetryAttempts", len(_RETRY_SECONDS)))
        expires = time.monotonic() + float(config.get("MaximumEventAgeInSeconds") or _MAX_AGE_SECONDS)
        attempt = 0
        while True:
            try:
                result = runtime.invoke(function, payload, qualifier)
            except runtime.Throttled:
                # Throttled events go back to the queue until they are too old.
                if time.monotonic() + _THROTTLED_SECONDS > expires:
                    return
                threading.Event().wait(_THROTTLED_SECONDS)
                continue
            attempt += 1
            if result.error is None or attempt > retries:
                break
            threading.Event().wait(_RETRY_SECONDS[min(attempt, len(_RETRY_SECONDS)) - 1])
        _send_on(config, dead_letters, arn, role, payload, attempt, result)
    except UnknownFunctionException:
        log.info("%s is gone with an event still waiting", function)
    except Exception:
        log.exception("asynchronous invocation of %s", function)


def _send_on(
    config: dict[str, Any],
    dead_letters: str | None,
    arn: str,
    role: str,
    payload: bytes,
    attempts: int,
    result: Any,
) -> None:
    outcome = "OnFailure" if result.error else "OnSuccess"
    target = config.get("DestinationConfig", {}).get(outcome, {}).get("Destination")
    if target:
        context = {
            "requestId": result.request_id,
            "functionArn": f"{arn}:{result.version}",
        }
        context |= {
            "condition": "RetriesExhausted" if result.error else "Success",
            "approximateInvokeCount": attempts,
        }
        answer = {"statusCode": 200, "executedVersion": result.version}
        if result.error:
            answer["functionError"] = result.error
        record = {
            "version": "1.0",
            "timestamp": datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "requestContext": context,
            "requestPayload": _json(payload),
            "responseContext": answer,
            "responsePayload": _json(result.payload),
        }
        deliver.deliver(target, json.dumps(record), role=role)
    if result.error and dead_letters:
        deliver.deliver(dead_letters, payload.decode(), role=role)


def _json(text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text.decode("utf-8", "replace")
