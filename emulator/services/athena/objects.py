"""S3 as the query worker sees it: lists, bodies, and a bounded memory of both decoded and raw objects."""

from __future__ import annotations

import io
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pyiceberg.io import FileIO, InputFile, InputStream, OutputFile

T = TypeVar("T")

_DECODED_BYTES = 768 * 1024**2
_RAW_BYTES = 192 * 1024**2
_FETCHES = 8


@dataclass(frozen=True)
class Object:
    """One listed object; tag is its ETag, which changes with its content."""

    bucket: str
    key: str
    size: int
    tag: str


class Memory(Generic[T]):
    """Keeps values until they exceed a number of bytes together; the least used go first."""

    def __init__(self, limit: int, size: Callable[[T], int]) -> None:
        self._limit, self._size = limit, size
        self._values: OrderedDict[Hashable, T] = OrderedDict()
        self._held = 0
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> T | None:
        """The value, if it is still here."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def put(self, key: Hashable, value: T) -> None:
        """Keep a value; in the place of one under the same key."""
        with self._lock:
            if key in self._values:
                self._held -= self._size(self._values.pop(key))
            self._values[key] = value
            self._held += self._size(value)
            while self._held > self._limit and len(self._values) > 1:
                self._held -= self._size(self._values.popitem(last=False)[1])


class Store:
    """Reads objects of the emulator's S3."""

    def __init__(self, s3: Any) -> None:
        self._s3 = s3
        self._pool = ThreadPoolExecutor(_FETCHES, thread_name_prefix="fetch")
        # Columns of one object by name, and its number of rows under "".
        self.decoded: Memory[dict[str, Any]] = Memory(_DECODED_BYTES, _columns_size)
        self._raw: Memory[bytes] = Memory(_RAW_BYTES, len)

    def list(self, bucket: str, prefix: str) -> Iterator[Object]:
        """Every object under a prefix; folders and empty markers are left out."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        for page in pages:
            for found in page.get("Contents", []):
                name = found["Key"].rpartition("/")[2]
                # Hive does not read hidden files.
                if name and not name.startswith(("_", ".")):
                    yield Object(bucket, found["Key"], found["Size"], found["ETag"])

    def folders(self, bucket: str, prefix: str) -> list[str]:
        """The next level of key prefixes, each as it continues prefix, without the slash."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix, Delimiter="/")
        return [
            found["Prefix"][len(prefix) :].rstrip("/") for page in pages for found in page.get("CommonPrefixes", [])
        ]

    def body(self, bucket: str, key: str) -> bytes:
        """The whole content of an object."""
        return self._s3.get_object(Bucket=bucket, Key=key)["Body"].read()

    def put(self, bucket: str, key: str, body: bytes) -> None:
        """Write an object."""
        self._s3.put_object(Bucket=bucket, Key=key, Body=body)

    def map(self, work: Callable[[Object], T], objects: list[Object]) -> Iterator[T]:
        """Do the work on several objects at once; results in order."""
        return self._pool.map(work, objects)

    def immutable(self, location: str) -> bytes:
        """The content of a file that is never overwritten, as Iceberg's are."""
        held = self._raw.get(location)
        if held is None:
            bucket, _, key = location.partition("://")[2].partition("/")
            held = self.body(bucket, key)
            self._raw.put(location, held)
        return held


def _columns_size(columns: dict[str, Any]) -> int:
    return sum(getattr(column, "nbytes", 0) for column in columns.values())


class StoreIO(FileIO):
    """Lets PyIceberg read through the store."""

    def __init__(self, store: Store) -> None:
        super().__init__({})
        self._store = store

    def new_input(self, location: str) -> InputFile:
        """A file to read."""
        return _StoreFile(self._store, location)

    def new_output(self, location: str) -> OutputFile:
        """Nothing is written by queries."""
        raise NotImplementedError(location)

    def delete(self, location: str | InputFile | OutputFile) -> None:
        """Nothing is deleted by queries."""
        raise NotImplementedError(location)


class _StoreFile(InputFile):
    def __init__(self, store: Store, location: str) -> None:
        super().__init__(location)
        self._store = store

    def __len__(self) -> int:
        return len(self._store.immutable(self.location))

    def exists(self) -> bool:
        return True

    def open(self, seekable: bool = True) -> InputStream:
        return io.BytesIO(self._store.immutable(self.location))
