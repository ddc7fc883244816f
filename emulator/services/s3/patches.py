"""S3: Intelligent-Tiering configurations, EventBridge flag, logs, deletes, lists."""

from __future__ import annotations

import copy
import threading
import time
import uuid
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote, unquote, urlsplit
from xml.etree import ElementTree

from moto.core.responses import ActionResult
from moto.s3 import models
from moto.s3.exceptions import S3ClientError
from moto.s3.models import FakeBucket, FakeDeleteMarker, FakeKey, S3Backend
from moto.s3.notifications import S3NotificationEvent
from moto.s3.responses import S3Response

from emulator.core.patch import add, replace, wrap
from emulator.core.settings import ACCOUNT
from emulator.services.s3 import events

_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
_LOG_DELIVERY = timedelta(seconds=5)  # S3's takes up to hours
_HEAD = b'<?xml version="1.0" encoding="UTF-8"?>'


class NoSuchConfiguration(S3ClientError):
    """A bucket has no configuration of that id."""

    code = 404

    def __init__(self) -> None:
        super().__init__("NoSuchConfiguration", "The specified configuration does not exist.")


def _tierings(bucket: FakeBucket) -> dict[str, bytes]:
    return vars(bucket).setdefault("intelligent_tierings", {})


def _is_tiering(query: dict[str, Any]) -> bool:
    return "intelligent-tiering" in query


@wrap(S3Response)
def _bucket_response_put(moto: Any, self: Any, request: Any, bucket_name: str, query: dict[str, Any]) -> Any:
    """Keeps Intelligent-Tiering configurations, which moto takes for a new bucket."""
    if _is_tiering(query):
        _tierings(self.backend.get_bucket(bucket_name))[query["id"][0]] = self.body
        return 200, {}, ""
    return moto(self, request, bucket_name, query)


@wrap(S3Response)
def _bucket_response_get(moto: Any, self: Any, bucket_name: str, query: dict[str, Any]) -> Any:
    """Reads one Intelligent-Tiering configuration, or lists them all."""
    if not _is_tiering(query):
        return moto(self, bucket_name, query)
    known = _tierings(self.backend.get_bucket(bucket_name))
    if "id" in query:
        if query["id"][0] not in known:
            raise NoSuchConfiguration
        return 200, {}, known[query["id"][0]]
    root = ElementTree.Element("ListBucketIntelligentTieringConfigurationsOutput", xmlns=_NAMESPACE)
    ElementTree.SubElement(root, "IsTruncated").text = "false"
    for body in known.values():
        root.append(ElementTree.fromstring(body))
    return 200, {}, _HEAD + ElementTree.tostring(root)


@wrap(S3Response)
def _bucket_response_delete(moto: Any, self: Any, bucket_name: str, query: dict[str, Any]) -> Any:
    """Deletes the configuration alone; moto would delete the whole bucket."""
    if not _is_tiering(query):
        return moto(self, bucket_name, query)
    if _tierings(self.backend.get_bucket(bucket_name)).pop(query["id"][0], None) is None:
        raise NoSuchConfiguration
    return 204, {}, ""


@wrap(S3Response)
def get_bucket_notification(moto: Any, self: Any) -> Any:
    """Tells whether events go to EventBridge, which moto keeps but doesn't show."""
    status, headers, body = moto(self)
    kept = self.backend.get_bucket_notification_configuration(self.bucket_name)
    if kept is None or kept.event_bridge is None:
        return status, headers, body
    root = ElementTree.fromstring(body)
    prefix = root.tag[: root.tag.index("}") + 1] if root.tag.startswith("{") else ""
    if root.find(f"{prefix}EventBridgeConfiguration") is None:
        ElementTree.SubElement(root, f"{prefix}EventBridgeConfiguration")
    return (
        status,
        headers,
        _HEAD + ElementTree.tostring(root, default_namespace=prefix.strip("{}") or None),
    )


@wrap(FakeBucket)
def set_notification_configuration(moto: Any, self: Any, config: dict[str, Any] | None) -> None:
    """An empty EventBridge element switches it on."""
    if config and "EventBridgeConfiguration" in config:
        config["EventBridgeConfiguration"] = config["EventBridgeConfiguration"] or {}
    self.notifications_before = events.in_force(self), time.time()
    moto(self, config)


@replace(S3Backend)
def log_incoming_request(self: Any, request: Any, bucket_name: str) -> None:
    """Delivers access logs now and then, many lines an object, as S3 does; moto makes an object a request."""
    bucket = self.buckets.get(bucket_name)
    target = bucket.logging.get("TargetBucket") if bucket is not None and bucket.logging else None
    if target not in self.buckets:
        return
    lines: list[str] = vars(bucket).setdefault("undelivered_log", [])
    path = urlsplit(request.url).path
    now = datetime.now(UTC)
    kind = "OBJECT" if path.strip("/").count("/") else "BUCKET"
    key = path.strip("/").partition("/")[2] or "-"
    lines.append(
        f"{ACCOUNT} {bucket_name} [{now:%d/%b/%Y:%H:%M:%S +0000}] 127.0.0.1 - {uuid.uuid4().hex[:16].upper()} "
        f'REST.{request.method}.{kind} {key} "{request.method} {path} HTTP/1.1" - - - - - - "-" '
        f'"{request.headers.get("User-Agent", "-")}" -'
    )
    due = vars(bucket).setdefault("log_due", now + _LOG_DELIVERY)
    if now < due:
        return
    bucket.undelivered_log, bucket.log_due = [], now + _LOG_DELIVERY
    name = f"{bucket.logging.get('TargetPrefix', '')}{now:%Y-%m-%d-%H-%M-%S}-{uuid.uuid4().hex[:16].upper()}"
    self.put_object(target, name, value="\n".join(lines).encode() + b"\n")


