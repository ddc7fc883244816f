"""The emulator's own calls, and that it starts and stops as it should."""

import json
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
import requests
from botocore.exceptions import ClientError

from emulator.core import faults, log_streams
from emulator.core.permissions import log_writes
from emulator.core.settings import ACCOUNT

from .conftest import REGION, Server, eventually

LOCATION = {"LocationConstraint": REGION}


def get(server, path):
    return requests.get(f"{server.endpoint}/_local/{path}", timeout=10).json()


def test_inventory_shows_what_is_left(server, client, role, unique):
    before = get(server, "inventory")
    client("s3").create_bucket(Bucket=unique, CreateBucketConfiguration=LOCATION)
    client("sqs").create_queue(QueueName=unique)
    topic = client("sns").create_topic(Name=unique)["TopicArn"]
    client("kinesis").create_stream(StreamName=unique, ShardCount=1)
    client("glue").create_database(DatabaseInput={"Name": unique})
    client("glue").create_table(DatabaseName=unique, TableInput={"Name": "t"})
    client("logs").create_log_group(logGroupName=unique)
    client("events").put_rule(Name=unique, ScheduleExpression="rate(1 day)")
    client("athena").create_work_group(Name=unique, Configuration={})
    client("cloudwatch").put_dashboard(DashboardName=unique, DashboardBody="{}")
    trail = client("cloudtrail").create_trail(Name=unique, S3BucketName=unique)["TrailARN"]
    key = client("kms").create_key()["KeyMetadata"]["KeyId"]
    client("kms").create_alias(AliasName=f"alias/{unique}", TargetKeyId=key)
    state_machine = client("stepfunctions").create_state_machine(
        name=unique,
        roleArn=role,
        definition='{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}',
    )["stateMachineArn"]
    after = get(server, "inventory")
    new = {service: set(after[service]) - set(before[service]) for service in after}
    assert {service: names for service, names in new.items() if names} == {
        "s3": {f"bucket/{unique}"},
        "sqs": {f"queue/{unique}"},
        "sns": {f"topic/{topic}"},
        "kinesis": {f"stream/{unique}"},
        "glue": {f"database/{unique}", f"table/{unique}/t"},
        "logs": {f"group/{unique}"},
        "events": {f"rule/default/{unique}"},
        "athena": {f"workgroup/{unique}"},
        "cloudtrail": {f"trail/{unique}"},
        "cloudwatch": {f"dashboard/{unique}"},
        "kms": {f"key/{key}", f"alias/{unique}"},
        "stepfunctions": {f"machine/{unique}"},
    }
    client("kms").delete_alias(AliasName=f"alias/{unique}")
    client("kms").schedule_key_deletion(KeyId=key)
    client("stepfunctions").delete_state_machine(stateMachineArn=state_machine)
    client("cloudtrail").delete_trail(Name=trail)
    assert get(server, "inventory")["cloudtrail"] == before["cloudtrail"]
    assert get(server, "inventory")["kms"] == before["kms"]
    assert get(server, "inventory")["stepfunctions"] == before["stepfunctions"]


def test_inventory_names_services_it_does_not_know(server, client):
    client("ssm").describe_parameters()
    assert "ssm" in get(server, "inventory")["unlisted"]


def test_faults_fail_the_next_calls_only(server, client, unique):
    s3 = client("s3")
    s3.create_bucket(Bucket=unique, CreateBucketConfiguration=LOCATION)
    fault = {
        "service": "s3",
        "operation": "PutObject",
        "bucket": unique,
        "keyPrefix": "clicks/",
        "times": 1,
    }
    requests.post(f"{server.endpoint}/_local/faults", json=fault, timeout=10).raise_for_status()
    s3.put_object(Bucket=unique, Key="other", Body=b"")
    with pytest.raises(ClientError, match="SlowDown"):
        s3.put_object(Bucket=unique, Key="clicks/a", Body=b"")
    s3.put_object(Bucket=unique, Key="clicks/a", Body=b"")
    requests.post(f"{server.endpoint}/_local/faults", json=fault | {"times": 9}, timeout=10).raise_for_status()
    requests.delete(f"{server.endpoint}/_local/faults", timeout=10).raise_for_status()
    s3.put_object(Bucket=unique, Key="clicks/a", Body=b"")
    wrong = requests.post(
        f"{server.endpoint}/_local/faults",
        json={"service": "s3", "oops": 1},
        timeout=10,
    )
    assert wrong.status_code == 400 and "oops" in wrong.json()["error"]


