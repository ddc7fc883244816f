"""Objects that jobs write by themselves, beside the tables that Spark writes."""

from collections.abc import Iterable, Iterator
from typing import IO, TYPE_CHECKING, Any, Literal, Protocol
from urllib.parse import urlsplit

import boto3

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef

# The most keys one DeleteObjects request takes (Amazon S3 API Reference, DeleteObjects).
_DELETE_LIMIT = 1000


StorageClass = Literal["STANDARD", "INTELLIGENT_TIERING"]


class ObjectStore(Protocol):
    """Whole objects by URI."""

    def put(self, uri: str, body: IO[bytes], storage_class: StorageClass = "STANDARD") -> None:
        """Write one object, replacing what was there."""

    def list(self, prefix: str, after: str) -> Iterator[str]:
        """Yield the URIs under prefix that sort after ``after``, in order."""

    def delete(self, uris: Iterable[str]) -> None:
        """Delete objects; those that are not there are no error."""


class S3Store:
    """Objects in S3."""

    def __init__(self, client: Any = None) -> None:
        self._client = client or boto3.client("s3")

    def put(self, uri: str, body: IO[bytes], storage_class: StorageClass = "STANDARD") -> None:
        """Write one object."""
        bucket, key = split(uri)
        self._client.put_object(Bucket=bucket, Key=key, Body=body, StorageClass=storage_class)

    def list(self, prefix: str, after: str) -> Iterator[str]:
        """Yield the URIs under prefix that sort after ``after``."""
        bucket, key = split(prefix)
        pages = self._client.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=bucket, Prefix=key, StartAfter=split(after)[1]):
            for one in page.get("Contents", []):
                yield f"s3://{bucket}/{one['Key']}"

    def delete(self, uris: Iterable[str]) -> None:
        """Delete objects; raise OSError naming the first that could not be."""
        buckets: dict[str, list[str]] = {}
        for uri in uris:
            bucket, key = split(uri)
            buckets.setdefault(bucket, []).append(key)
        for bucket, keys in buckets.items():
            for start in range(0, len(keys), _DELETE_LIMIT):
                batch: list[ObjectIdentifierTypeDef] = [{"Key": key} for key in keys[start : start + _DELETE_LIMIT]]
                answer = self._client.delete_objects(Bucket=bucket, Delete={"Objects": batch, "Quiet": True})
                for error in answer.get("Errors", []):
                    raise OSError(f"delete s3://{bucket}/{error['Key']}: {error['Code']} {error.get('Message', '')}")


def split(uri: str) -> tuple[str, str]:
    """Return bucket and key of an ``s3://bucket/key`` URI."""
    parts = urlsplit(uri)
    return parts.netloc, parts.path.lstrip("/")
