"""Which permissions a request needs: tables of request -> (action, resource, condition context)."""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from moto.dynamodb.models import dynamodb_backends
from moto.iam.models import iam_backends
from moto.kms.models import kms_backends
from moto.s3.models import s3_backends

from emulator.core import descriptors
from emulator.core.permissions import callers, denied, documents, enforce, keys
from emulator.core.permissions.authorization_requests import AuthorizationRequest, UnknownCallError
from emulator.core.settings import ACCOUNT, REGION
from emulator.services import catalog
from emulator.services.kms import calls as kms_calls
from emulator.services.s3 import calls as s3_calls

catalog.describe()

BUCKET = "arn:aws:s3:::lake"
PREFIX = f"arn:aws:%s:{REGION}:{ACCOUNT}:%s"


@pytest.fixture(scope="module")
def key() -> str:
    """A customer's key."""
    made = kms_backends[ACCOUNT][REGION].create_key(
        "", "ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT", "", [], False, "AWS_KMS"
    )
    return made.arn


@pytest.fixture(scope="module")
def lake(key: str) -> Iterator[None]:
    """A bucket, encrypted with the key, with one object of two versions and a plain one."""
    s3 = s3_backends[ACCOUNT]["aws"]
    s3.create_bucket("lake", REGION)
    s3.put_bucket_versioning("lake", "Enabled")
    s3.put_object("lake", "plain", b"", encryption="AES256")
    s3.put_object_tagging(s3.put_object("lake", "tagged", b"", encryption="AES256"), {"a": "b"})
    rule = {"Rule": {"ApplyServerSideEncryptionByDefault": {"KMSMasterKeyID": key, "SSEAlgorithm": "aws:kms"}}}
    s3.put_bucket_encryption("lake", rule)
    s3.put_object("lake", "sales/a b", b"one")
    yield
    s3.buckets.pop("lake")


def environ(line: str, body: bytes = b"", **headers: str) -> dict[str, Any]:
    """A request as the gateway gets it."""
    method, uri = line.split(" ", 1)
    return {
        "REQUEST_METHOD": method,
        "RAW_URI": uri,
        "QUERY_STRING": uri.partition("?")[2],
        "wsgi.input": io.BytesIO(body),
        **headers,
    }


def short(wanted: list[AuthorizationRequest]) -> list[str]:
    """Actions with the bucket's part of their resources left out; a key is called key."""
    return [
        f"{access.action} {access.resource.removeprefix(BUCKET) if 's3:' in access.action else 'key'}"
        for access in wanted
    ]


