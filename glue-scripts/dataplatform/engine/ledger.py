"""The ledger of files: what the landing function stored in raw, and how far each file got."""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

import boto3
from boto3.dynamodb.conditions import Attr, Key
from botocore.exceptions import ClientError

from dataplatform.hours import Hours, iso

LOG = logging.getLogger(__name__)

BY_ARRIVAL = "by_arrival"
# Why a file is put apart, of the closed set of reasons.
UNREADABLE = "unreadable"

# What an erasure notes of marks that have the file's digest beside them, as all have by now.
DIGESTS = "digests"


@dataclass(frozen=True)
class File:
    """One raw file; ``arrival`` is UTC in the ledger's text form, which sorts as time does.

    ``records`` is how many records landing counted in it, None where it did not say yet or counted rows without
    values, too; ``erased`` how many of them an erasure put a mark in the place of, ``bare_marks`` whether there are
    marks without the file's digest. ``refused_by`` is the run that found too much of it bad, ``apart`` the error for
    which it was put apart, at ``apart_at``. ``taken_from`` are snapshots of processed with rows of it that went since,
    and that curated may still have. ``duplicates`` is how many of its lines were copies of others when it was merged,
    None where that was not counted. ``mapping`` is the source
    whose columns it has, empty for the dataset's own; ``columns`` are all that a CSV file has, in order, none where the
    ledger did not keep them yet.
    """

    digest: str
    arrival: str
    uri: str
    format: str
    merged_at: str = ""
    processed: bool = False
    version: str = ""
    records: int | None = None
    erased: int = 0
    bare_marks: bool = False
    refused_by: str = ""
    apart: str = ""
    apart_at: str = ""
    taken_from: tuple[int, ...] = ()
    duplicates: int | None = None
    mapping: str = ""
    columns: tuple[str, ...] = ()

    @property
    def merged(self) -> bool:
        """Return whether its lines are published in processed."""
        return bool(self.merged_at)


class Ledger(Protocol):
    """What the stages need of the ledger."""

    def files(self, dataset: str, hours: Hours) -> list[File]:
        """Return the files of a run, in the order (arrival, digest)."""

    def arrived(self, dataset: str, start: datetime, end: datetime) -> list[File]:
        """Return the files that arrived in [start, end], both included."""

    def unprocessed(self, dataset: str) -> list[File]:
        """Return all files that are not processed, whenever they arrived."""

    def apart(self, dataset: str) -> list[File]:
        """Return all files that are put apart; no other list of files has them."""

    def mark_refused(self, dataset: str, files: Iterable[File], execution: str) -> None:
        """Note that a run found too much of files bad."""

    def mark_apart(self, dataset: str, file: File, error: str) -> None:
        """Note that a file cannot be read: no run takes it until it is asked to."""

    def mark_withdrawn(self, dataset: str, files: Iterable[File]) -> None:
        """Note that no table has lines of files any more."""

    def mark_taken(self, dataset: str, files: Iterable[File], snapshot: int | None) -> None:
        """Note that rows of files go from processed that a snapshot of it has: curated has to be computed again."""

    def mark_merged(self, dataset: str, files: Iterable[File], duplicates: Mapping[str, int]) -> None:
        """Note that the lines of files are published in processed, and by digest how many are copies of others."""

    def mark_processed(self, dataset: str, files: Iterable[File]) -> None:
        """Note that the lines of files are published in every table of their pipeline, and no others of theirs.

        A file of which rows went since it was listed is left as it is.
        """


class ErasableLedger(Protocol):
    """What an erasure needs of the ledger."""

    def digests(self, dataset: str) -> set[str]:
        """Return the digests of all files of a dataset, as they were received."""

    def mark_erased(self, dataset: str, digest: str, version: str, content: str, *, request: str, lines: int) -> None:
        """Note that a file was rewritten without a customer's lines."""

    def unname(self, dataset: str, named: Callable[[str], bool], by: str) -> int:
        """Put another name in the place of what sources called files, where it is somebody's; return how many."""


