"""Event source mappings of queues: batches, deletes, dead letters."""

import json
from types import SimpleNamespace

import pytest

from emulator.services.awslambda.mapping_reader import failed_items

from .conftest import eventually


class Queue:
    def __init__(self, client, name, **attributes):
        self.sqs = client("sqs")
        self.url = self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        got = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["QueueArn"])
        self.arn = got["Attributes"]["QueueArn"]

    def send(self, *bodies):
        for body in bodies:
            self.sqs.send_message(QueueUrl=self.url, MessageBody=body)

    def counts(self):
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        got = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=names)["Attributes"]
        return tuple(int(got[name]) for name in names)


def map_queue(client, function, tmp_path, queue, behave="", timeout=10, **options):
    name = function(environment={"SEEN": str(tmp_path / "seen"), "BEHAVE": behave}, Timeout=timeout)
    mapping = client("lambda").create_event_source_mapping(
        FunctionName=name,
        EventSourceArn=queue.arn,
        FunctionResponseTypes=["ReportBatchItemFailures"],
        **options,
    )
    return mapping["UUID"]


def test_queue_messages_are_batched_and_deleted(client, function, tmp_path, unique):
    queue = Queue(client, unique)
    queue.send("1", "2", "3")
    uuid = map_queue(client, function, tmp_path, queue, BatchSize=5, MaximumBatchingWindowInSeconds=1)
    eventually(lambda: queue.counts() == (0, 0))
    records = [r for line in (tmp_path / "seen").read_text().splitlines() for r in json.loads(line)["Records"]]
    assert sorted(record["body"] for record in records) == ["1", "2", "3"]
    assert records[0]["eventSource"] == "aws:sqs" and records[0]["eventSourceARN"] == queue.arn
    assert records[0]["attributes"]["ApproximateReceiveCount"] == "1"
    client("lambda").delete_event_source_mapping(UUID=uuid)


def test_failed_messages_end_in_the_dead_letter_queue(client, function, tmp_path, unique):
    dead = Queue(client, unique + "-dead")
    redrive = json.dumps({"deadLetterTargetArn": dead.arn, "maxReceiveCount": 2})
    queue = Queue(client, unique, VisibilityTimeout="1", RedrivePolicy=redrive)
    queue.send("good", "bad")
    uuid = map_queue(client, function, tmp_path, queue, "partial:bad", timeout=1)
    eventually(lambda: dead.counts()[0] == 1)
    assert queue.counts() == (0, 0)
    bodies = [r["body"] for line in (tmp_path / "seen").read_text().splitlines() for r in json.loads(line)["Records"]]
    assert bodies.count("bad") == 2 and bodies.count("good") == 1
    client("lambda").delete_event_source_mapping(UUID=uuid)


def test_attributes_have_the_form_of_aws(client, unique):
    dead = Queue(client, unique + "-dead")
    policy = {"deadLetterTargetArn": dead.arn, "maxReceiveCount": 5}
    queue = Queue(client, unique, RedrivePolicy=json.dumps(policy))
    shown = queue.sqs.get_queue_attributes(QueueUrl=queue.url, AttributeNames=["All"])
    attributes = shown["Attributes"]
    assert attributes["RedrivePolicy"] == json.dumps(policy, separators=(",", ":"))
    assert attributes["CreatedTimestamp"].isdigit()


@pytest.mark.parametrize(
    ("answer", "error", "failed"),
    [
        (None, None, set()),
        ({}, None, set()),
        ({"batchItemFailures": []}, None, set()),
        ({"batchItemFailures": [{"itemIdentifier": "b"}]}, None, {"b"}),
        ({"batchItemFailures": [{"itemIdentifier": "b"}]}, "Unhandled", {"a", "b"}),
        ({"batchItemFailures": [{"itemIdentifier": None}]}, None, {"a", "b"}),
        ({"batchItemFailures": [{"itemIdentifier": ""}]}, None, {"a", "b"}),
        ({"batchItemFailures": [{"identifier": "b"}]}, None, {"a", "b"}),
        (["b"], None, {"a", "b"}),
    ],
)
def test_what_the_function_says_of_a_batch(answer, error, failed):
    mapping = SimpleNamespace(function_response_types=["ReportBatchItemFailures"])
    assert failed_items(mapping, {"a", "b"}, json.dumps(answer).encode(), error) == failed


def test_a_mapping_that_reports_no_items_succeeds_or_fails_as_a_whole():
    mapping = SimpleNamespace(function_response_types=None)
    answer = json.dumps({"batchItemFailures": [{"itemIdentifier": "b"}]}).encode()
    assert failed_items(mapping, {"a", "b"}, answer, None) == set()
    assert failed_items(mapping, {"a", "b"}, answer, "Unhandled") == {"a", "b"}
