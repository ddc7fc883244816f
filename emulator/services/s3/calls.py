"""Which permissions a call of S3 needs (Service Authorization Reference, Amazon S3, and the calls' own pages)."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote

import xmltodict
from moto.s3.models import FakeBucket, FakeKey, s3_backends

from emulator.core.permissions.authorization_requests import AuthorizationRequest, Context, UnknownCallError
from emulator.core.permissions.keys import DECRYPT, GENERATE, uses
from emulator.core.settings import ACCOUNT

_ENCRYPTION = "HTTP_X_AMZ_SERVER_SIDE_ENCRYPTION"
_KEY = "HTTP_X_AMZ_SERVER_SIDE_ENCRYPTION_AWS_KMS_KEY_ID"
_TAGGING = "HTTP_X_AMZ_TAGGING_DIRECTIVE"
_SOURCE = "HTTP_X_AMZ_COPY_SOURCE"

# Headers of a request that are condition keys.
_HEADERS = {
    _ENCRYPTION: "s3:x-amz-server-side-encryption",
    _KEY: "s3:x-amz-server-side-encryption-aws-kms-key-id",
    "HTTP_X_AMZ_SERVER_SIDE_ENCRYPTION_CUSTOMER_ALGORITHM": "s3:x-amz-server-side-encryption-customer-algorithm",
    "HTTP_X_AMZ_STORAGE_CLASS": "s3:x-amz-storage-class",
    "HTTP_X_AMZ_ACL": "s3:x-amz-acl",
    _SOURCE: "s3:x-amz-copy-source",
    "HTTP_IF_NONE_MATCH": "s3:if-none-match",
    "HTTP_IF_MATCH": "s3:if-match",
}
_LIST_WORDS = {"list-type", "prefix", "delimiter", "max-keys", "continuation-token", "start-after", "marker"}
_LIST_WORDS |= {"encoding-type", "fetch-owner", "x-id", "key-marker", "version-id-marker", "versions"}
_PLAIN = {"versionId", "x-id", "partNumber"}
# Subresources of objects: the part of an action's name that says which.
_PARTS = {"tagging": "Tagging", "acl": "Acl", "attributes": "Attributes"}
_VERBS = {"GET": "Get", "PUT": "Put", "DELETE": "Delete"}

Environ = dict[str, Any]


def authorization_requests(environ: Environ) -> list[AuthorizationRequest]:
    """What a request needs; UnknownCallError for one that is not known here."""
    path, _, query = environ["RAW_URI"].partition("?")
    bucket, _, key = unquote(path).lstrip("/").partition("/")
    method = environ["REQUEST_METHOD"]
    words = dict(parse_qsl(query, keep_blank_values=True)) if query else {}
    if not bucket:
        if method == "GET":
            return [AuthorizationRequest("s3:ListAllMyBuckets", "*")]
        raise UnknownCallError(f"S3 {method} without a bucket")
    found = s3_backends[ACCOUNT]["aws"].buckets.get(bucket)
    if not key:
        return _of_bucket(environ, method, bucket, words, found)
    if method in ("GET", "HEAD") and not words.keys() - _PLAIN:
        return _read(environ, method, bucket, key, words.get("versionId"), found)
    return _of_object(environ, method, bucket, key, words, found)


def put(bucket: str, key: str) -> list[AuthorizationRequest]:
    """What putting an object without saying how it is encrypted needs."""
    resource = f"arn:aws:s3:::{bucket}/{key}"
    found = s3_backends[ACCOUNT]["aws"].buckets.get(bucket)
    return [AuthorizationRequest("s3:PutObject", resource), *_key_uses(bucket, _bucket_key(found), GENERATE)]


def _of_bucket(
    environ: Environ, method: str, bucket: str, words: dict[str, str], found: FakeBucket | None
) -> list[AuthorizationRequest]:
    resource = f"arn:aws:s3:::{bucket}"
    if method == "HEAD":
        return [AuthorizationRequest("s3:ListBucket", resource)]
    if method == "GET" and not words.keys() - _LIST_WORDS:
        names = ("prefix", "delimiter", "max-keys")
        context = tuple((f"s3:{name}", words[name]) for name in names if name in words)
        return [
            AuthorizationRequest("s3:ListBucketVersions" if "versions" in words else "s3:ListBucket", resource, context)
        ]
    if method == "GET" and "location" in words:
        return [AuthorizationRequest("s3:GetBucketLocation", resource)]
    if method == "GET" and "uploads" in words:
        return [AuthorizationRequest("s3:ListBucketMultipartUploads", resource)]
    if method == "POST" and "delete" in words:
        return [
            asked for one in _deleted(environ) for asked in _delete(environ, bucket, one["Key"], one.get("VersionId"))
        ]
    raise UnknownCallError(f"S3 {method} of a bucket with {', '.join(sorted(words)) or 'nothing'}")


def _deleted(environ: Environ) -> list[dict[str, str]]:
    body = environ["wsgi.input"]
    document = xmltodict.parse(body.read(), strip_whitespace=False, force_list=("Object",))
    body.seek(0)
    return document["Delete"]["Object"]


def _delete(environ: Environ, bucket: str, key: str, version: str | None) -> list[AuthorizationRequest]:
    resource = f"arn:aws:s3:::{bucket}/{key}"
    action, context = ("s3:DeleteObjectVersion", (("s3:VersionId", version),)) if version else ("s3:DeleteObject", ())
    asked = [AuthorizationRequest(action, resource, context)]
    if environ.get("HTTP_X_AMZ_BYPASS_GOVERNANCE_RETENTION", "").lower() == "true":
        asked.append(AuthorizationRequest("s3:BypassGovernanceRetention", resource))
    return asked


def _read(
    environ: Environ, method: str, bucket: str, key: str, version: str | None, found: FakeBucket | None
) -> list[AuthorizationRequest]:
    """A read needs the object's key, too; of what is not there S3 says so only to those who may list."""
    resource = f"arn:aws:s3:::{bucket}/{key}"
    action, context = ("s3:GetObjectVersion", (("s3:VersionId", version),)) if version else ("s3:GetObject", ())
    read = AuthorizationRequest(action, resource, context)
    held = _held(found, key, version)
    if held is None:
        return [read, AuthorizationRequest("s3:ListBucket", f"arn:aws:s3:::{bucket}")] if found is not None else [read]
    if method == "HEAD" and "HTTP_X_AMZ_CHECKSUM_MODE" not in environ:
        return [read]
    return [read, *_key_uses(bucket, _object_key(held, found), DECRYPT)]


