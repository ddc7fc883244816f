"""Kinesis."""

import pytest

from .probe import probe

RECORDS = "Amazon Kinesis Data Streams API Reference, PutRecords"
QUOTAS = 'Amazon Kinesis Data Streams Developer Guide, "Quotas and limits"'
MIB = 1024**2


@pytest.fixture
def kinesis(client):
    return client("kinesis")


@pytest.fixture
def stream(kinesis, unique):
    kinesis.create_stream(StreamName=unique, ShardCount=1)
    return unique


@pytest.fixture
def content(kinesis, stream):
    """Reads what the stream holds."""

    def read():
        shard = kinesis.list_shards(StreamName=stream)["Shards"][0]["ShardId"]
        start = kinesis.get_shard_iterator(StreamName=stream, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
        return kinesis.get_records(ShardIterator=start["ShardIterator"])["Records"]

    return read


@pytest.fixture
def summary(kinesis, stream):
    return lambda: kinesis.describe_stream_summary(StreamName=stream)


@probe("a record of more than 1 MiB", call="kinesis:PutRecord", code="ValidationException", source=QUOTAS)
def test_a_large_record(kinesis, stream, content, refused):
    kinesis.put_record(StreamName=stream, Data=b"x" * (MIB - 1), PartitionKey="p")
    with refused(content):
        kinesis.put_record(StreamName=stream, Data=b"x" * MIB, PartitionKey="p")


@probe(
    "a request with one record of more than 1 MiB among others",
    call="kinesis:PutRecords",
    code="ValidationException",
    source=QUOTAS,
)
def test_a_large_record_among_others(kinesis, stream, content, refused):
    with refused(content):
        records = [{"Data": b"x" * size, "PartitionKey": "p"} for size in (1, MIB)]
        kinesis.put_records(StreamName=stream, Records=records)


@probe("a request of more than 10 MiB", call="kinesis:PutRecords", code="InvalidArgumentException", source=RECORDS)
def test_a_large_request(kinesis, stream, content, refused):
    records = [{"Data": b"x" * (MIB - 1), "PartitionKey": "p"} for _ in range(10)]
    kinesis.put_records(StreamName=stream, Records=records)
    with refused(lambda: len(content())):
        kinesis.put_records(StreamName=stream, Records=[*records, {"Data": b"x", "PartitionKey": "p"}])


@probe("a request of more than 500 records", call="kinesis:PutRecords", code="ValidationException", source=RECORDS)
def test_many_records(kinesis, stream, content, refused):
    with refused(content):
        kinesis.put_records(StreamName=stream, Records=[{"Data": b"x", "PartitionKey": "p"}] * 501)


@probe(
    "a retention of less than 24 hours",
    call="kinesis:DecreaseStreamRetentionPeriod",
    code="InvalidArgumentException",
    source="Amazon Kinesis Data Streams API Reference, DecreaseStreamRetentionPeriod",
)
def test_a_short_retention(kinesis, stream, summary, refused):
    with refused(summary):
        kinesis.decrease_stream_retention_period(StreamName=stream, RetentionPeriodHours=23)


@probe(
    "a retention of more than 8,760 hours",
    call="kinesis:IncreaseStreamRetentionPeriod",
    code="InvalidArgumentException",
    source="Amazon Kinesis Data Streams API Reference, IncreaseStreamRetentionPeriod",
)
def test_a_long_retention(kinesis, stream, summary, refused):
    with refused(summary):
        kinesis.increase_stream_retention_period(StreamName=stream, RetentionPeriodHours=8761)


@probe(
    "an increase of the retention to less than it is",
    call="kinesis:IncreaseStreamRetentionPeriod",
    code="InvalidArgumentException",
    source="Amazon Kinesis Data Streams API Reference, IncreaseStreamRetentionPeriod, RetentionPeriodHours",
)
def test_an_increase_that_is_none(kinesis, stream, summary, refused):
    kinesis.increase_stream_retention_period(StreamName=stream, RetentionPeriodHours=72)
    with refused(summary):
        kinesis.increase_stream_retention_period(StreamName=stream, RetentionPeriodHours=48)