def test_records_of_a_request_fail_alone(server, client, unique):
    kinesis = client("kinesis")
    kinesis.create_stream(StreamName=unique, ShardCount=1)
    fault = {"service": "kinesis", "operation": "PutRecords", "partial": True, "times": 2}
    requests.post(f"{server.endpoint}/_local/faults", json=fault, timeout=10).raise_for_status()
    records = [{"Data": data, "PartitionKey": "p"} for data in (b"1", b"2", b"3")]
    answer = kinesis.put_records(StreamName=unique, Records=records)
    assert answer["FailedRecordCount"] == 2
    assert [one.get("ErrorCode") for one in answer["Records"]] == ["ProvisionedThroughputExceededException"] * 2 + [
        None
    ]
    assert kinesis.put_records(StreamName=unique, Records=records[:2])["FailedRecordCount"] == 0
    shard = answer["Records"][2]["ShardId"]
    start = kinesis.get_shard_iterator(StreamName=unique, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    held = kinesis.get_records(ShardIterator=start["ShardIterator"])["Records"]
    assert [one["Data"] for one in held] == [b"3", b"1", b"2"]
    wrong = requests.post(f"{server.endpoint}/_local/faults", json=fault | {"service": "s3"}, timeout=10)
    assert wrong.status_code == 400


def test_unknown_admin_calls_name_the_known(server):
    answer = requests.get(f"{server.endpoint}/_local/nothing", timeout=10)
    assert answer.status_code == 404 and "GET /_local/inventory" in answer.json()["calls"]


def test_parallel_clients_are_served(server, client, unique):
    s3, dynamodb = (
        client("s3", max_pool_connections=16),
        client("dynamodb", max_pool_connections=16),
    )
    s3.create_bucket(Bucket=unique, CreateBucketConfiguration=LOCATION)
    dynamodb.create_table(
        TableName=unique,
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )

    def work(number):
        s3.put_object(Bucket=unique, Key=str(number), Body=b"x" * 10_000)
        s3.list_objects_v2(Bucket=unique)
        condition = "attribute_not_exists(k)"
        dynamodb.put_item(
            TableName=unique,
            Item={"k": {"S": str(number)}},
            ConditionExpression=condition,
        )
        return s3.get_object(Bucket=unique, Key=str(number))["Body"].read()

    with ThreadPoolExecutor(16) as pool:
        assert all(len(body) == 10_000 for body in pool.map(work, range(200)))
    assert len(s3.list_objects_v2(Bucket=unique)["Contents"]) == 200
    assert dynamodb.scan(TableName=unique)["Count"] == 200


def test_a_long_poll_lets_others_through(client, unique):
    sqs = client("sqs", max_pool_connections=4)
    url = sqs.create_queue(QueueName=unique)["QueueUrl"]
    with ThreadPoolExecutor() as pool:
        begun = time.monotonic()
        waiting = pool.submit(sqs.receive_message, QueueUrl=url, WaitTimeSeconds=10)
        time.sleep(0.3)
        sqs.send_message(QueueUrl=url, MessageBody="x")
        assert waiting.result(5)["Messages"][0]["Body"] == "x"
    assert time.monotonic() - begun < 5


def test_stop_ends_the_children(tmp_path, echo_zip):
    server = Server(tmp_path)
    assert server.ready_seconds < 30  # under five on an idle machine
    iam, functions = server.client("iam"), server.client("lambda")
    trust = (
        '{"Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"lambda.amazonaws.com"}}]}'
    )
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    state_machine = {"x86_64": "x86_64", "aarch64": "arm64"}[os.uname().machine]
    functions.create_function(
        FunctionName="f",
        Role=role,
        Runtime="provided.al2023",
        Handler="bootstrap",
        Code={"ZipFile": echo_zip},
        Architectures=[state_machine],
    )
    functions.invoke(FunctionName="f", Payload=b"{}")
    (child,) = get(server, "processes")
    assert (child["kind"], child["name"], child["busy"]) == ("lambda", "f", False)
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(10) == 0

    def gone():
        try:
            os.kill(child["pid"], 0)
        except ProcessLookupError:
            return True
        return False

    eventually(gone)


def test_a_service_that_nobody_has_is_named(client):
    with pytest.raises(ClientError, match="moto has no service apprunner.*CONTRIBUTING"):
        client("apprunner").list_services()


@pytest.mark.parametrize(
    ("spec", "want"),
    [
        ({"service": "lamda", "operation": "Invoke"}, "no service is called 'lamda': want one of athena, awslambda"),
        ({"service": "lambda", "operation": "Invoke", "partial": True}, "known: kinesis PutRecords"),
    ],
)
def test_a_fault_that_would_never_come_is_refused(server, spec, want):
    answer = requests.post(f"{server.endpoint}/_local/faults", json=spec, timeout=10)
    assert answer.status_code == 400
    assert want in answer.text


def test_a_log_that_cannot_be_written_has_neither_lines_nor_metrics(monkeypatch):
    line = json.dumps({"_aws": {"Timestamp": 0, "CloudWatchMetrics": []}})
    embedded = []
    monkeypatch.setattr(log_writes, "allowed", lambda *_: True)
    monkeypatch.setattr(log_streams, "put_embedded", embedded.append)
    stream = log_streams.LogStream(SimpleNamespace(account=ACCOUNT, region=REGION), "/a/denied/log", "1", "")
    monkeypatch.setattr(faults, "_faults", [faults.Fault("logs", "PutLogEvents", status=403, times=1)])
    stream.write([line])
    assert "/a/denied/log" not in stream._logs.groups
    assert embedded == []
    stream.write([line])
    assert embedded == [line], "the fault is over"
