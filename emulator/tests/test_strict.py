"""Requests that do not fit the model of their operation, and what is said of them."""

from __future__ import annotations

import io
import json
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from moto.core.utils import get_service_model

from emulator.core.strict import routes, shapes, wire
from emulator.tests.conftest import Server

FORM = "application/x-www-form-urlencoded"
TARGETS = {
    "kinesis": "Kinesis_20131202",
    "dynamodb": "DynamoDB_20120810",
    "logs": "Logs_20140328",
    "stepfunctions": "AWSStepFunctions",
    "glue": "AWSGlue",
}


def environ(line: str, body: bytes = b"", **headers: str) -> dict[str, Any]:
    method, uri = line.split(" ", 1)
    return {
        "REQUEST_METHOD": method,
        "RAW_URI": uri,
        "PATH_INFO": uri.partition("?")[0],
        "QUERY_STRING": uri.partition("?")[2],
        "HTTP_HOST": "127.0.0.1",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        **headers,
    }


def wrong(service: str, request: dict[str, Any]) -> list[str]:
    found = routes.find(service, request)
    assert found is not None, "no operation is known"
    return wire.problems(*found, request)


def to_json(service: str, operation: str, body: Any) -> list[str]:
    target = f"{TARGETS[service]}.{operation}"
    kind = "application/x-amz-json-1.1"
    return wrong(service, environ("POST /", json.dumps(body).encode(), HTTP_X_AMZ_TARGET=target, CONTENT_TYPE=kind))


NULL = "failed to satisfy constraint: Member must not be null"
RECORD = {"Data": "eA==", "PartitionKey": "p"}
JSON_BODIES = [
    ("kinesis", "PutRecord", {"StreamName": "s", **RECORD}, []),
    ("kinesis", "PutRecord", {"StreamName": "s", "PartitionKey": "p"}, [f"Value null at 'data' {NULL}"]),
    ("kinesis", "PutRecord", {"StreamName": "s", **RECORD, "Colour": "red"}, ["Unknown member 'Colour' at '/'"]),
    ("kinesis", "PutRecord", {"StreamName": None, **RECORD}, []),
    (
        "kinesis",
        "PutRecords",
        {"StreamName": "s", "Records": [RECORD, {**RECORD, "ExplicitHashKey": "x"}]},
        ["Value 'x' at 'records.2.member.explicitHashKey' failed to satisfy constraint: Member must satisfy regular "],
    ),
    (
        "kinesis",
        "PutRecords",
        {"StreamName": "s", "Records": []},
        ["Value '[]' at 'records' failed to satisfy constraint: Member must have length greater than or equal to 1"],
    ),
    ("kinesis", "PutRecords", {"StreamName": "s", "Records": {}}, ["Value at 'records' has a type that cannot be "]),
    (
        "kinesis",
        "GetShardIterator",
        {"StreamName": "s", "ShardId": "shardId-0", "ShardIteratorType": "NEWEST"},
        ["Value 'NEWEST' at 'shardIteratorType' failed to satisfy constraint: Member must satisfy enum value set: ["],
    ),
    (
        "kinesis",
        "GetRecords",
        {"ShardIterator": "s", "Limit": 10_001},
        ["Value '10001' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 10000"],
    ),
    ("kinesis", "GetRecords", {"ShardIterator": "s", "Limit": "9"}, ["Value at 'limit' has a type that cannot be "]),
    ("dynamodb", "GetItem", {"TableName": "tab", "Key": {"id": {"L": [{"M": {"a": {"N": "1"}}}]}}}, []),
    (
        "dynamodb",
        "GetItem",
        {"TableName": "tab", "Key": {"id": {"L": [{"M": {"a": {"X": "1"}}}]}}},
        ["Unknown member 'X' at 'key.id.value.l.1.member.m.a.value.'"],
    ),
    ("logs", "CreateLogGroup", {"logGroupName": "a b"}, ["Value 'a b' at 'logGroupName' failed to satisfy constraint"]),
    (
        "glue",
        "RegisterSchemaVersion",
        {"SchemaId": {"SchemaName": "s", "RegistryName": "r"}, "SchemaDefinition": '{\n  "type": "object"\n}\n'},
        [],
    ),
    ("glue", "GetTable", {"DatabaseName": "d" * 256, "Name": "t"}, ["Value at 'databaseName' failed to satisfy "]),
]


