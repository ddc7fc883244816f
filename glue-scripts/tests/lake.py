"""Doubles for what the stages are given: objects in folders, a ledger in memory, leases that are always free."""

import gzip
import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO
from urllib.parse import unquote, urlsplit

from dataplatform.engine.ledger import File
from dataplatform.engine.stream_hours import Evaluation
from dataplatform.hours import Hours, floor_hour, iso
from dataplatform.transforms.pseudonyms import Secret

# Deployed, it comes from KMS.
SECRET = Secret(1, b"a secret that only these tests know")


def path_of(uri: str) -> Path:
    return Path(unquote(urlsplit(uri).path))


class FolderStore:
    """Objects as files."""

    def put(self, uri: str, body: IO[bytes], storage_class: str = "STANDARD") -> None:
        path = path_of(uri)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body.read())

    def list(self, prefix: str, after: str) -> Iterator[str]:
        folder = path_of(prefix)
        found = sorted(path.as_uri().replace("%3D", "=") for path in folder.rglob("*") if path.is_file())
        return (uri for uri in found if uri > after)

    def delete(self, uris: Iterable[str]) -> None:
        for uri in list(uris):
            path_of(uri).unlink(missing_ok=True)


class MemoryLedger:
    """The ledger; ``land`` does what the landing function does."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._datasets: dict[str, str] = {}
        self.items: dict[str, File] = {}
        self._merges = 0

    def land(
        self,
        content: str | bytes,
        arrival: str,
        kind: str = "csv",
        dataset: str = "sales",
        records: int | None = None,
    ) -> File:
        content = content.encode() if isinstance(content, str) else content
        digest = hashlib.sha256(content).hexdigest()
        if digest in self.items:
            return self.items[digest]
        folder = self._root / "raw" / dataset / f"ingest_date={arrival[:10]}" / f"ingest_hour={arrival[11:13]}"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{digest}.{kind}.gz"
        path.write_bytes(gzip.compress(content, mtime=0))
        self._datasets[digest] = dataset
        self.items[digest] = File(digest, arrival, f"file://{path}", kind, records=records)
        return self.items[digest]

    def land_row(self, digest: str, row: str, arrival: str) -> None:
        """Do what the assets' function does."""
        folder = self._root / "raw" / "assets-rows" / f"ingest_date={arrival[:10]}" / f"ingest_hour={arrival[11:13]}"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{digest}.ndjson.gz"
        path.write_bytes(gzip.compress(row.encode() + b"\n", mtime=0))
        self._datasets[digest] = "assets"
        self.items.setdefault(digest, File(digest, arrival, f"file://{path}", "rows"))

    def files(self, dataset: str, hours: Hours) -> list[File]:
        start, end = iso(hours.start), iso(hours.end)
        found = [
            file
            for file in self._of(dataset)
            if start <= file.arrival < end or (hours.late_arrivals and file.arrival < end and not file.processed)
        ]
        return sorted(found, key=lambda file: (file.arrival, file.digest))

    def arrived(self, dataset: str, start: datetime, end: datetime) -> list[File]:
        assert iso(start) <= iso(end), "DynamoDB refuses a range that ends before it begins"
        return [file for file in self._of(dataset) if iso(start) <= file.arrival <= iso(end)]

    def unprocessed(self, dataset: str) -> list[File]:
        return [file for file in self._of(dataset) if not file.processed]

    def apart(self, dataset: str) -> list[File]:
        return [file for digest, file in self.items.items() if self._datasets[digest] == dataset and file.apart]

    def mark_apart(self, dataset: str, file: File, error: str) -> None:
        now = iso(datetime.now(UTC))
        self.items[file.digest] = replace(self.items[file.digest], apart=error, apart_at=now, processed=False)

    def mark_withdrawn(self, dataset: str, files: Iterable[File]) -> None:
        for file in files:
            self.items[file.digest] = replace(self.items[file.digest], merged_at="", processed=False)

    def mark_refused(self, dataset: str, files: Iterable[File], execution: str) -> None:
        for file in files:
            self.items[file.digest] = replace(self.items[file.digest], refused_by=execution)

    def try_again(self, file: File) -> None:
        """Do what a replay does."""
        self.items[file.digest] = replace(self.items[file.digest], apart="", apart_at="")

    def _of(self, dataset: str) -> list[File]:
        return [file for digest, file in self.items.items() if self._datasets[digest] == dataset and not file.apart]

    def mark_merged(self, dataset: str, files: Iterable[File], duplicates: Mapping[str, int]) -> None:
        self._merges += 1
        for file in files:
            at = self.items[file.digest].merged_at or f"{self._merges:09d}"
            number = duplicates.get(file.digest, 0)
            self.items[file.digest] = replace(self.items[file.digest], merged_at=at, duplicates=number)

    def mark_taken(self, dataset: str, files: Iterable[File], snapshot: int) -> None:
        for file in files:
            now = self.items[file.digest]
            self.items[file.digest] = replace(now, taken_from=(*now.taken_from, snapshot), processed=False)

    def mark_processed(self, dataset: str, files: Iterable[File]) -> None:
        for file in files:
            now = self.items[file.digest]
            if not file.processed and now.taken_from == file.taken_from:
                self.items[file.digest] = replace(now, processed=True, taken_from=())


class FreeLeases:
    """Leases nobody else wants."""

    def __init__(self) -> None:
        self.held: list[str] = []

    @contextmanager
    def hold(self, names: Sequence[str]) -> Iterator[object]:
        self.held += names
        yield lambda: None


class MemoryHours:
    """The hours of a stream that wait; ``mark`` does what the clicks function does."""

    def __init__(self) -> None:
        self.marks: dict[datetime, str] = {}
        self.evaluations: dict[datetime, Evaluation] = {}
        self._number = 0

    def mark(self, arrival: str) -> None:
        self._number += 1
        self.marks[floor_hour(datetime.fromisoformat(arrival).replace(tzinfo=UTC))] = str(self._number)

    def waiting(self, dataset: str) -> dict[datetime, str]:
        return dict(self.marks)

    def evaluated(self, dataset: str, hours: Collection[datetime]) -> dict[datetime, Evaluation]:
        return dict(self.evaluations)

    def note(self, dataset: str, evaluations: Mapping[datetime, Evaluation]) -> None:
        self.evaluations |= evaluations

    def settle(self, dataset: str, marks: Mapping[datetime, str]) -> None:
        self.marks = {hour: mark for hour, mark in self.marks.items() if marks.get(hour) != mark}