def _held(found: FakeBucket | None, key: str, version: str | None) -> FakeKey | None:
    if found is None:
        return None
    if version is None:
        latest = found.keys.get(key)
        return latest if isinstance(latest, FakeKey) else None
    kept = found.keys.getlist(key, default=[])
    return next((one for one in kept if isinstance(one, FakeKey) and str(one.version_id) == version), None)


def _of_object(
    environ: Environ, method: str, bucket: str, key: str, words: dict[str, str], found: FakeBucket | None
) -> list[AuthorizationRequest]:
    resource, version = f"arn:aws:s3:::{bucket}/{key}", words.get("versionId")
    part = next((word for word in _PARTS if word in words), None)
    if part and method in _VERBS:
        of_version = "Version" if version else ""
        return [AuthorizationRequest(f"s3:{_VERBS[method]}Object{of_version}{_PARTS[part]}", resource)]
    if "uploadId" in words and method in ("GET", "DELETE"):
        return [
            AuthorizationRequest(
                "s3:ListMultipartUploadParts" if method == "GET" else "s3:AbortMultipartUpload", resource
            )
        ]
    if method == "DELETE" and not words.keys() - _PLAIN:
        return _delete(environ, bucket, key, version)
    if method == "POST" and "uploadId" in words:
        return [AuthorizationRequest("s3:PutObject", resource), *_key_uses(bucket, _bucket_key(found), DECRYPT)]
    if method == "POST" and "restore" in words:
        return [AuthorizationRequest("s3:RestoreObject", resource)]
    creates = method == "POST" and "uploads" in words
    if creates or (method == "PUT" and not words.keys() - {"x-id", "partNumber", "uploadId"}):
        return _write(environ, bucket, resource, in_parts="uploadId" in words, found=found)
    raise UnknownCallError(f"S3 {method} of an object with {', '.join(sorted(words)) or 'nothing'}")


def _write(
    environ: Environ, bucket: str, resource: str, in_parts: bool, found: FakeBucket | None
) -> list[AuthorizationRequest]:
    context: Context = tuple((name, environ[header]) for header, name in _HEADERS.items() if header in environ)
    needed = [AuthorizationRequest("s3:PutObject", resource, context)]
    if "HTTP_X_AMZ_OBJECT_LOCK_MODE" in environ:
        needed.append(AuthorizationRequest("s3:PutObjectRetention", resource))
    if "HTTP_X_AMZ_TAGGING" in environ:
        needed.append(AuthorizationRequest("s3:PutObjectTagging", resource))
    if "HTTP_X_AMZ_ACL" in environ:
        needed.append(AuthorizationRequest("s3:PutObjectAcl", resource, context))
    key = environ.get(_KEY) or (_bucket_key(found) if environ.get(_ENCRYPTION, "aws:kms") == "aws:kms" else None)
    # A part is put under the data key that the upload began with.
    needed += _key_uses(bucket, key, DECRYPT if in_parts else GENERATE)
    if _SOURCE in environ:
        source, _, query = environ[_SOURCE].partition("?")
        from_bucket, _, from_key = unquote(source).lstrip("/").partition("/")
        version = parse_qs(query).get("versionId", [None])[0]
        from_found = s3_backends[ACCOUNT]["aws"].buckets.get(from_bucket)
        needed += _read({}, "GET", from_bucket, from_key, version, from_found)
        held = _held(from_found, from_key, version)
        tagged = held is not None and s3_backends[ACCOUNT]["aws"].tagger.get_tag_dict_for_resource(held.arn)
        if tagged and not in_parts and environ.get(_TAGGING) != "REPLACE":
            # CopyObject, permissions: tags are read and written as they are by themselves.
            action = f"s3:GetObject{'Version' if version else ''}Tagging"
            needed.append(AuthorizationRequest(action, f"arn:aws:s3:::{from_bucket}/{from_key}"))
            needed.append(AuthorizationRequest("s3:PutObjectTagging", resource))
    return needed


def _key_uses(bucket: str, key: str | None, action: str) -> list[AuthorizationRequest]:
    # With bucket keys the encryption context is the bucket's ARN, whatever the object.
    return uses("s3", key, (action,), (("aws:s3:arn", f"arn:aws:s3:::{bucket}"),))


def _object_key(held: FakeKey, found: FakeBucket | None) -> str | None:
    # moto leaves the bucket's default out of what was uploaded in parts.
    return held.kms_key_id or (None if held.encryption == "AES256" else _bucket_key(found))


def _bucket_key(found: FakeBucket | None) -> str | None:
    if found is None or not found.encryption:
        return None
    return found.encryption["Rule"]["ApplyServerSideEncryptionByDefault"].get("KMSMasterKeyID")
