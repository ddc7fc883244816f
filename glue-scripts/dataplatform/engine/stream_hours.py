"""The hours of a stream's arrivals that wait for a run: marked by the function that stores them, settled by the run."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import boto3
from boto3.dynamodb.conditions import Attr, Key
from botocore.exceptions import ClientError

from dataplatform.hours import HOUR, Span, instant, iso

# What the judgements of a dataset are kept under, beside its marks.
_EVALUATED = "/judged"


@dataclass(frozen=True)
class Evaluation:
    """Which run evaluated an hour last, and which of its batches: those written after one time, until another.

    The times are the storage's, in microseconds since 1970, as are the batches'.
    """

    execution: str
    after: int
    until: int

    def evaluated_until(self, execution: str) -> int:
        """Return until when other runs have evaluated: one that is taken up again comes to the same."""
        return self.after if execution == self.execution else self.until


class StreamHours(Protocol):
    """What the stages need of the hours."""

    def waiting(self, dataset: str) -> dict[datetime, str]:
        """Return the hours that got something no run has computed, each with its mark: another each time."""

    def evaluated(self, dataset: str, hours: Collection[datetime]) -> dict[datetime, Evaluation]:
        """Return what has been evaluated of hours."""

    def note(self, dataset: str, evaluations: Mapping[datetime, Evaluation]) -> None:
        """Note what has been evaluated of hours."""

    def settle(self, dataset: str, marks: Mapping[datetime, str]) -> None:
        """Take marks away, except where another has taken their place: what came since waits for the next run."""


def within(marks: Mapping[datetime, str], spans: Sequence[Span]) -> dict[datetime, str]:
    """Return the marks of the hours that lie in the spans as a whole."""
    return {
        hour: mark for hour, mark in marks.items() if any(start <= hour and hour + HOUR <= end for start, end in spans)
    }


class DynamoStreamHours:
    """The hours in DynamoDB: ``hour`` in the ledger's text form, and ``written``, by whom and when.

    Who writes marks the hour anew and knows nothing of a judgement: those have items of their own.
    """

    def __init__(self, table: str, resource: Any = None) -> None:
        self._table = (resource or boto3.resource("dynamodb")).Table(table)

    def waiting(self, dataset: str) -> dict[datetime, str]:
        """Return the hours by their marks; read consistently, as a mark that is missed is an hour that is."""
        return {instant("hour", item["hour"]): item["written"] for item in self._items(Key("dataset").eq(dataset))}

    def evaluated(self, dataset: str, hours: Collection[datetime]) -> dict[datetime, Evaluation]:
        """Return the judgements from the first to the last of the hours."""
        if not hours:
            return {}
        between = Key("hour").between(iso(min(hours)), iso(max(hours)))
        return {
            instant("hour", item["hour"]): Evaluation(item["execution"], int(item["after"]), int(item["until"]))
            for item in self._items(Key("dataset").eq(dataset + _EVALUATED) & between)
        }

    def note(self, dataset: str, evaluations: Mapping[datetime, Evaluation]) -> None:
        """Put the judgements in the place of the ones before."""
        for hour, one in evaluations.items():
            self._table.update_item(
                Key={"dataset": dataset + _EVALUATED, "hour": iso(hour)},
                UpdateExpression="SET #execution = :execution, #after = :after, #until = :until",
                ExpressionAttributeNames={f"#{name}": name for name in ("execution", "after", "until")},
                ExpressionAttributeValues={":execution": one.execution, ":after": one.after, ":until": one.until},
            )

    def settle(self, dataset: str, marks: Mapping[datetime, str]) -> None:
        """Delete the marks as long as they are those that were seen."""
        for hour, mark in marks.items():
            try:
                self._table.delete_item(
                    Key={"dataset": dataset, "hour": iso(hour)}, ConditionExpression=Attr("written").eq(mark)
                )
            except ClientError as error:
                if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                    raise

    def _items(self, condition: Any) -> Iterator[Mapping[str, Any]]:
        options: dict[str, Any] = {}
        while True:
            page = self._table.query(KeyConditionExpression=condition, ConsistentRead=True, **options)
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            options["ExclusiveStartKey"] = page["LastEvaluatedKey"]
