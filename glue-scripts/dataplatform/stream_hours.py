"""The hours of a stream's arrivals that wait for a run: marked by the function that stores them, settled by the run."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import boto3
from boto3.dynamodb.conditions import Attr, Key
from botocore.exceptions import ClientError

from dataplatform.hours import HOUR, Span, instant, iso


class StreamHours(Protocol):
    """What the stages need of the hours."""

    def waiting(self, dataset: str) -> dict[datetime, str]:
        """Return the hours that got something no run has computed, each with its mark."""

    def settle(self, dataset: str, marks: Mapping[datetime, str]) -> None:
        """Take marks away, except where another has taken their place: what came since waits for the next run."""


def within(marks: Mapping[datetime, str], spans: Sequence[Span]) -> dict[datetime, str]:
    """Return the marks of the hours that lie in the spans as a whole."""
    return {
        hour: mark for hour, mark in marks.items() if any(start <= hour and hour + HOUR <= end for start, end in spans)
    }


class DynamoStreamHours:
    """The hours in DynamoDB: ``hour`` in the ledger's text form, ``written`` by whom and when."""

    def __init__(self, table: str, resource: Any = None) -> None:
        self._table = (resource or boto3.resource("dynamodb")).Table(table)

    def waiting(self, dataset: str) -> dict[datetime, str]:
        """Return the hours by their marks; read consistently, as a mark that is missed is an hour that is."""
        found: dict[datetime, str] = {}
        options: dict[str, Any] = {}
        while True:
            page = self._table.query(KeyConditionExpression=Key("dataset").eq(dataset), ConsistentRead=True, **options)
            found.update({instant("hour", item["hour"]): item["written"] for item in page["Items"]})
            if "LastEvaluatedKey" not in page:
                return found
            options["ExclusiveStartKey"] = page["LastEvaluatedKey"]

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
