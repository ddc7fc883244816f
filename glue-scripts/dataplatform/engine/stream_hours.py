"""The hours of a stream's arrivals that wait for a run: marked by the function that stores them, settled by the run."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import boto3
from boto3.dynamodb.conditions import Attr, Key
from botocore.exceptions import ClientError

from dataplatform.hours import HOUR, Span, instant, iso


@dataclass(frozen=True)
class Mark:
    """``written`` is another each time that an hour got something, ``refused_by`` the run that found too much bad."""

    written: str
    refused_by: str = ""


class StreamHours(Protocol):
    """What the stages need of the hours."""

    def waiting(self, dataset: str) -> dict[datetime, Mark]:
        """Return the hours that got something no run has computed, each with its mark."""

    def refuse(self, dataset: str, marks: Mapping[datetime, Mark], execution: str) -> None:
        """Note which run refused hours, except where another mark has taken the place of the one that it saw."""

    def settle(self, dataset: str, marks: Mapping[datetime, Mark]) -> None:
        """Take marks away, except where another has taken their place: what came since waits for the next run."""


def without(spans: Sequence[Span], hours: Iterable[datetime]) -> list[Span]:
    """Return the spans without hours."""
    left = list(spans)
    for hour in hours:
        parts = [part for start, end in left for part in ((start, min(end, hour)), (max(start, hour + HOUR), end))]
        left = [(start, end) for start, end in parts if start < end]
    return left


def within(marks: Mapping[datetime, Mark], spans: Sequence[Span]) -> dict[datetime, Mark]:
    """Return the marks of the hours that lie in the spans as a whole."""
    return {
        hour: mark for hour, mark in marks.items() if any(start <= hour and hour + HOUR <= end for start, end in spans)
    }


class DynamoStreamHours:
    """The hours in DynamoDB: ``hour`` in the ledger's text form, ``written`` by whom and when, ``refused_by``.

    Who writes marks the hour anew, and knows nothing of a refusal.
    """

    def __init__(self, table: str, resource: Any = None) -> None:
        self._table = (resource or boto3.resource("dynamodb")).Table(table)

    def waiting(self, dataset: str) -> dict[datetime, Mark]:
        """Return the hours by their marks; read consistently, as a mark that is missed is an hour that is."""
        found: dict[datetime, Mark] = {}
        options: dict[str, Any] = {}
        while True:
            page = self._table.query(KeyConditionExpression=Key("dataset").eq(dataset), ConsistentRead=True, **options)
            for item in page["Items"]:
                found[instant("hour", item["hour"])] = Mark(item["written"], item.get("refused_by", ""))
            if "LastEvaluatedKey" not in page:
                return found
            options["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def refuse(self, dataset: str, marks: Mapping[datetime, Mark], execution: str) -> None:
        """Set ``refused_by`` as long as the marks are those that were seen."""
        for hour, mark in marks.items():
            with _unless_marked_anew():
                self._table.update_item(
                    Key={"dataset": dataset, "hour": iso(hour)},
                    UpdateExpression="SET refused_by = :execution",
                    ConditionExpression=Attr("written").eq(mark.written),
                    ExpressionAttributeValues={":execution": execution},
                )

    def settle(self, dataset: str, marks: Mapping[datetime, Mark]) -> None:
        """Delete the marks as long as they are those that were seen."""
        for hour, mark in marks.items():
            with _unless_marked_anew():
                self._table.delete_item(
                    Key={"dataset": dataset, "hour": iso(hour)}, ConditionExpression=Attr("written").eq(mark.written)
                )


@contextmanager
def _unless_marked_anew() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
