"""S3."""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

from moto.s3.models import s3_backends

from emulator.core.descriptors import Descriptor, Environ, named, request
from emulator.core.permissions.authorization_requests import AuthorizationRequest
from emulator.core.settings import ACCOUNT
from emulator.services.s3 import calls, reads


def _operation(environ: Environ) -> str:
    """Name the S3 calls that faults are asked for: objects, parts and lists."""
    method, path, query = environ["REQUEST_METHOD"], environ.get("PATH_INFO", ""), environ.get("QUERY_STRING", "")
    _, _, key = path.lstrip("/").partition("/")
    words = {name for name, _ in parse_qsl(query, keep_blank_values=True)}
    if not key:
        if method == "GET" and (not words or words & {"list-type", "prefix", "delimiter", "max-keys"}):
            return "ListObjectsV2" if "list-type" in words else "ListObjects"
        if method == "POST" and "delete" in words:
            return "DeleteObjects"
        return f"{method} {','.join(sorted(words))}".strip()
    if method == "PUT" and "partNumber" in words:
        return "UploadPart"
    if method == "PUT" and not words - {"x-id"}:
        return "CopyObject" if "HTTP_X_AMZ_COPY_SOURCE" in environ else "PutObject"
    if method == "POST" and "uploads" in words:
        return "CreateMultipartUpload"
    if method == "POST" and "uploadId" in words:
        return "CompleteMultipartUpload"
    plain = {"GET": "GetObject", "HEAD": "HeadObject", "DELETE": "DeleteObject"}
    if method in plain and not words - {"versionId", "x-id", "partNumber"}:
        return plain[method]
    return f"{method} {','.join(sorted(words))}".strip()


def _needs(_operation: str, environ: Environ) -> list[AuthorizationRequest]:
    return calls.authorization_requests(environ)


@lru_cache(maxsize=256)
def _text(policy: bytes) -> str:
    """The same text each time, whose hash is known then: every request to a bucket looks its policy up."""
    return policy.decode()


def _policy(arn: str) -> str | None:
    bucket: Any = s3_backends[ACCOUNT]["aws"].buckets.get(arn.rsplit(":", 1)[-1].split("/", 1)[0])
    return _text(bucket.policy) if bucket is not None and bucket.policy else None


DESCRIPTORS = (
    Descriptor(
        "s3",
        patches=("patches", "lists", "policy", "object_lock"),
        refusals=("refusals", "object_lock"),
        starts=("events",),
        misfit="InvalidArgument",
        misfit_body="MalformedXML",
        arn="s3",
        operation=_operation,
        reader=reads.answer,
        given=request,
        needs=_needs,
        policy=_policy,
        errors="xml",
        request_id="x-amz-request-id",
        lists=named(bucket="buckets"),
    ),
)