OBJECT_CALLS = [
    ("GET /lake/sales/a%20b", {}, ["s3:GetObject /sales/a b", "kms:Decrypt key"]),
    ("GET /lake/sales/a%20b?x-id=GetObject", {}, ["s3:GetObject /sales/a b", "kms:Decrypt key"]),
    ("HEAD /lake/sales/a%20b", {}, ["s3:GetObject /sales/a b"]),
    (
        "HEAD /lake/sales/a%20b",
        {"HTTP_X_AMZ_CHECKSUM_MODE": "ENABLED"},
        ["s3:GetObject /sales/a b", "kms:Decrypt key"],
    ),
    ("GET /lake/plain", {}, ["s3:GetObject /plain"]),
    ("GET /lake/gone", {}, ["s3:GetObject /gone", "s3:ListBucket "]),
    ("GET /lake/gone?versionId=1", {}, ["s3:GetObjectVersion /gone", "s3:ListBucket "]),
    ("GET /other/gone", {}, ["s3:GetObject arn:aws:s3:::other/gone"]),
    ("PUT /lake/new", {}, ["s3:PutObject /new", "kms:GenerateDataKey key"]),
    ("PUT /lake/new", {"HTTP_X_AMZ_SERVER_SIDE_ENCRYPTION": "AES256"}, ["s3:PutObject /new"]),
    (
        "PUT /lake/new",
        {"HTTP_X_AMZ_TAGGING": "a=b"},
        ["s3:PutObject /new", "s3:PutObjectTagging /new", "kms:GenerateDataKey key"],
    ),
    (
        "PUT /lake/new",
        {"HTTP_X_AMZ_COPY_SOURCE": "/lake/sales/a%20b"},
        ["s3:PutObject /new", "kms:GenerateDataKey key", "s3:GetObject /sales/a b", "kms:Decrypt key"],
    ),
    (
        "PUT /lake/new",
        {"HTTP_X_AMZ_COPY_SOURCE": "/lake/tagged"},
        ["s3:PutObject /new", "kms:GenerateDataKey key", "s3:GetObject /tagged"]
        + ["s3:GetObjectTagging /tagged", "s3:PutObjectTagging /new"],
    ),
    (
        "PUT /lake/new",
        {"HTTP_X_AMZ_COPY_SOURCE": "/lake/tagged", "HTTP_X_AMZ_TAGGING_DIRECTIVE": "REPLACE"},
        ["s3:PutObject /new", "kms:GenerateDataKey key", "s3:GetObject /tagged"],
    ),
    (
        "PUT /lake/new",
        {"HTTP_X_AMZ_OBJECT_LOCK_MODE": "GOVERNANCE"},
        ["s3:PutObject /new", "s3:PutObjectRetention /new", "kms:GenerateDataKey key"],
    ),
    (
        "DELETE /lake/new",
        {"HTTP_X_AMZ_BYPASS_GOVERNANCE_RETENTION": "true"},
        ["s3:DeleteObject /new", "s3:BypassGovernanceRetention /new"],
    ),
    ("POST /lake/new?uploads", {}, ["s3:PutObject /new", "kms:GenerateDataKey key"]),
    ("PUT /lake/new?partNumber=1&uploadId=u", {}, ["s3:PutObject /new", "kms:Decrypt key"]),
    ("POST /lake/new?uploadId=u", {}, ["s3:PutObject /new", "kms:Decrypt key"]),
    ("DELETE /lake/new?uploadId=u", {}, ["s3:AbortMultipartUpload /new"]),
    ("GET /lake/new?uploadId=u", {}, ["s3:ListMultipartUploadParts /new"]),
    ("DELETE /lake/new", {}, ["s3:DeleteObject /new"]),
    ("DELETE /lake/new?versionId=3", {}, ["s3:DeleteObjectVersion /new"]),
    ("GET /lake/new?tagging", {}, ["s3:GetObjectTagging /new"]),
    ("PUT /lake/new?tagging&versionId=3", {}, ["s3:PutObjectVersionTagging /new"]),
    ("POST /lake/new?restore", {}, ["s3:RestoreObject /new"]),
    ("HEAD /lake", {}, ["s3:ListBucket "]),
    ("GET /lake?location", {}, ["s3:GetBucketLocation "]),
    ("GET /lake?versions&prefix=a", {}, ["s3:ListBucketVersions "]),
]


@pytest.mark.usefixtures("lake")
@pytest.mark.parametrize(("line", "headers", "want"), OBJECT_CALLS, ids=[f"{a} {list(b)}" for a, b, _ in OBJECT_CALLS])
def test_calls_of_s3(line: str, headers: dict[str, str], want: list[str]) -> None:
    assert short(s3_calls.authorization_requests(environ(line, **headers))) == want


@pytest.mark.usefixtures("lake")
def test_versions_of_an_object_are_reads_of_their_own() -> None:
    version = s3_backends[ACCOUNT]["aws"].buckets["lake"].keys["sales/a b"].version_id
    found = s3_calls.authorization_requests(environ(f"GET /lake/sales/a%20b?versionId={version}"))
    assert short(found) == ["s3:GetObjectVersion /sales/a b", "kms:Decrypt key"]
    assert found[0].context == (("s3:VersionId", version),)


@pytest.mark.parametrize(
    ("query", "want"),
    [
        ("list-type=2&prefix=sales%2F&delimiter=%2F", (("s3:prefix", "sales/"), ("s3:delimiter", "/"))),
        ("list-type=2&max-keys=5&continuation-token=x&encoding-type=url", (("s3:max-keys", "5"),)),
        ("prefix=", (("s3:prefix", ""),)),
        ("", ()),
    ],
)
def test_lists_tell_their_prefix(query: str, want: tuple[tuple[str, str], ...]) -> None:
    assert s3_calls.authorization_requests(environ(f"GET /lake?{query}")) == [
        AuthorizationRequest("s3:ListBucket", BUCKET, want)
    ]


def test_a_deletion_of_many_needs_each() -> None:
    body = b"<Delete><Object><Key>a</Key></Object><Object><Key>b</Key><VersionId>1</VersionId></Object></Delete>"
    request = environ("POST /lake?delete", body)
    assert short(s3_calls.authorization_requests(request)) == ["s3:DeleteObject /a", "s3:DeleteObjectVersion /b"]
    assert request["wsgi.input"].read() == body, "moto reads it again"


