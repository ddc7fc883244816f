"""Event source mappings: batches, failures, checkpoints, as AWS does them."""

import base64
import json
import time
from itertools import chain

import pytest
import requests

from .conftest import REGION, eventually


class Stream:
    """A stream of one shard, mapped to an echo function that keeps what it gets."""

    def __init__(self, client, function, tmp_path, name):
        self.client, self.function, self.name = client, function, name
        self.seen_file = tmp_path / "seen"
        self.kinesis = client("kinesis")
        self.kinesis.create_stream(StreamName=name, ShardCount=1)
        summary = self.kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
        self.arn = summary["StreamARN"]

    def map(self, behave="", **options):
        self.function_name = self.function(environment={"SEEN": str(self.seen_file), "BEHAVE": behave})
        settings = {
            "StartingPosition": "TRIM_HORIZON",
            "BatchSize": 10,
            "MaximumBatchingWindowInSeconds": 1,
        }
        mapping = self.client("lambda").create_event_source_mapping(
            FunctionName=self.function_name,
            EventSourceArn=self.arn,
            **{**settings, **options},
        )
        self.uuid = mapping["UUID"]
        return self.uuid

    def put(self, *values):
        records = [{"Data": value.encode(), "PartitionKey": "p"} for value in values]
        return [r["SequenceNumber"] for r in self.kinesis.put_records(StreamName=self.name, Records=records)["Records"]]

    def batches(self):
        if not self.seen_file.exists():
            return []
        return [
            [base64.b64decode(r["kinesis"]["data"]).decode() for r in json.loads(line)["Records"]]
            for line in self.seen_file.read_text().splitlines()
        ]


@pytest.fixture
def stream(client, function, tmp_path, unique):
    made = Stream(client, function, tmp_path, unique)
    yield made
    for mapping in client("lambda").list_event_source_mappings(EventSourceArn=made.arn)["EventSourceMappings"]:
        client("lambda").delete_event_source_mapping(UUID=mapping["UUID"])


@pytest.fixture
def bucket(client, unique):
    client("s3").create_bucket(Bucket=unique, CreateBucketConfiguration={"LocationConstraint": REGION})
    return unique


def status(server, uuid):
    mappings = requests.get(f"{server.endpoint}/_local/mappings", timeout=10).json()
    return next(mapping for mapping in mappings if mapping["uuid"] == uuid)


def drained(server, uuid):
    shards = status(server, uuid)["shards"]
    return shards and all(shard == {"behind": 0, "inFlight": 0} for shard in shards.values())


def test_the_event_is_that_of_aws(stream, client):
    before = time.time()
    numbers = stream.put("one")
    stream.map()
    eventually(stream.batches)
    (record,) = json.loads(stream.seen_file.read_text())["Records"]
    arrival = record["kinesis"].pop("approximateArrivalTimestamp")
    assert before - 1 < arrival < time.time()
    assert record.pop("invokeIdentityArn").startswith("arn:aws:iam::123456789012:role/")
    assert record == {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": "p",
            "sequenceNumber": numbers[0],
            "data": base64.b64encode(b"one").decode(),
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"shardId-000000000000:{numbers[0]}",
        "eventName": "aws:kinesis:record",
        "awsRegion": REGION,
        "eventSourceARN": stream.arn,
    }


def test_batches_by_size_and_window(stream, server):
    stream.put(*[str(n) for n in range(25)])
    uuid = stream.map()
    eventually(lambda: drained(server, uuid))
    assert [len(batch) for batch in stream.batches()] == [10, 10, 5]
    assert list(chain(*stream.batches())) == [str(n) for n in range(25)]
    begun = time.monotonic()
    stream.put("late")
    eventually(lambda: ["late"] in stream.batches())
    assert time.monotonic() - begun > 0.8


def test_payload_stays_below_lambdas_limit(stream, server):
    for _ in range(3):
        stream.put(*["x" * 1_000_000] * 3)
    uuid = stream.map(BatchSize=100, MaximumBatchingWindowInSeconds=0)
    eventually(lambda: drained(server, uuid))
    lines = stream.seen_file.read_text().splitlines()
    assert sum(len(batch) for batch in stream.batches()) == 9 and len(lines) >= 2
    assert max(len(line) for line in lines) <= 6 * 1024 * 1024


def test_latest_skips_what_was_there(stream, server):
    stream.put("old")
    uuid = stream.map(StartingPosition="LATEST", MaximumBatchingWindowInSeconds=0)
    eventually(lambda: status(server, uuid)["shards"])
    stream.put("new")
    eventually(lambda: stream.batches() == [["new"]])


