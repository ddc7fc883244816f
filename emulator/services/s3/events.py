"""Bucket notifications, delivered after the call as S3 does: at least once, soon.

A bucket's configuration takes effect "usually after about five minutes" on AWS (Amazon S3 User Guide, "Using
Amazon SQS, Amazon SNS, and Lambda"), and with EventBridge, too. Nobody has to wait for that here:
POST /_local/notifications {"delaySeconds": 300} asks for it.
"""

from __future__ import annotations

import datetime
import itertools
import json
import logging
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote_plus

import moto.s3.models
from flask import has_request_context, request
from moto.s3 import notifications
from moto.s3.notifications import S3NotificationEvent

from emulator.core import admin
from emulator.core.deliver import ERRORS, deliver
from emulator.core.settings import Settings
from emulator.services.events import rules as event_rules

log = logging.getLogger(__name__)

_ATTEMPTS = 5
_REASONS = {
    "ObjectCreated:Put": "PutObject",
    "ObjectCreated:Post": "POST Object",
    "ObjectCreated:Copy": "CopyObject",
    "ObjectCreated:CompleteMultipartUpload": "CompleteMultipartUpload",
}
_DELETIONS = {
    "ObjectRemoved:Delete": "Permanently Deleted",
    "ObjectRemoved:DeleteMarkerCreated": "Delete Marker Created",
}

_workers = ThreadPoolExecutor(max_workers=8, thread_name_prefix="s3-events")
_ticks = itertools.count(time.time_ns())
_ticks_lock = threading.Lock()
_delay = 0.0  # seconds until a changed configuration is in force


def install(settings: Settings) -> None:
    """Take over moto's notifications, which it sends inside the call."""
    event_rules.install(settings)
    admin.route("POST", "/_local/notifications", _set_delay)
    notifications.send_event = send_event
    notifications.send_test_event = send_test_event
    moto.s3.models.notifications = notifications


def _set_delay(body: dict[str, Any]) -> dict[str, float]:
    global _delay
    _delay = float(body["delaySeconds"])
    return {"delaySeconds": _delay}


def in_force(bucket: Any) -> Any:
    """Return the configuration by which a bucket notifies now: the one before, until a change has taken effect."""
    before, changed = getattr(bucket, "notifications_before", (None, 0.0))
    return before if time.time() - changed < _delay else bucket.notification_configuration


def send_event(account_id: str, event_name: S3NotificationEvent, bucket: Any, key: Any) -> None:
    """Send what happened to a key to everyone whom the bucket's settings name."""
    config = in_force(bucket)
    multipart_put = getattr(key, "multipart", None) and event_name == S3NotificationEvent.OBJECT_CREATED_PUT_EVENT
    if config is None or multipart_put or _unasked_tags(event_name):
        return  # a finished multipart upload is one event, of its own name
    name = event_name.value.removeprefix("s3:")
    item = _object(bucket, key, name)
    for notification in [*config.queue, *config.topic, *config.cloud_function]:
        if notification.matches(event_name, key.name):
            record = _record(account_id, bucket, name, item, notification.id)
            _workers.submit(_deliver, notification.arn, json.dumps({"Records": [record]}))
    if config.event_bridge is not None:
        _workers.submit(_publish, account_id, bucket, name, item, key.name)


def send_test_event(account_id: str, bucket: Any) -> None:
    """Tell new destinations that they are connected, as S3 does."""
    config = bucket.notification_configuration
    test = {
        "Service": "Amazon S3",
        "Event": "s3:TestEvent",
        "Time": _now(),
        "Bucket": bucket.name,
        "RequestId": uuid.uuid4().hex[:16].upper(),
        "HostId": "emulator",
    }
    for arn in {notification.arn for notification in [*config.queue, *config.topic]}:
        _workers.submit(_deliver, arn, json.dumps(test))


def _unasked_tags(event_name: S3NotificationEvent) -> bool:
    """Whether moto tells of tags, as it does after each put, that nobody changed."""
    tagging = event_name == S3NotificationEvent.OBJECT_TAGGING_PUT_EVENT
    return tagging and has_request_context() and "tagging" not in request.args


def _object(bucket: Any, key: Any, event: str) -> dict[str, Any]:
    """The object's part of the record; keys are encoded as in a form."""
    item: dict[str, Any] = {"key": quote_plus(key.name, safe="/")}
    if not event.startswith("ObjectRemoved"):
        item |= {"size": key.size, "eTag": key.etag.strip('"')}
    if bucket.versioning_status and key.version_id != "null":
        item["versionId"] = key.version_id
    with _ticks_lock:
        item["sequencer"] = f"{max(next(_ticks), 0):018X}"
    return item


def _record(account: str, bucket: Any, event: str, item: dict[str, Any], configuration: str) -> dict[str, Any]:
    return {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": bucket.region_name,
        "eventTime": _now(),
        "eventName": event,
        "userIdentity": {"principalId": f"AWS:{account}"},
        "requestParameters": {"sourceIPAddress": "127.0.0.1"},
        "responseElements": {
            "x-amz-request-id": uuid.uuid4().hex[:16].upper(),
            "x-amz-id-2": "emulator",
        },
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": configuration,
            "bucket": {
                "name": bucket.name,
                "ownerIdentity": {"principalId": account},
                "arn": bucket.arn,
            },
            "object": item,
        },
    }


def _publish(account: str, bucket: Any, event: str, item: dict[str, Any], key: str) -> None:
    """Put the event on the default bus, in EventBridge's shape."""
    names = {"eTag": "etag", "versionId": "version-id"}
    detail: dict[str, Any] = {
        "version": "0",
        "bucket": {"name": bucket.name},
        "object": {names.get(name, name): value for name, value in item.items()} | {"key": key},
        "request-id": uuid.uuid4().hex[:16].upper(),
        "requester": account,
        "source-ip-address": "127.0.0.1",
        "reason": _REASONS.get(event, "DeleteObject"),
    }
    if event in _DELETIONS:
        detail["deletion-type"] = _DELETIONS[event]
    event_rules.publish(
        {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": notifications._detail_type(f"s3:{event}"),
            "source": "aws.s3",
            "account": account,
            "time": time.time(),
            "region": bucket.region_name,
            "resources": [bucket.arn],
            "detail": detail,
        }
    )


def _deliver(arn: str, text: str) -> None:
    for attempt in range(_ATTEMPTS):
        try:
            deliver(arn, text)
            return
        except ERRORS as error:
            log.warning("notification to %s, attempt %d: %s", arn, attempt + 1, error)
            time.sleep(0.2 * 2**attempt)


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
