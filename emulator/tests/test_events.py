"""Notifications, rules and schedules reach their targets."""

import datetime
import json
import time

import pytest
import requests

from emulator.services.events import rules
from emulator.services.scheduler import cron

from .conftest import REGION, eventually

START = datetime.datetime(2026, 3, 29, 0, 0, tzinfo=datetime.UTC).timestamp()


@pytest.fixture
def queue(client, unique):
    sqs = client("sqs")
    url = sqs.create_queue(QueueName=unique)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]

    def receive():
        messages = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1, MaxNumberOfMessages=10).get("Messages", [])
        for message in messages:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"]) for message in messages]

    receive.arn, receive.url = arn, url
    return receive


@pytest.fixture
def bucket(client, unique):
    s3 = client("s3")
    s3.create_bucket(Bucket=unique, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_versioning(Bucket=unique, VersioningConfiguration={"Status": "Enabled"})
    return unique


def notify(client, bucket, **configuration):
    client("s3").put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=configuration)


def test_bucket_notifications_to_a_queue(client, bucket, queue):
    rule = {"QueueArn": queue.arn, "Events": ["s3:ObjectCreated:*"], "Id": "landing"}
    rule["Filter"] = {"Key": {"FilterRules": [{"Name": "prefix", "Value": "sales/"}]}}
    notify(client, bucket, QueueConfigurations=[rule])
    assert eventually(queue)[0]["Event"] == "s3:TestEvent"
    s3 = client("s3")
    s3.put_object(Bucket=bucket, Key="other/x", Body=b"no")
    version = s3.put_object(Bucket=bucket, Key="sales/Ä b+c.csv", Body=b"hello")["VersionId"]
    (message,) = eventually(queue)
    (record,) = message["Records"]
    assert record["eventName"] == "ObjectCreated:Put" and record["awsRegion"] == REGION
    assert record["eventTime"].endswith("Z")
    assert record["s3"]["configurationId"] == "landing" and record["s3"]["bucket"]["name"] == bucket
    item = record["s3"]["object"]
    sequencer = item.pop("sequencer")
    assert item == {
        "key": "sales/%C3%84+b%2Bc.csv",
        "size": 5,
        "eTag": "5d41402abc4b2a76b9719d911017c592",
        "versionId": version,
    }
    upload = s3.create_multipart_upload(Bucket=bucket, Key="sales/m")["UploadId"]
    part = s3.upload_part(Bucket=bucket, Key="sales/m", UploadId=upload, PartNumber=1, Body=b"part")
    s3.complete_multipart_upload(
        Bucket=bucket,
        Key="sales/m",
        UploadId=upload,
        MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]},
    )
    (message,) = eventually(queue)
    assert message["Records"][0]["eventName"] == "ObjectCreated:CompleteMultipartUpload"
    assert message["Records"][0]["s3"]["object"]["sequencer"] > sequencer
    assert queue() == []


def test_removals_tell_markers_from_versions(client, bucket, queue):
    notify(
        client,
        bucket,
        QueueConfigurations=[{"QueueArn": queue.arn, "Events": ["s3:ObjectRemoved:*"]}],
    )
    eventually(queue)
    s3 = client("s3")
    version = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["VersionId"]
    s3.delete_object(Bucket=bucket, Key="k")
    assert eventually(queue)[0]["Records"][0]["eventName"] == "ObjectRemoved:DeleteMarkerCreated"
    s3.delete_object(Bucket=bucket, Key="k", VersionId=version)
    (message,) = eventually(queue)
    assert message["Records"][0]["eventName"] == "ObjectRemoved:Delete"
    assert message["Records"][0]["s3"]["object"]["versionId"] == version


def test_bucket_notifications_to_a_function(client, bucket, function, tmp_path):
    name = function(environment={"SEEN": str(tmp_path / "seen")})
    arn = client("lambda").get_function_configuration(FunctionName=name)["FunctionArn"]
    rule = {"LambdaFunctionArn": arn, "Events": ["s3:ObjectCreated:Put"]}
    notify(client, bucket, LambdaFunctionConfigurations=[rule])
    client("s3").put_object(Bucket=bucket, Key="k", Body=b"x")
    eventually((tmp_path / "seen").exists)
    assert '"eventName":"ObjectCreated:Put"' in (tmp_path / "seen").read_text().replace(": ", ":")


def rule_to(client, name, pattern, target):
    events = client("events")
    events.put_rule(Name=name, EventPattern=json.dumps(pattern))
    assert events.put_targets(Rule=name, Targets=[{"Id": "1", **target}])["FailedEntryCount"] == 0


def test_bucket_events_on_the_bus(client, bucket, queue, unique):
    notify(client, bucket, EventBridgeConfiguration={})
    pattern = {"source": ["aws.s3"], "detail": {"bucket": {"name": [bucket]}}}
    rule_to(client, unique, pattern, {"Arn": queue.arn})
    client("s3").put_object(Bucket=bucket, Key="a b", Body=b"x")
    (event,) = eventually(queue)
    assert event["detail-type"] == "Object Created" and event["time"].endswith("Z")
    assert event["detail"]["object"]["key"] == "a b" and event["detail"]["reason"] == "PutObject"