class DynamoLedger:
    """The ledger in DynamoDB.

    ``processed_at`` is set when curated was published, so a run that fails between the stages leaves its files to the
    next one. ``merged_at`` is set when processed was published, so that curate leaves out a file that arrived while
    process ran. ``refused_by`` names the run that found too much of the file bad: that run publishes nothing of it, the
    next one does. ``taken_from`` names snapshots of processed with rows of the file that went since; a run that has
    computed curated without them takes it away. ``quarantined_at`` is set, with a reason and the name of the error,
    when a file was put apart, and taken away when it is to be tried again.
    """

    def __init__(self, table: str, resource: Any = None) -> None:
        self._table = (resource or boto3.resource("dynamodb")).Table(table)

    def files(self, dataset: str, hours: Hours) -> list[File]:
        """Return the files that arrived in the hours, and for an instant every unprocessed one before."""
        files = self._query(Key("dataset").eq(dataset) & Key("arrival").between(iso(hours.start), iso(hours.end)))
        if hours.late_arrivals:
            condition = Key("dataset").eq(dataset) & Key("arrival").lt(iso(hours.start))
            files += self._query(condition, FilterExpression=Attr("processed_at").not_exists())
        return sorted(
            (file for file in files if file.arrival < iso(hours.end)), key=lambda file: (file.arrival, file.digest)
        )

    def arrived(self, dataset: str, start: datetime, end: datetime) -> list[File]:
        """Return the files that arrived in [start, end]."""
        return self._query(Key("dataset").eq(dataset) & Key("arrival").between(iso(start), iso(end)))

    def unprocessed(self, dataset: str) -> list[File]:
        """Return the files without ``processed_at``."""
        return self._query(Key("dataset").eq(dataset), FilterExpression=Attr("processed_at").not_exists())

    def apart(self, dataset: str) -> list[File]:
        """Return the files with ``quarantined_at``."""
        return self._query(Key("dataset").eq(dataset), apart=True, FilterExpression=Attr("quarantined_at").exists())

    def mark_refused(self, dataset: str, files: Iterable[File], execution: str) -> None:
        """Set ``refused_by``."""
        for file in files:
            self._table.update_item(
                Key={"dataset": dataset, "file_id": file.digest},
                UpdateExpression="SET refused_by = :execution",
                ConditionExpression=Attr("file_id").exists(),
                ExpressionAttributeValues={":execution": execution},
            )

    def mark_apart(self, dataset: str, file: File, error: str) -> None:
        """Set ``quarantined_at``, the reason and the error; curated has to be computed again if it has the lines."""
        self._table.update_item(
            Key={"dataset": dataset, "file_id": file.digest},
            UpdateExpression=(
                "SET quarantined_at = :now, quarantine_reason = :reason, quarantine_error = :error REMOVE processed_at"
            ),
            ConditionExpression=Attr("file_id").exists(),
            ExpressionAttributeValues={":now": iso(datetime.now(UTC)), ":reason": UNREADABLE, ":error": error},
        )

    def mark_withdrawn(self, dataset: str, files: Iterable[File]) -> None:
        """Take ``merged_at`` and ``processed_at`` away."""
        for file in files:
            self._table.update_item(
                Key={"dataset": dataset, "file_id": file.digest},
                UpdateExpression="REMOVE merged_at, processed_at",
                ConditionExpression=Attr("file_id").exists(),
            )

    def mark_taken(self, dataset: str, files: Iterable[File], snapshot: int | None) -> None:
        """Add to ``taken_from`` and take ``processed_at`` away, so that the next run takes it."""
        for file in files:
            self._table.update_item(
                Key={"dataset": dataset, "file_id": file.digest},
                UpdateExpression=(
                    "SET taken_from = list_append(if_not_exists(taken_from, :none), :snapshot) REMOVE processed_at"
                ),
                ConditionExpression=Attr("file_id").exists(),
                ExpressionAttributeValues={":none": [], ":snapshot": [str(snapshot)]},
            )

    def mark_merged(self, dataset: str, files: Iterable[File], duplicates: Mapping[str, int]) -> None:
        """Set ``merged_at`` where it is not set, and ``duplicates``."""
        now = iso(datetime.now(UTC))
        for file in files:
            number = duplicates.get(file.digest, 0)
            if not file.merged or file.duplicates != number:
                self._table.update_item(
                    Key={"dataset": dataset, "file_id": file.digest},
                    UpdateExpression="SET merged_at = if_not_exists(merged_at, :now), duplicates = :duplicates",
                    ConditionExpression=Attr("file_id").exists(),
                    ExpressionAttributeValues={":now": now, ":duplicates": number},
                )

    def mark_processed(self, dataset: str, files: Iterable[File]) -> None:
        """Set ``processed_at`` where it is not set, and take ``taken_from`` away if it is as it was listed."""
        now = iso(datetime.now(UTC))
        for file in files:
            if not file.processed:
                self._settle(dataset, file, now)

    def _settle(self, dataset: str, file: File, now: str) -> None:
        taken = [str(one) for one in file.taken_from]
        listed = Attr("taken_from").eq(taken) if taken else Attr("taken_from").not_exists()
        try:
            self._table.update_item(
                Key={"dataset": dataset, "file_id": file.digest},
                UpdateExpression="SET processed_at = if_not_exists(processed_at, :now) REMOVE taken_from",
                ConditionExpression=Attr("file_id").exists() & listed,
                ExpressionAttributeValues={":now": now},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException" or "Item" not in error.response:
                raise
            LOG.info("%s: file %s waits for the next run: rows of it went", dataset, file.digest)

    def digests(self, dataset: str) -> set[str]:
        """Return the digests of all files of a dataset."""
        found: set[str] = set()
        options: dict[str, Any] = {"ProjectionExpression": "file_id"}
        while True:
            page = self._table.query(KeyConditionExpression=Key("dataset").eq(dataset), **options)
            found |= {str(item["file_id"]) for item in page["Items"]}
            if "LastEvaluatedKey" not in page:
                return found
            options["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def mark_erased(self, dataset: str, digest: str, version: str, content: str, *, request: str, lines: int) -> None:
        """Let the entry name the rewritten object; the file keeps the digest it was received with, its identity.

        ``content_digest`` says what is in it now, ``erasures`` how many lines went by which request.
        """
        erasure = {"request": request, "lines": lines, "at": iso(datetime.now(UTC)), "marks": DIGESTS}
        self._table.update_item(
            Key={"dataset": dataset, "file_id": digest},
            UpdateExpression=(
                "SET #version = :version, content_digest = :content, "
                "erasures = list_append(if_not_exists(erasures, :none), :erasure)"
            ),
            ConditionExpression=Attr("file_id").exists(),
            ExpressionAttributeNames={"#version": "version"},
            ExpressionAttributeValues={":version": version, ":content": content, ":none": [], ":erasure": [erasure]},
        )

    def unname(self, dataset: str, named: Callable[[str], bool], by: str) -> int:
        """Set ``source_key`` where it is somebody's name, in the folder of the dataset."""
        count = 0
        options: dict[str, Any] = {"ProjectionExpression": "file_id, source_key"}
        while True:
            page = self._table.query(KeyConditionExpression=Key("dataset").eq(dataset), **options)
            for item in page["Items"]:
                if named(str(item.get("source_key", ""))):
                    count += 1
                    self._table.update_item(
                        Key={"dataset": dataset, "file_id": item["file_id"]},
                        UpdateExpression="SET source_key = :by",
                        ConditionExpression=Attr("file_id").exists(),
                        ExpressionAttributeValues={":by": f"{dataset}/{by}"},
                    )
            if "LastEvaluatedKey" not in page:
                return count
            options["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def _query(self, condition: Any, *, apart: bool = False, **options: Any) -> list[File]:
        files: list[File] = []
        while True:
            page = self._table.query(IndexName=BY_ARRIVAL, KeyConditionExpression=condition, **options)
            files += [_file(item) for item in page["Items"]]
            if "LastEvaluatedKey" not in page:
                return [file for file in files if bool(file.apart) == apart]
            options["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _file(item: dict[str, Any]) -> File:
    return File(
        digest=item["file_id"],
        arrival=item["arrival"],
        uri=f"s3://{item['bucket']}/{item['key']}",
        format=item["format"],
        merged_at=item.get("merged_at", ""),
        processed="processed_at" in item,
        version=item["version"],
        refused_by=item.get("refused_by", ""),
        apart=item.get("quarantine_error", "") if "quarantined_at" in item else "",
        apart_at=item.get("quarantined_at", ""),
        taken_from=tuple(int(one) for one in item.get("taken_from", ())),
        records=int(item["data_records"]) if "data_records" in item else None,
        duplicates=int(item["duplicates"]) if "duplicates" in item else None,
        mapping=item.get("mapping", ""),
        columns=tuple(item.get("columns", ())),
        erased=sum(int(one["lines"]) for one in item.get("erasures", ())),
        bare_marks=any(one.get("marks") != DIGESTS for one in item.get("erasures", ())),
    )