@pytest.mark.parametrize(("service", "operation", "body", "want"), JSON_BODIES)
def test_bodies_of_json(service: str, operation: str, body: Any, want: list[str]) -> None:
    _same(to_json(service, operation, body), want)


def _same(found: list[str], want: list[str]) -> None:
    assert len(found) == len(want), found
    for one, begins in zip(found, want, strict=True):
        assert one.startswith(begins)


FORMS = [
    ("sns", "Action=Publish&Version=2010-03-31&TopicArn=t&Message=m", []),
    ("sns", "Action=Publish&Version=2010-03-31&TopicArn=t", [f"Value null at 'message' {NULL}"]),
    ("sns", "Action=Publish&TopicArn=t&Message=m&Colour=red", ["Unknown parameter 'Colour'"]),
    (
        "sns",
        "Action=CreateTopic&Name=n&Tags.member.1.Key=a&Tags.member.1.Value=b&Tags.member.3.Key=c",
        ["Unknown parameter 'Tags.member.3.Key'"],
    ),
    ("ec2", "Action=CreateVpc&Version=2016-11-15&CidrBlock=10.0.0.0/16&InstanceTenancy=default", []),
    (
        "ec2",
        "Action=CreateVpc&Version=2016-11-15&InstanceTenancy=mine",
        ["Value 'mine' at 'instanceTenancy' failed to satisfy constraint: Member must satisfy enum value set: "],
    ),
    (
        "iam",
        "Action=GetRole&RoleName=a+b",
        ["Value 'a b' at 'roleName' failed to satisfy constraint: Member must satisfy regular expression pattern: "],
    ),
    ("sts", "Action=AssumeRole&RoleArn=arn:aws:iam::1:role/r&RoleSessionName=so&DurationSeconds=9", ["Value '9' at "]),
    ("sts", "Action=AssumeRole&RoleArn=arn:aws:iam::1:role/r&RoleSessionName=so&DurationSeconds=x", ["A value cannot"]),
]


@pytest.mark.parametrize(("service", "form", "want"), FORMS)
def test_forms(service: str, form: str, want: list[str]) -> None:
    _same(wrong(service, environ("POST /", form.encode(), CONTENT_TYPE=FORM)), want)


LIFECYCLE = b'<LifecycleConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">%s</LifecycleConfiguration>'
RULE = b"<Rule><ID>a</ID><Filter><Prefix>p</Prefix></Filter><Status>%s</Status></Rule>"
PATHS = [
    ("s3", "GET /b/k?versionId=1", b"", {}, []),
    ("s3", "PUT /b/k", b"any <bytes>", {"HTTP_X_AMZ_STORAGE_CLASS": "STANDARD_IA"}, []),
    (
        "s3",
        "PUT /b/k",
        b"",
        {"HTTP_X_AMZ_STORAGE_CLASS": "WARM"},
        ["Value 'WARM' at 'storageClass' failed to satisfy constraint: Member must satisfy enum value set: "],
    ),
    ("s3", "GET /b/k", b"", {"HTTP_X_AMZ_CHECKSUM_MODE": "enabled"}, []),
    ("s3", "GET /b?list-type=2&max-keys=5&prefix=", b"", {}, []),
    ("s3", "PUT /b?lifecycle", LIFECYCLE % (RULE % b"Enabled"), {}, []),
    ("s3", "PUT /b?lifecycle", LIFECYCLE % (RULE % b"On"), {}, ["Value 'On' at 'rules.1.member.status' failed to "]),
    (
        "s3",
        "PUT /b?lifecycle",
        LIFECYCLE % (RULE % b"Enabled").replace(b"ID>", b"Id>"),
        {},
        ["Unknown element 'Rule/Id'"],
    ),
    ("s3", "PUT /b?lifecycle", b"<LifecycleConfiguration>", {}, ["The XML you provided was not well-formed"]),
    ("lambda", "GET /2015-03-31/functions/f", b"", {}, []),
    ("lambda", "PUT /2017-10-31/functions/f/concurrency", b'{"ReservedConcurrentExecutions": 1}', {}, []),
    (
        "lambda",
        "PUT /2017-10-31/functions/f/concurrency",
        b'{"Reserved": 1}',
        {},
        [f"Value null at 'reservedConcurrentExecutions' {NULL}", "Unknown member 'Reserved'"],
    ),
    ("lambda", "GET /2015-03-31/functions?MaxItems=0", b"", {}, ["Value '0' at 'maxItems' failed to satisfy "]),
    ("lambda", "POST /2015-03-31/functions/f/invocations", b"not json", {}, []),
]


