"""S3 Object Lock: moto locks versions, but new buckets only, and says of a bucket without a lock that it has one."""

from __future__ import annotations

from typing import Any

from moto.s3.exceptions import S3ClientError
from moto.s3.models import S3Backend, s3_backends
from moto.s3.responses import S3Response

from emulator.core.patch import replace, wrap
from emulator.core.refusals.registry import Call, Refused, refuses
from emulator.core.settings import ACCOUNT


class NoLockError(S3ClientError):
    """A bucket has no Object Lock."""

    code = 404  # type: ignore[assignment]  # as moto sets it

    def __init__(self) -> None:
        super().__init__(
            "ObjectLockConfigurationNotFoundError", "Object Lock configuration does not exist for this bucket"
        )


@wrap(S3Response)
def get_object_lock_configuration(moto: Any, self: Any) -> Any:
    """Without a lock there is no configuration, which clients are told as an error."""
    if not self.backend.get_bucket(self.bucket_name).object_lock_enabled:
        raise NoLockError
    return moto(self)


@replace(S3Backend)
def put_object_lock_configuration(
    self: Any, bucket_name: str, lock_enabled: bool, mode: str | None = None, days: int | None = None, years: int = 0
) -> None:
    """Lock a bucket that has objects already, too (User Guide, "Enable Object Lock on an existing S3 bucket")."""
    bucket = self.get_bucket(bucket_name)
    bucket.object_lock_enabled = bucket.object_lock_enabled or lock_enabled
    bucket.default_lock_mode, bucket.default_lock_days, bucket.default_lock_years = mode, days or 0, years or 0


def _locked(call: Call) -> bool:
    bucket = s3_backends[ACCOUNT]["aws"].buckets.get(call["Bucket"])
    return bucket is not None and bucket.object_lock_enabled


@refuses("s3", "PutObjectLockConfiguration")
def lock_without_versions(call: Call) -> None:
    """User Guide, "Configuring S3 Object Lock": versions are what is locked."""
    bucket = s3_backends[ACCOUNT]["aws"].buckets.get(call["Bucket"])
    if bucket is not None and not bucket.is_versioned:
        message = "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration"
        raise Refused("InvalidBucketState", message, 409)


@refuses("s3", "PutBucketVersioning")
def versions_that_a_lock_needs(call: Call) -> None:
    """The same page: versioning of a bucket with a lock cannot be suspended."""
    if _locked(call) and call.get("VersioningConfiguration", {}).get("Status") != "Enabled":
        message = "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed."
        raise Refused("InvalidBucketState", message, 409)


class NoChecksumError(S3ClientError):
    """API Reference, PutObject: an object that is to be locked comes with a checksum or Content-MD5."""

    code = 400  # type: ignore[assignment]  # as moto sets it

    def __init__(self) -> None:
        message = "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock"
        super().__init__("InvalidRequest", f"{message} parameters")


@wrap(S3Response)
def put_object(moto: Any, self: Any) -> Any:
    """Take what is to be locked with a checksum only."""
    names = [name.lower() for name in dict(self.headers)]
    sums = [name for name in names if name == "content-md5" or name.startswith(("x-amz-checksum-", "x-amz-trailer"))]
    if not sums and ("x-amz-object-lock-mode" in names or self.backend.get_bucket(self.bucket_name).has_default_lock):
        raise NoChecksumError
    return moto(self)
