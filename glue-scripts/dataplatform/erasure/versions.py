"""Objects of S3 with all their versions: what a customer is taken out of, and for good."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

# The most keys one DeleteObjects request takes (Amazon S3 API Reference, DeleteObjects).
_DELETE_LIMIT = 1000


@dataclass(frozen=True)
class Version:
    """One version of an object, or a delete marker."""

    bucket: str
    key: str
    id: str
    latest: bool
    marker: bool
    size: int = 0
    modified: datetime = datetime.min.replace(tzinfo=UTC)


class ArchivedError(RuntimeError):
    """An object has to be restored before anybody can read it."""


class Bucket:
    """A bucket and its versions."""

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self.name = name

    def versions(self, prefix: str) -> Iterator[Version]:
        """Yield all versions and delete markers below a prefix."""
        pages = self._client.get_paginator("list_object_versions")
        for page in pages.paginate(Bucket=self.name, Prefix=prefix):
            for kind in ("Versions", "DeleteMarkers"):
                for one in page.get(kind, []):
                    marker = kind == "DeleteMarkers"
                    size, at = one.get("Size", 0), one["LastModified"]
                    yield Version(self.name, one["Key"], one["VersionId"], one["IsLatest"], marker, size, at)

    def read(self, version: Version) -> bytes:
        """Return a version's body; raise ArchivedError when it lies in an archive class."""
        try:
            got = self._client.get_object(Bucket=self.name, Key=version.key, VersionId=version.id)
        except self._client.exceptions.InvalidObjectState as error:
            raise ArchivedError(f"s3://{self.name}/{version.key} is archived: restore it first") from error
        body: bytes = got["Body"].read()
        return body

    def tags(self, version: Version) -> dict[str, str]:
        """Return a version's tags."""
        got = self._client.get_object_tagging(Bucket=self.name, Key=version.key, VersionId=version.id)
        return {tag["Key"]: tag["Value"] for tag in got["TagSet"]}

    def metadata(self, version: Version) -> dict[str, str]:
        """Return what a version's source says of it."""
        head = self._client.head_object(Bucket=self.name, Key=version.key, VersionId=version.id)
        return dict(head["Metadata"])

    def replace(self, version: Version, body: bytes) -> str:
        """Put a body as the newest version of an object, described and stored as the old one is; return its id."""
        head = self._client.head_object(Bucket=self.name, Key=version.key, VersionId=version.id)
        described = {name: head[name] for name in ("ContentType", "ContentEncoding", "Metadata") if head.get(name)}
        stored = head.get("StorageClass", "STANDARD")
        put = self._client.put_object(Bucket=self.name, Key=version.key, Body=body, StorageClass=stored, **described)
        written: str = put["VersionId"]
        return written

    def hide(self, key: str) -> None:
        """Put a delete marker on an object: an older version must not come up when the newest goes."""
        self._client.delete_object(Bucket=self.name, Key=key)

    def remove(self, versions: Iterable[Version]) -> int:
        """Delete versions for good; return how many. Raise OSError naming the first that could not be."""
        wanted = [{"Key": one.key, "VersionId": one.id} for one in versions]
        for start in range(0, len(wanted), _DELETE_LIMIT):
            batch = {"Objects": wanted[start : start + _DELETE_LIMIT], "Quiet": True}
            answer = self._client.delete_objects(Bucket=self.name, Delete=batch)
            for error in answer.get("Errors", []):
                message = f"{error['Code']} {error.get('Message', '')}"
                raise OSError(f"delete s3://{self.name}/{error['Key']} for good: {message}")
        return len(wanted)

    def forget(self, prefix: str) -> int:
        """Delete everything but the current versions below a prefix for good; return how many versions and markers."""
        return self.remove([one for one in self.versions(prefix) if one.marker or not one.latest])
