"""Tells EventBridge of calls that take protection away, where a trail records them, as CloudTrail does of all calls."""

from __future__ import annotations

import datetime
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from moto.cloudtrail.models import CloudTrailBackend, Trail, cloudtrail_backends
from moto.kms.models import KmsBackend
from moto.lakeformation.models import LakeFormationBackend
from moto.s3.models import S3Backend

from emulator.core.permissions import callers, keys
from emulator.core.settings import ACCOUNT, REGION, Settings
from emulator.services.events import rules as event_rules

Json = dict[str, Any]

_MANAGEMENT = {"eventCategory": "Management"}

# One thread: the caller holds its service's lock, and events keep the order of their calls.
_telling = ThreadPoolExecutor(max_workers=1, thread_name_prefix="recorded-calls")


def install(_settings: Settings) -> None:
    """Watch the calls, when all that changes moto's methods is in its place."""
    for method in ("put_key_policy", "disable_key", "disable_key_rotation", "schedule_key_deletion"):
        _watch(KmsBackend, "kms", method, _of_key)
    for method in ("put_data_lake_settings", "deregister_resource"):
        _watch(LakeFormationBackend, "lakeformation", method, _of_account)
    for method in ("stop_logging", "delete_trail", "update_trail", "put_event_selectors"):
        _watch(CloudTrailBackend, "cloudtrail", method, _of_account)
    _watch(S3Backend, "s3", "delete_object", _of_version)


def _watch(backend: type, service: str, method: str, said: Callable[..., tuple[Json, Json] | None]) -> None:
    """Put the telling around a method: said gives what selectors look at, and what the event says of the request."""
    call = getattr(backend, method)

    def around(self: Any, *args: Any, **kwargs: Any) -> Any:
        found = said(*args, **kwargs)
        recorded = found is not None and _recorded(found[0])  # before the call: it may be the one that ends a trail
        answer = call(self, *args, **kwargs)
        if found and recorded:
            _telling.submit(_tell, service, method, found[1], callers.current())
        return answer

    setattr(backend, method, around)


def _of_account(*_: Any, **__: Any) -> tuple[Json, Json]:
    return _MANAGEMENT, {}


def _of_key(key_id: str, *_: Any, **__: Any) -> tuple[Json, Json]:
    key = {"ARN": keys.key_arn(key_id) or key_id, "accountId": ACCOUNT, "type": "AWS::KMS::Key"}
    return _MANAGEMENT, {"requestParameters": {"keyId": key_id}, "resources": [key]}


def _of_version(
    bucket_name: str, key_name: str, version_id: str | None = None, *_: Any, **__: Any
) -> tuple[Json, Json] | None:
    """A request for many objects is an event of each, too."""
    if version_id is None:
        return None
    arn = f"arn:aws:s3:::{bucket_name}/{key_name}"
    looked_at = {"eventCategory": "Data", "resources.type": "AWS::S3::Object", "resources.ARN": arn}
    return looked_at, {
        "requestParameters": {"bucketName": bucket_name, "key": key_name, "versionId": version_id},
        "resources": [
            {"ARN": arn, "type": "AWS::S3::Object"},
            {"ARN": f"arn:aws:s3:::{bucket_name}", "accountId": ACCOUNT, "type": "AWS::S3::Bucket"},
        ],
    }


def _recorded(looked_at: Json) -> bool:
    trails = list(cloudtrail_backends[ACCOUNT][REGION].trails.values())
    return any(trail.status.is_logging and _selects(trail, looked_at) for trail in trails)


def _selects(trail: Trail, looked_at: Json) -> bool:
    """Whether a trail records it (User Guide, "Logging management events", "Logging data events"): all that manages
    where it has no selectors. Data events are recorded by advanced selectors alone here."""
    if trail.advanced_event_selectors:
        return any(
            all(_fits(field, looked_at.get(field["Field"], "")) for field in selector["FieldSelectors"])
            for selector in trail.advanced_event_selectors
        )
    manages = [one for one in trail.event_selectors or [{}] if one.get("IncludeManagementEvents", True)]
    return looked_at == _MANAGEMENT and any(one.get("ReadWriteType") != "ReadOnly" for one in manages)


def _fits(field: Json, value: str) -> bool:
    return value in field.get("Equals", ()) or any(value.startswith(one) for one in field.get("StartsWith", ()))


def _tell(service: str, method: str, said: Json, role: str | None) -> None:
    event_rules.publish(
        {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": "AWS API Call via CloudTrail",
            "source": f"aws.{service}",
            "account": ACCOUNT,
            "time": time.time(),
            "region": REGION,
            "resources": [],
            "detail": {
                "eventVersion": "1.11",
                "userIdentity": _identity(role),
                "eventTime": f"{datetime.datetime.now(datetime.UTC):%Y-%m-%dT%H:%M:%SZ}",
                "eventSource": f"{service}.amazonaws.com",
                "eventName": method.title().replace("_", ""),
                "awsRegion": REGION,
                "eventType": "AwsApiCall",
                "recipientAccountId": ACCOUNT,
                **said,
            },
        }
    )


def _identity(role: str | None) -> Json:
    """Who called (User Guide, "CloudTrail userIdentity element")."""
    if role is None:
        return {"type": "Root", "arn": f"arn:aws:iam::{ACCOUNT}:root", "accountId": ACCOUNT}
    name = role.rpartition("/")[2]
    return {
        "type": "AssumedRole",
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/local",
        "accountId": ACCOUNT,
        "sessionContext": {"sessionIssuer": {"type": "Role", "arn": role, "userName": name, "accountId": ACCOUNT}},
    }
