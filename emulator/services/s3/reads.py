"""Reads of single objects, which are most of what Spark and queries ask for, without moto's web framework.

moto's answer takes several times as long as finding the object. Only the plain
cases are answered here, as moto answers them; anything else goes to moto.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote

from moto.iam.access_control import PermissionResult
from moto.s3.models import FakeBucket, FakeKey, S3Backend, s3_backends

from emulator.core.settings import ACCOUNT

_METHODS = {"GET": "s3:GetObject", "HEAD": "s3:HeadObject"}
_QUERIES = {"", "x-id=GetObject", "x-id=HeadObject"}
_CONDITIONS = ("HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_IF_UNMODIFIED_SINCE")
_AT_ONCE = {"STANDARD", "INTELLIGENT_TIERING", "STANDARD_IA"}  # classes that need no restore
_ENCRYPTION = "x-amz-server-side-encryption"


def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes] | None:
    """Answer a plain read of an object; None for what moto has to answer."""
    method = environ["REQUEST_METHOD"]
    if method not in _METHODS or environ.get("QUERY_STRING", "") not in _QUERIES:
        return None
    if "HTTP_AUTHORIZATION" not in environ or any(name in environ for name in _CONDITIONS):
        return None
    raw = environ["RAW_URI"].partition("?")[0]
    bucket_name, _, name = unquote(raw).lstrip("/").partition("/")
    backend: S3Backend = s3_backends[ACCOUNT]["aws"]
    bucket = backend.buckets.get(bucket_name)
    key = bucket.keys.get(name) if bucket is not None else None
    if not isinstance(key, FakeKey) or key.storage_class not in _AT_ONCE:
        return None
    wanted = _span(environ.get("HTTP_RANGE", ""), key.size)
    if wanted is None:
        return None
    first, after = wanted
    part = after - first < key.size
    if not part and key.checksum_algorithm and environ.get("HTTP_X_AMZ_CHECKSUM_MODE"):
        return None
    resource = f"arn:{bucket.partition}:s3:::{bucket_name}/{name}"
    if bucket.get_permission(_METHODS[method], resource) == PermissionResult.DENIED:
        return None
    _log(backend, bucket, method, raw, environ)
    headers = {
        "Content-Type": "binary/octet-stream",
        **key.response_dict,
        **key.metadata,
        "Accept-Ranges": "bytes",
        "content-length": str(after - first),
    }
    if "Hadoop" in environ.get("HTTP_USER_AGENT", ""):
        # It copies what it renames under the key it is given, which its client refuses to name without TLS.
        headers = {name: value for name, value in headers.items() if not name.startswith(_ENCRYPTION)}
    if part:
        headers["content-range"] = f"bytes {first}-{after - 1}/{key.size}"
    status = "206 Partial Content" if part else "200 OK"
    start(status, [(name, str(value)) for name, value in headers.items() if value is not None])
    return [] if method == "HEAD" else [_content(key, first, after)]


def _span(text: str, size: int) -> tuple[int, int] | None:
    """The bytes a Range header asks for as [first, after); None for a form that is left to moto."""
    if not text:
        return 0, size
    begin, dash, end = text.removeprefix("bytes=").partition("-")
    if not dash or "," in text or not (begin + end).isdigit():
        return None
    if not begin:
        first, after = max(0, size - int(end)), size
    else:
        first, after = int(begin), min(size, int(end) + 1) if end else size
    return (first, after) if first < after else None


def _content(key: FakeKey, first: int, after: int) -> bytes:
    with key.lock:
        key._value_buffer.seek(first)
        return key._value_buffer.read(after - first)


def _log(backend: S3Backend, bucket: FakeBucket, method: str, path: str, environ: dict[str, Any]) -> None:
    agent = {"User-Agent": environ.get("HTTP_USER_AGENT", "-")}
    backend.log_incoming_request(SimpleNamespace(method=method, url=path, headers=agent), bucket.name)