@pytest.mark.usefixtures("lake")
def test_puts_tell_how_they_are_encrypted(key: str) -> None:
    headers = {
        "HTTP_X_AMZ_SERVER_SIDE_ENCRYPTION": "aws:kms",
        "HTTP_X_AMZ_SERVER_SIDE_ENCRYPTION_AWS_KMS_KEY_ID": key,
        "HTTP_X_AMZ_STORAGE_CLASS": "GLACIER",
        "HTTP_IF_NONE_MATCH": "*",
    }
    put, generate = s3_calls.authorization_requests(environ("PUT /lake/new", **headers))
    assert put.context == (
        ("s3:x-amz-server-side-encryption", "aws:kms"),
        ("s3:x-amz-server-side-encryption-aws-kms-key-id", key),
        ("s3:x-amz-storage-class", "GLACIER"),
        ("s3:if-none-match", "*"),
    )
    assert generate == AuthorizationRequest(
        "kms:GenerateDataKey",
        key,
        (
            ("kms:ViaService", f"s3.{REGION}.amazonaws.com"),
            ("kms:CallerAccount", ACCOUNT),
            ("kms:EncryptionContext:aws:s3:arn", BUCKET),
        ),
    )


@pytest.mark.parametrize(
    "line", ["PUT /lake?policy", "GET /lake?lifecycle", "PUT /lake", "GET /lake/a?torrent", "PUT /"]
)
def test_unknown_calls_of_s3_are_told(line: str) -> None:
    with pytest.raises(UnknownCallError, match="S3"):
        s3_calls.authorization_requests(environ(line))


def arns(service: str, *names: str) -> list[str]:
    return [PREFIX % (service, name) for name in names]


QUEUE_URL = f"http://127.0.0.1/{ACCOUNT}/q"
JSON_CALLS: list[tuple[str, str, dict[str, Any], str, list[str]]] = [
    ("kinesis", "PutRecords", {"StreamName": "s"}, "kinesis:PutRecords", arns("kinesis", "stream/s")),
    ("kinesis", "GetRecords", {"StreamARN": "arn:x/s"}, "kinesis:GetRecords", ["arn:x/s"]),
    ("sqs", "SendMessageBatch", {"QueueUrl": QUEUE_URL}, "sqs:SendMessage", arns("sqs", "q")),
    ("sqs", "GetQueueUrl", {"QueueName": "q"}, "sqs:GetQueueUrl", arns("sqs", "q")),
    ("dynamodb", "Query", {"TableName": "t", "IndexName": "i"}, "dynamodb:Query", arns("dynamodb", "table/t/index/i")),
    ("dynamodb", "PutItem", {"TableName": "t"}, "dynamodb:PutItem", arns("dynamodb", "table/t")),
    (
        "dynamodb",
        "BatchGetItem",
        {"RequestItems": {"t": {}, "u": {}}},
        "dynamodb:BatchGetItem",
        arns("dynamodb", "table/t", "table/u"),
    ),
    ("glue", "StartJobRun", {"JobName": "j"}, "glue:StartJobRun", arns("glue", "job/j")),
    ("glue", "GetDatabase", {"Name": "d"}, "glue:GetDatabase", arns("glue", "catalog", "database/d")),
    ("glue", "UpdateDatabase", {"Name": "d"}, "glue:UpdateDatabase", arns("glue", "catalog", "database/d")),
    (
        "glue",
        "UpdateTable",
        {"DatabaseName": "d", "TableInput": {"Name": "t"}},
        "glue:UpdateTable",
        arns("glue", "catalog", "database/d", "table/d/t"),
    ),
    (
        "glue",
        "RegisterSchemaVersion",
        {"SchemaId": {"RegistryName": "r", "SchemaName": "s"}},
        "glue:RegisterSchemaVersion",
        arns("glue", "registry/r", "schema/r/s"),
    ),
    (
        "glue",
        "GetSchemaVersion",
        {"SchemaId": {"RegistryName": "r", "SchemaName": "s"}, "SchemaVersionNumber": {"VersionNumber": 2}},
        "glue:GetSchemaVersion",
        arns("glue", "registry/r", "schema/r/s"),
    ),
    ("stepfunctions", "StartExecution", {"stateMachineArn": "arn:m"}, "states:StartExecution", ["arn:m"]),
    ("events", "PutEvents", {"Entries": [{}, {"EventBusName": "arn:b"}]}, "events:PutEvents", ["arn:b"]),
    (
        "logs",
        "PutLogEvents",
        {"logGroupName": "g", "logStreamName": "s"},
        "logs:PutLogEvents",
        arns("logs", "log-group:g:log-stream:s"),
    ),
    ("athena", "StartQueryExecution", {"WorkGroup": "w"}, "athena:StartQueryExecution", arns("athena", "workgroup/w")),
]


