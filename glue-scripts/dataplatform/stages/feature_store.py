"""SageMaker's feature store: features of one thing each, as records of an offline group."""

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any, Protocol

import boto3
from botocore.config import Config
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import TimestampType

LOG = logging.getLogger(__name__)

_WRITERS = 16  # a record is a request: they wait, not work
_AHEAD = 1000  # rows are fetched so many at a time
Record = list[dict[str, str]]


class FeatureStore(Protocol):
    """Where records go."""

    def put(self, group: str, rows: DataFrame) -> int:
        """Put each row as a record of the group; return how many."""


class OfflineStore:
    """The offline stores of groups. A record that is put twice is there twice: readers take the one written last."""

    def __init__(self, client: Any = None) -> None:
        # A group takes so many records a second; adaptive clients slow down when it is too many.
        config = Config(retries={"mode": "adaptive", "max_attempts": 10}, max_pool_connections=_WRITERS)
        self._client = client or boto3.client("sagemaker-featurestore-runtime", config=config)

    def put(self, group: str, rows: DataFrame) -> int:
        """Put each row; raise the first refusal."""
        count, waiting = 0, records(rows)
        with ThreadPoolExecutor(_WRITERS) as writers:
            while some := list(islice(waiting, _AHEAD)):
                count += sum(writers.map(lambda record: self._put(group, record), some))
        LOG.info("feature group %s: %d records", group, count)
        return count

    def _put(self, group: str, record: Record) -> int:
        self._client.put_record(FeatureGroupName=group, Record=record, TargetStores=["OfflineStore"])
        return 1


def records(rows: DataFrame) -> Iterator[Record]:
    """Yield rows as the store takes them: values are text, times in UTC, and what is null is left out."""
    texts = [
        (
            F.date_format(field.name, "yyyy-MM-dd'T'HH:mm:ss'Z'")
            if isinstance(field.dataType, TimestampType)
            else F.col(field.name).cast("string")
        ).alias(field.name)
        for field in rows.schema
    ]
    for row in rows.select(*texts).toLocalIterator():
        named = row.asDict().items()
        yield [{"FeatureName": name, "ValueAsString": value} for name, value in named if value is not None]