def test_what_comes_before_a_change_takes_effect_tells_nobody(client, server, bucket, queue, unique):
    """A first deployment's files: nothing but a look at the bucket finds them."""

    def delay(seconds):
        answer = requests.post(f"{server.endpoint}/_local/notifications", json={"delaySeconds": seconds}, timeout=10)
        assert answer.status_code == 200, answer.text

    s3 = client("s3")
    rule_to(client, unique, {"source": ["aws.s3"], "detail": {"bucket": {"name": [bucket]}}}, {"Arn": queue.arn})
    delay(3600)
    try:
        notify(client, bucket, EventBridgeConfiguration={})
        s3.put_object(Bucket=bucket, Key="before", Body=b"x")
    finally:
        delay(0)
    s3.put_object(Bucket=bucket, Key="after", Body=b"x")
    assert [event["detail"]["object"]["key"] for event in eventually(queue)] == ["after"]
    assert [one["Key"] for one in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["after", "before"]


def test_rules_reach_topics_and_functions(client, queue, function, tmp_path, unique):
    sns, events = client("sns"), client("events")
    topic = sns.create_topic(Name=unique)["TopicArn"]
    options = {"RawMessageDelivery": "true"}
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue.arn, Attributes=options)
    pattern = {"source": [unique]}
    rule_to(client, unique, pattern, {"Arn": topic, "InputPath": "$.detail"})
    name = function()
    arn = client("lambda").get_function_configuration(FunctionName=name)["FunctionArn"]
    constant = json.dumps({"print": "fired by the rule"})
    rule_to(client, unique + "-f", pattern, {"Arn": arn, "Input": constant})
    entry = {"Source": unique, "DetailType": "Run", "Detail": json.dumps({"n": 1})}
    assert events.put_events(Entries=[entry])["FailedEntryCount"] == 0
    assert eventually(queue) == [{"n": 1}]
    logs = client("logs")

    def printed():
        groups = logs.describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{name}")["logGroups"]
        found = logs.filter_log_events(logGroupName=groups[0]["logGroupName"])["events"] if groups else []
        return any(event["message"] == "fired by the rule" for event in found)

    eventually(printed)


@pytest.fixture
def schedule(client, queue, role, unique):
    scheduler = client("scheduler")

    def make(expression, text="{}", target=None, **more):
        scheduler.create_schedule(
            Name=unique,
            ScheduleExpression=expression,
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": target or queue.arn, "RoleArn": role, "Input": text},
            **more,
        )
        return unique

    yield make
    scheduler.delete_schedule(Name=unique)


def test_a_schedule_fires_on_demand_with_its_attributes(server, schedule, queue):
    text = json.dumps(
        {
            "hours": "<aws.scheduler.scheduled-time>",
            "id": "<aws.scheduler.execution-id>",
        }
    )
    name = schedule("cron(5 * * * ? *)", text)
    call = {"schedule": name, "time": "2024-05-01T11:05:00+02:00"}
    answer = requests.post(f"{server.endpoint}/_local/fire", json=call, timeout=10).json()
    (got,) = eventually(queue)
    assert got == {"hours": "2024-05-01T09:05:00Z", "id": answer["executionId"]}
    missing = requests.post(f"{server.endpoint}/_local/fire", json={"schedule": "none"}, timeout=10)
    assert missing.status_code == 404


def test_a_schedule_fires_in_real_time(schedule, queue):
    soon = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=3)
    schedule(
        f"at({soon:%Y-%m-%dT%H:%M:%S})",
        json.dumps({"at": "<aws.scheduler.scheduled-time>"}),
    )
    assert eventually(queue) == [{"at": f"{soon:%Y-%m-%dT%H:%M:%SZ}"}]
    time.sleep(1.5)
    assert queue() == []


@pytest.mark.parametrize(
    ("expression", "zone", "want"),
    [
        ("rate(10 minutes)", "UTC", "2026-03-29T05:50:00"),
        ("cron(5 * * * ? *)", "UTC", "2026-03-29T05:05:00"),
        ("cron(0 3 * * ? *)", "Europe/London", "2026-03-29T02:00:00"),
        ("cron(0 3 ? * SUN *)", "UTC", "2026-03-29T03:00:00"),
        ("cron(0 3 ? * MON-FRI *)", "UTC", None),
        ("cron(0/20 4 29 3 ? 2026)", "UTC", "2026-03-29T04:40:00"),
        ("cron(0 3 L * ? *)", "UTC", None),
        ("at(2026-03-29T04:00:00)", "Europe/Berlin", "2026-03-29T02:00:00"),
    ],
)
def test_expressions(expression, zone, want):
    until = START + 5 * 3600 + 59 * 60
    found = cron.due(cron.parse(expression), START, until, zone, START)
    assert (found.strftime("%Y-%m-%dT%H:%M:%S") if found else None) == want


@pytest.mark.parametrize(
    "expression",
    [
        "rate(0 minutes)",
        "cron(* * * * *)",
        "cron(0 3 * * MON *)",
        "daily",
        "cron(61 * * * ? *)",
    ],
)
def test_expressions_that_are_wrong(expression):
    with pytest.raises(ValueError):
        cron.parse(expression)


@pytest.mark.parametrize(
    ("template", "want"),
    [
        ('{"name": <name>, "all": <list>, "text": "it is <name>, <list>"}', None),
        ('"it is <name>"', 'it is a "b"'),
        ('{"gone": <gone>, "n": <number>}', '{"gone": "", "n": 3}'),
    ],
)
def test_templates(template, want):
    """Quotes are added where a place of a text has none (EventBridge User Guide, "Input transformation")."""
    event = {"time": "2026-01-31T10:00:00Z", "detail": {"name": 'a "b"', "list": ["x", 1], "number": 3}}
    paths = {name: f"$.detail.{name}" for name in ("name", "list", "number", "gone")}
    made = rules.target_text({"InputTransformer": {"InputTemplate": template, "InputPathsMap": paths}}, event)
    if want is None:
        assert json.loads(made) == {"name": 'a "b"', "all": ["x", 1], "text": 'it is a "b", ["x", 1]'}
    else:
        assert made == want