@pytest.mark.parametrize(("service", "line", "body", "headers", "want"), PATHS)
def test_paths(service: str, line: str, body: bytes, headers: dict[str, str], want: list[str]) -> None:
    request = environ(line, body, **headers)
    _same(wrong(service, request), want)
    assert request["wsgi.input"].read() == body, "moto reads it again"


IN_USE = (
    "athena budgets ce cloudtrail cloudwatch dynamodb events glue iam kinesis kms lakeformation lambda logs s3 "
    "sagemaker sagemaker-runtime scheduler sns sqs stepfunctions sts "
)


@pytest.mark.parametrize("service", IN_USE.split())
def test_every_operation_has_a_check(service: str) -> None:
    model = get_service_model(service)
    checks = shapes.Checks(on_the_wire=True)
    for name in model.operation_names:
        if (shape := model.operation_model(name).input_shape) is not None:
            checks.of(shape)


def test_checks_are_seen_when_they_are_whole() -> None:
    class Slow(shapes.Checks):
        def _make(self, shape: Any) -> shapes.Check:
            time.sleep(0.01)
            return super()._make(shape)

    checks = Slow(on_the_wire=True)
    shape = get_service_model("dynamodb").operation_model("GetItem").input_shape
    item = {"TableName": "tab", "Key": {"id": {"L": [{"M": {"a": {"X": "1"}}}]}}}

    def check(delay: float) -> list[str]:
        time.sleep(delay)
        found: list[str] = []
        checks.of(shape)(item, "", found)
        return found

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(check, [0.005 * n for n in range(8)]))
    assert answers == [["Unknown member 'X' at 'key.id.value.l.1.member.m.a.value.'"]] * 8


@pytest.mark.parametrize(
    ("service", "headers", "body", "code"),
    [
        ("kinesis", {"X-Amz-Target": "Kinesis_20131202.ListShards"}, {"MaxResults": 0}, "ValidationException"),
        ("logs", {"X-Amz-Target": "Logs_20140328.CreateLogGroup"}, {}, "InvalidParameterException"),
        ("athena", {"X-Amz-Target": "AmazonAthena.GetWorkGroup"}, {"Name": "w"}, "InvalidRequestException"),
    ],
)
def test_the_error_is_the_services_own(
    server: Server, service: str, headers: dict[str, str], body: Any, code: str
) -> None:
    scope = (
        f"AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
    )
    headers = {"Content-Type": "application/x-amz-json-1.1", "Authorization": scope, **headers}
    asked = urllib.request.Request(server.endpoint, json.dumps(body).encode(), headers)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(asked)
    assert refused.value.code == 400
    answer = json.loads(refused.value.read())
    assert answer["__type"] == code
    assert "validation error" in answer["Message"]


def test_a_body_that_is_not_of_the_schema_is_malformed(server: Server, unique: str) -> None:
    scope = "AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/s3/aws4_request, SignedHeaders=host, Signature=0"
    body = LIFECYCLE % (RULE % b"Enabled").replace(b"ID>", b"Id>")
    url = f"{server.endpoint}/{unique}?lifecycle"
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(urllib.request.Request(url, body, {"Authorization": scope}, method="PUT"))
    assert (refused.value.code, b"<Code>MalformedXML</Code>" in refused.value.read()) == (400, True)


def test_services_are_known_whatever_the_emulator_calls_them() -> None:
    found = routes.find("sagemakerruntime", environ("POST /endpoints/live/invocations", b"{}"))
    assert found is not None
    assert (found[0].name, found[1]["EndpointName"]) == ("InvokeEndpoint", "live")
    assert routes.find("moto_api._internal", environ("GET /moto-api/")) is None