@pytest.mark.parametrize(
    ("service", "operation", "body", "action", "resources"), JSON_CALLS, ids=[f"{a}:{b}" for a, b, *_ in JSON_CALLS]
)
def test_calls_with_json(service: str, operation: str, body: dict[str, Any], action: str, resources: list[str]) -> None:
    found = descriptors.of(service).needs(operation, body)
    assert {access.action for access in found} == {action}
    assert set(resources) <= {access.resource for access in found}


def test_transactions_need_what_their_parts_need() -> None:
    items = [{"Put": {"TableName": "t"}}, {"ConditionCheck": {"TableName": "u"}}]
    found = descriptors.of("dynamodb").needs("TransactWriteItems", {"TransactItems": items})
    assert found == [
        AuthorizationRequest("dynamodb:PutItem", PREFIX % ("dynamodb", "table/t")),
        AuthorizationRequest("dynamodb:ConditionCheckItem", PREFIX % ("dynamodb", "table/u")),
    ]


@pytest.mark.parametrize("service", [one.name for one in descriptors.every() if one.needs])
def test_calls_of_control_planes_are_told(service: str) -> None:
    with pytest.raises((UnknownCallError, KeyError)):
        descriptors.of(service).needs("DeleteEverything", {})


def test_calls_with_forms_and_paths() -> None:
    assert descriptors.of("sns").needs("Publish", {"TopicArn": "arn:aws:sns:r:a:t"}) == [
        AuthorizationRequest("sns:Publish", "arn:aws:sns:r:a:t")
    ]
    assert descriptors.of("cloudwatch").needs("PutMetricData", {"Namespace": "Glue"}) == [
        AuthorizationRequest("cloudwatch:PutMetricData", "*", (("cloudwatch:namespace", "Glue"),))
    ]
    assert descriptors.of("sts").needs("GetCallerIdentity", {}) == []
    assert descriptors.of("awslambda").needs("Invoke", "/2015-03-31/functions/f/invocations") == [
        AuthorizationRequest("lambda:InvokeFunction", PREFIX % ("lambda", "function:f"))
    ]
    assert descriptors.of("awslambda").needs("GET /2015-03-31/event-source-mappings/u", "") == [
        AuthorizationRequest("lambda:GetEventSourceMapping", PREFIX % ("lambda", "event-source-mapping:u"))
    ]
    assert descriptors.of("scheduler").needs("GET /schedules/s", {"QUERY_STRING": "groupName=g"}) == [
        AuthorizationRequest("scheduler:GetSchedule", PREFIX % ("scheduler", "schedule/g/s"))
    ]
    for operation in ("SetAlarmState", "DescribeAlarmHistory"):
        assert descriptors.of("cloudwatch").needs(operation, {"AlarmName": "a"}) == [
            AuthorizationRequest(f"cloudwatch:{operation}", PREFIX % ("cloudwatch", "alarm:a"))
        ]
    assert descriptors.of("lakeformation").needs("POST /GetResourceLFTags", {})[0].action.endswith("GetResourceLFTags")
    on_table = {"Resource": {"Table": {"DatabaseName": "d", "Name": "t"}}}
    assert [access.action for access in descriptors.of("lakeformation").needs("POST /ListPermissions", on_table)] == [
        "lakeformation:ListPermissions",
        *["glue:GetTable"] * 3,
    ]


def test_the_same_call_may_come_as_a_form_or_as_json() -> None:
    def asked(body: bytes, **headers: str) -> list[AuthorizationRequest]:
        return descriptors.of("cloudwatch").authorization_requests(
            "PutMetricData", {"wsgi.input": io.BytesIO(body), **headers}
        )

    want = descriptors.of("cloudwatch").needs("PutMetricData", {"Namespace": "a/b"})
    assert asked(b"Action=PutMetricData&Namespace=a%2Fb") == want
    assert asked(b'{"Namespace": "a/b"}', HTTP_X_AMZ_TARGET="GraniteServiceVersion20100801.PutMetricData") == want