def test_partial_failure_resumes_at_the_failed_record(stream, server):
    stream.put("a", "b", "bad", "c")
    uuid = stream.map(
        "partial:bad",
        FunctionResponseTypes=["ReportBatchItemFailures"],
        MaximumRetryAttempts=1,
    )
    eventually(lambda: drained(server, uuid))
    # Not bisected: what follows the bad record is discarded with it.
    assert stream.batches() == [["a", "b", "bad", "c"], ["bad", "c"], ["bad", "c"]]


def test_bisect_isolates_the_poison_record_and_keeps_it_in_s3(stream, server, client, bucket):
    numbers = stream.put("a", "b", "c", "poison", "d", "e")
    uuid = stream.map(
        "fail-on:poison",
        BisectBatchOnFunctionError=True,
        MaximumRetryAttempts=1,
        DestinationConfig={"OnFailure": {"Destination": f"arn:aws:s3:::{bucket}"}},
    )
    eventually(lambda: drained(server, uuid))
    good = [batch for batch in stream.batches() if "poison" not in batch]
    assert sorted(chain(*good)) == ["a", "b", "c", "d", "e"]
    s3 = client("s3")
    (item,) = s3.list_objects_v2(Bucket=bucket)["Contents"]
    day = time.strftime("%Y/%m/%d", time.gmtime())
    assert item["Key"].startswith(f"aws/lambda/{uuid}/shardId-000000000000/{day}/{day.replace('/', '-')}T")
    record = json.loads(s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read())
    assert record["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == 2
    info = record["KinesisBatchInfo"]
    assert (info["startSequenceNumber"], info["batchSize"]) == (numbers[3], 1)
    (kept,) = json.loads(record["payload"])["Records"]
    assert base64.b64decode(kept["kinesis"]["data"]) == b"poison"


def test_discarded_batch_goes_to_a_queue_without_its_data(stream, server, client, unique):
    sqs = client("sqs")
    url = sqs.create_queue(QueueName=unique)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    stream.put("x")
    stream.map(
        "fail-on:x",
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": arn}},
    )
    message = eventually(lambda: sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages"))[0]
    record = json.loads(message["Body"])
    assert record["KinesisBatchInfo"]["batchSize"] == 1 and "payload" not in record
    assert record["responseContext"]["functionError"] == "Unhandled"


def test_a_crash_in_the_middle_delivers_again(stream, server, tmp_path):
    stream.put("a", "b")
    uuid = stream.map(f"die-once:{tmp_path}/died")
    eventually(lambda: drained(server, uuid))
    assert stream.batches() == [["a", "b"], ["a", "b"]]


def test_disabled_mapping_waits_and_goes_on(stream, server, client):
    uuid = stream.map(MaximumBatchingWindowInSeconds=0)
    stream.put("a")
    eventually(lambda: drained(server, uuid))
    client("lambda").update_event_source_mapping(UUID=uuid, Enabled=False)
    stream.put("b")
    time.sleep(0.6)
    assert stream.batches() == [["a"]]
    assert status(server, uuid)["shards"]["shardId-000000000000"]["behind"] == 1
    client("lambda").update_event_source_mapping(UUID=uuid, Enabled=True)
    eventually(lambda: stream.batches() == [["a"], ["b"]])


def test_expired_records_are_gone(stream, server):
    stream.put("a", "b")
    answer = requests.post(f"{server.endpoint}/_local/expire", json={"stream": stream.name}, timeout=10)
    assert answer.json() == {"dropped": 2}
    uuid = stream.map(MaximumBatchingWindowInSeconds=0)
    stream.put("c")
    eventually(lambda: drained(server, uuid))
    assert stream.batches() == [["c"]]


def test_mapping_metrics(stream, server, client):
    stream.put("a", "b")
    uuid = stream.map("fail-on:a", MaximumRetryAttempts=0, MetricsConfig={"Metrics": ["EventCount"]})
    eventually(lambda: drained(server, uuid))

    def total(metric, name, value):
        points = client("cloudwatch").get_metric_statistics(
            Namespace="AWS/Lambda",
            MetricName=metric,
            Dimensions=[{"Name": name, "Value": value}],
            StartTime=time.time() - 600,
            EndTime=time.time() + 60,
            Period=3600,
            Statistics=["Sum", "Maximum"],
        )["Datapoints"]
        return points[0]["Sum"] if points else None

    eventually(lambda: total("DroppedEventCount", "EventSourceMappingUUID", uuid) == 2)
    assert total("IteratorAge", "FunctionName", stream.function_name) >= 0