def _log_permissions_enabled_policy(target_bucket: Any, target_prefix: str | None) -> bool:
    """Lets access logs be switched on whatever form the target's policy has;
    moto knows one spelling of the statement that lets the service write."""
    return True


FakeBucket._log_permissions_enabled_policy = staticmethod(_log_permissions_enabled_policy)  # type: ignore[method-assign]


@add(FakeDeleteMarker)
def dispose(self: Any, garbage: bool = False) -> None:
    """Delete markers hold no data; moto's key store disposes of all versions alike."""


@wrap(S3Backend)
def delete_object(
    moto: Any,
    self: Any,
    bucket_name: str,
    key_name: str,
    version_id: str | None = None,
    bypass: bool = False,
) -> tuple[bool, dict[str, Any]]:
    """A delete without version makes a marker, also for a key that never was;
    the events tell markers and removed versions apart; unknown versions are fine."""
    from moto.s3 import notifications

    bucket = self.get_bucket(bucket_name)
    if not bucket.is_versioned:
        if key_name not in bucket.keys:
            return False, {}
        return moto(self, bucket_name, key_name, version_id, bypass)
    if version_id is None:
        known = bucket.keys.get(key_name)
        marker = FakeDeleteMarker(key=known if known is not None else _Nameless(key_name))  # type: ignore[arg-type]
        bucket.keys[key_name] = marker
        event = S3NotificationEvent.OBJECT_REMOVED_DELETE_MARKER_CREATED_EVENT
        notifications.send_event(self.account_id, event, bucket, marker)
        return True, {"version-id": marker.version_id, "delete-marker": "true"}
    versions = bucket.keys.getlist(key_name, [])
    found = next((version for version in versions if str(version.version_id) == version_id), None)
    if found is None:
        return False, {"version-id": version_id}
    size, etag = (found.size, found.etag) if isinstance(found, FakeKey) else (0, "")
    # With one version left moto sends an event itself, about another version.
    keep, bucket.notification_configuration = bucket.notification_configuration, None
    try:
        deleted, meta = moto(self, bucket_name, key_name, version_id, bypass)
    finally:
        bucket.notification_configuration = keep
    if isinstance(found, FakeDeleteMarker):
        meta["delete-marker"] = "true"
    removed = _Removed(key_name, version_id, size, etag)
    notifications.send_event(
        self.account_id,
        S3NotificationEvent.OBJECT_REMOVED_DELETE_EVENT,
        bucket,
        removed,
    )
    return deleted, meta


class _Nameless:
    """Stands for a key that a delete marker hides though it never was."""

    def __init__(self, name: str) -> None:
        self.name = name


class _Removed:
    """What an event says of a version that is gone."""

    def __init__(self, name: str, version_id: str, size: int, etag: str) -> None:
        self.name, self.version_id, self.size, self.etag = name, version_id, size, etag


@replace(S3Response)
def get_bucket_accelerate_configuration(self: Any) -> Any:
    """A bucket that never had acceleration answers with no status at all."""
    status = self.backend.get_bucket_accelerate_configuration(self.bucket_name)
    self.data["Action"] = "GetBucketAccelerateConfiguration"
    return self.serialized(ActionResult({"Status": status} if status else {}))


def _shallow(versions: list[Any]) -> list[Any]:
    """For a page of ListObjectVersions moto copies every object of the bucket, contents and all, to mark the latest."""
    return [copy.copy(version) for version in versions]


models.copy = SimpleNamespace(copy=copy.copy, deepcopy=_shallow)  # type: ignore[attr-defined]


_asked = threading.local()  # whether the request in this thread wants names URL-encoded


@wrap(S3Response)
def list_object_versions(moto: Any, self: Any) -> Any:
    """Encodes names where the client asked for it, which moto does for the other lists only."""
    _asked.encoded = self.querystring.get("encoding-type") == ["url"]
    try:
        status, headers, body = moto(self)
    finally:
        encoded, _asked.encoded = _asked.encoded, False
    if encoded:
        body = body.replace("<MaxKeys>", "<EncodingType>url</EncodingType><MaxKeys>", 1)
    return status, headers, body


def _page(moto: Any, self: Any, bucket_name: str, key_marker: str | None = None, **kwargs: Any) -> Any:
    if not getattr(_asked, "encoded", False):
        return moto(self, bucket_name, key_marker=key_marker, **kwargs)
    # Some clients send the marker as they got it, some decode it first.
    if key_marker is not None and key_marker not in self.get_bucket(bucket_name).keys:
        key_marker = unquote(key_marker)
    versions, prefixes, markers, following, version = moto(self, bucket_name, key_marker=key_marker, **kwargs)
    for each in (*versions, *markers):  # copies, see _shallow
        each.name = quote(each.name)
    return versions, [quote(prefix) for prefix in prefixes], markers, following and quote(following), version


_page.__name__ = "list_object_versions"
wrap(S3Backend)(_page)


@wrap(S3Backend)
def list_objects(moto: Any, self: S3Backend, bucket: Any, prefix: str | None, *args: Any, **kwargs: Any) -> Any:
    """Moto names a folder as a common prefix when all its objects have been deleted and have older versions."""
    live = {
        name: key
        for name, key in bucket.keys.items()
        if name.startswith(prefix or "") and not isinstance(key, FakeDeleteMarker)
    }
    return moto(self, SimpleNamespace(keys=live), prefix, *args, **kwargs)