def test_keys_are_used_through_their_service(key: str) -> None:
    table = dynamodb_backends[ACCOUNT][REGION].create_table(
        f"t{uuid.uuid4().hex}",
        schema=[{"AttributeName": "id", "KeyType": "HASH"}],
        throughput=None,
        attr=[{"AttributeName": "id", "AttributeType": "S"}],
        global_indexes=None,
        indexes=None,
        streams=None,
        billing_mode="PAY_PER_REQUEST",
        sse_specification={"Enabled": True, "KMSMasterKeyId": key},
        tags=[],
        deletion_protection_enabled=False,
        warm_throughput=None,
    )
    (use,) = keys.of_table(table.table_arn)
    assert (use.action, use.resource) == ("kms:Decrypt", key)
    assert ("kms:ViaService", f"dynamodb.{REGION}.amazonaws.com") in use.context
    assert ("kms:EncryptionContext:aws:dynamodb:tableName", table.name) in use.context
    assert keys.uses("sqs", "alias/aws/sqs", ("kms:Decrypt",)) == [], "AWS's own keys are open to their service"


def test_a_key_sees_who_asks_it_for_a_mac() -> None:
    """AWS KMS Developer Guide, "AWS KMS condition keys": kms:CallerAccount is there in all calls."""
    key = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/k"
    [use] = kms_calls.needs("GenerateMac", {"KeyId": key, "MacAlgorithm": "HMAC_SHA_256", "Message": "bQ=="})
    assert (use.action, use.resource) == ("kms:GenerateMac", key)
    assert use.context == (("kms:CallerAccount", ACCOUNT), ("kms:MacAlgorithm", "HMAC_SHA_256"))


def test_credentials_are_a_roles() -> None:
    key_id, _ = callers.key_of("arn:aws:iam::123456789012:role/job")
    signed = f"AWS4-HMAC-SHA256 Credential={key_id}/20260101/eu-west-1/s3/aws4_request, SignedHeaders=host"
    assert callers.role_of({"HTTP_AUTHORIZATION": signed}) == "arn:aws:iam::123456789012:role/job"
    assert callers.role_of({"HTTP_AUTHORIZATION": signed.replace(key_id, "test")}) is None
    assert callers.role_of({"QUERY_STRING": f"X-Amz-Credential={key_id}%2F20260101"}) is not None


def test_policies_of_a_role_are_found_until_it_is_gone() -> None:
    backend = iam_backends[ACCOUNT]["aws"]
    name = uuid.uuid4().hex
    made = backend.create_role(name, "{}", "/", None, "", [], 3600)
    assert documents.identity(documents.role(made.arn)) == ()
    statement = {"Sid": "Read", "Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::b/*"]}
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    backend.put_role_policy(name, "grants", text)
    assert documents.identity(documents.role(made.arn)) == (text,)
    assert documents.sids(made) == ["Read"]
    backend.roles.pop(made.id)
    assert documents.role(made.arn) is None


@pytest.mark.parametrize(
    ("service", "kind", "status", "part"),
    [
        ("s3", "", "403 Forbidden", "<Error><Code>AccessDenied</Code><Message>no &lt;you&gt;</Message></Error>"),
        ("kinesis", "", "400 Bad Request", '"__type": "AccessDeniedException"'),
        ("lakeformation", "", "403 Forbidden", '"Message": "no <you>"'),
        ("sns", "application/x-www-form-urlencoded", "403 Forbidden", "<Code>AuthorizationError</Code>"),
    ],
)
def test_refusals_are_in_the_services_own_form(service: str, kind: str, status: str, part: str) -> None:
    said: list[str] = []
    request = environ("POST /", CONTENT_TYPE=kind)
    (body,) = denied.answer(descriptors.of(service), request, "no <you>", lambda line, _headers: said.append(line))
    assert said == [status]
    assert part in body.decode()


def test_without_an_authorizer_everybody_may() -> None:
    enforce.require("arn:aws:iam::123456789012:role/job", [AuthorizationRequest("s3:GetObject", "arn:aws:s3:::b/k")])
    assert json.dumps(enforce.refusal(descriptors.of("s3"), "GetObject", environ("GET /b/k"))) == "null"
