"""S3, SQS, Glue and Kinesis as AWS answers, where moto alone does not."""

import json

import pytest
from botocore.exceptions import ClientError

from .conftest import REGION, eventually

LOCATION = {"LocationConstraint": REGION}


@pytest.fixture
def bucket(client, unique):
    s3 = client("s3")
    s3.create_bucket(Bucket=unique, CreateBucketConfiguration=LOCATION)
    return unique


def versioned(s3, bucket):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})


def test_intelligent_tiering_round_trip_leaves_the_bucket(client, bucket):
    s3 = client("s3")
    config = {
        "Id": "cold",
        "Status": "Enabled",
        "Tierings": [{"Days": 90, "AccessTier": "ARCHIVE_ACCESS"}],
    }
    s3.put_bucket_intelligent_tiering_configuration(Bucket=bucket, Id="cold", IntelligentTieringConfiguration=config)
    got = s3.get_bucket_intelligent_tiering_configuration(Bucket=bucket, Id="cold")
    assert got["IntelligentTieringConfiguration"] == config
    listed = s3.list_bucket_intelligent_tiering_configurations(Bucket=bucket)
    assert [c["Id"] for c in listed["IntelligentTieringConfigurationList"]] == ["cold"]
    s3.delete_bucket_intelligent_tiering_configuration(Bucket=bucket, Id="cold")
    with pytest.raises(ClientError, match="NoSuchConfiguration"):
        s3.get_bucket_intelligent_tiering_configuration(Bucket=bucket, Id="cold")
    s3.head_bucket(Bucket=bucket)


def test_eventbridge_flag_is_shown(client, bucket):
    s3 = client("s3")
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}})
    assert "EventBridgeConfiguration" in s3.get_bucket_notification_configuration(Bucket=bucket)
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={})
    assert "EventBridgeConfiguration" not in s3.get_bucket_notification_configuration(Bucket=bucket)


def test_versioned_deletes(client, bucket):
    s3 = client("s3")
    versioned(s3, bucket)
    first = s3.put_object(Bucket=bucket, Key="k", Body=b"1")["VersionId"]
    s3.put_object(Bucket=bucket, Key="k", Body=b"2")
    marker = s3.delete_object(Bucket=bucket, Key="k")
    assert marker["DeleteMarker"] is True
    with pytest.raises(ClientError, match="NoSuchKey"):
        s3.get_object(Bucket=bucket, Key="k")
    s3.delete_object(Bucket=bucket, Key="k", VersionId=marker["VersionId"])
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"2"
    s3.delete_object(Bucket=bucket, Key="k", VersionId=first)
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"2"
    s3.delete_object(Bucket=bucket, Key="never")
    versions = s3.list_object_versions(Bucket=bucket)
    for item in versions.get("Versions", []) + versions.get("DeleteMarkers", []):
        s3.delete_object(Bucket=bucket, Key=item["Key"], VersionId=item["VersionId"])
    s3.delete_bucket(Bucket=bucket)


def test_conditional_writes(client, bucket):
    s3 = client("s3")
    s3.put_object(Bucket=bucket, Key="once", Body=b"1", IfNoneMatch="*")
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.put_object(Bucket=bucket, Key="once", Body=b"2", IfNoneMatch="*")
    versioned(s3, bucket)
    version = s3.put_object(Bucket=bucket, Key="two", Body=b"1", IfNoneMatch="*", Tagging="digest=a")["VersionId"]
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.put_object(Bucket=bucket, Key="two", Body=b"2", IfNoneMatch="*", Tagging="digest=b")
    tags = s3.get_object_tagging(Bucket=bucket, Key="two")
    assert (tags["TagSet"], tags["VersionId"]) == ([{"Key": "digest", "Value": "a"}], version)
    s3.delete_object(Bucket=bucket, Key="two")
    s3.put_object(Bucket=bucket, Key="two", Body=b"2", IfNoneMatch="*")


def statement(condition, action="s3:PutObject", **more):
    return (
        {
            "Sid": "No",
            "Effect": "Deny",
            "Principal": "*",
            "Action": action,
            "Resource": ["arn:aws:s3:::*/*"],
        }
        | ({"Condition": condition} if condition else {})
        | more
    )


SSE = "s3:x-amz-server-side-encryption"
KEY = SSE + "-aws-kms-key-id"


@pytest.mark.parametrize(
    ("condition", "headers", "denied"),
    [
        ({"Bool": {"aws:SecureTransport": "false"}}, {}, False),
        ({"NumericLessThan": {"s3:TlsVersion": "1.2"}}, {}, False),
        ({"StringNotEqualsIfExists": {SSE: "aws:kms"}}, {}, True),
        ({"StringNotEquals": {SSE: "aws:kms"}, "Null": {SSE: "false"}}, {}, False),
        (
            {"StringNotEquals": {SSE: "aws:kms"}, "Null": {SSE: "false"}},
            {"ServerSideEncryption": "AES256"},
            True,
        ),
        (
            {"StringNotEquals": {KEY: "arn:a"}, "Null": {KEY: "false"}},
            {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "arn:b"},
            True,
        ),
        (
            {"StringNotEquals": {KEY: "arn:a"}, "Null": {KEY: "false"}},
            {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "arn:a"},
            False,
        ),
        ({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::1:role/x"}}, {}, False),
        (None, {}, True),
    ],
)
def test_bucket_policy_conditions(client, bucket, condition, headers, denied):
    s3 = client("s3")
    policy = {"Version": "2012-10-17", "Statement": [statement(condition, Resource=f"arn:aws:s3:::{bucket}/*")]}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    if denied:
        with pytest.raises(ClientError, match="AccessDenied"):
            s3.put_object(Bucket=bucket, Key="k", Body=b"x", **headers)
    else:
        s3.put_object(Bucket=bucket, Key="k", Body=b"x", **headers)


def test_bodies_of_every_kind(client, bucket):
    s3 = client("s3")
    large = bytes(range(256)) * 40_000
    s3.put_object(
        Bucket=bucket,
        Key="a b/ü+%2F.bin",
        Body=large,
        Metadata={"arrival": "2024-01-01T00:00:00Z"},
    )
    got = s3.get_object(Bucket=bucket, Key="a b/ü+%2F.bin")
    assert got["Body"].read() == large
    assert got["Metadata"] == {"arrival": "2024-01-01T00:00:00Z"}
    assert s3.get_object(Bucket=bucket, Key="a b/ü+%2F.bin", Range="bytes=1-3")["Body"].read() == large[1:4]
    s3.put_object(Bucket=bucket, Key="z.gz", Body=b"\x1f\x8b\x00", ContentEncoding="gzip")
    assert s3.get_object(Bucket=bucket, Key="z.gz")["Body"].read() == b"\x1f\x8b\x00"
    assert [o["Key"] for o in s3.list_objects_v2(Bucket=bucket)["Contents"]] == [
        "a b/ü+%2F.bin",
        "z.gz",
    ]


def test_stream_keeps_tags_mode_and_encryption(client, unique):
    kinesis = client("kinesis")
    kinesis.create_stream(
        StreamName=unique,
        StreamModeDetails={"StreamMode": "ON_DEMAND"},
        Tags={"owner": "x"},
    )
    arn = kinesis.describe_stream_summary(StreamName=unique)["StreamDescriptionSummary"]["StreamARN"]
    assert kinesis.list_tags_for_stream(StreamName=unique)["Tags"] == [{"Key": "owner", "Value": "x"}]
    kinesis.start_stream_encryption(StreamName=unique, EncryptionType="KMS", KeyId="alias/aws/kinesis")
    kinesis.update_stream_mode(StreamARN=arn, StreamModeDetails={"StreamMode": "PROVISIONED"})
    kinesis.increase_stream_retention_period(StreamName=unique, RetentionPeriodHours=48)
    summary = kinesis.describe_stream_summary(StreamName=unique)["StreamDescriptionSummary"]
    assert summary["EncryptionType"] == "KMS" and summary["KeyId"] == "alias/aws/kinesis"
    assert summary["StreamModeDetails"] == {"StreamMode": "PROVISIONED"}
    assert summary["OpenShardCount"] == 4 and summary["RetentionPeriodHours"] == 48


def test_sequence_numbers_look_like_those_of_aws(client, unique):
    kinesis = client("kinesis")
    kinesis.create_stream(StreamName=unique, ShardCount=2)
    answers = [kinesis.put_record(StreamName=unique, PartitionKey="p", Data=b"%d" % n) for n in range(3)]
    numbers = [int(answer["SequenceNumber"]) for answer in answers]
    assert all(len(str(number)) == 56 for number in numbers) and numbers == sorted(set(numbers))
    shard = answers[0]["ShardId"]

    def read(**where):
        iterator = kinesis.get_shard_iterator(StreamName=unique, ShardId=shard, **where)["ShardIterator"]
        return [record["Data"] for record in kinesis.get_records(ShardIterator=iterator)["Records"]]

    assert read(ShardIteratorType="TRIM_HORIZON") == [b"0", b"1", b"2"]
    middle = answers[1]["SequenceNumber"]
    assert read(ShardIteratorType="AT_SEQUENCE_NUMBER", StartingSequenceNumber=middle) == [b"1", b"2"]
    assert read(ShardIteratorType="AFTER_SEQUENCE_NUMBER", StartingSequenceNumber=middle) == [b"2"]
    assert read(ShardIteratorType="LATEST") == []


def test_a_plus_sign_in_the_source_of_a_copy_is_a_space(client, bucket):
    s3 = client("s3")
    for key in ("a b", "a+b"):
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    found = {}
    for source in ("a+b", "a%20b", "a%2Bb"):

        def as_is(params, source=source, **_):  # botocore encodes what it is given
            params["headers"]["x-amz-copy-source"] = f"{bucket}/{source}"

        s3.meta.events.register("before-call.s3.CopyObject", as_is)
        s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/{source}")
        found[source] = s3.get_object(Bucket=bucket, Key="copy")["Body"].read()
    assert found == {"a+b": b"a b", "a%20b": b"a b", "a%2Bb": b"a+b"}


def test_lists_page_and_show_versions(client, bucket):
    s3 = client("s3")
    versioned(s3, bucket)
    for number in range(5):
        s3.put_object(Bucket=bucket, Key=f"a&<b>/{number} ü", Body=b"x" * number)
    s3.put_object(Bucket=bucket, Key="z/0", Body=b"", StorageClass="INTELLIGENT_TIERING")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, PaginationConfig={"PageSize": 2})
    found = [item for page in pages for item in page["Contents"]]
    assert [item["Key"] for item in found] == [f"a&<b>/{n} ü" for n in range(5)] + ["z/0"]
    assert [item["Size"] for item in found] == [0, 1, 2, 3, 4, 0]
    assert found[5]["StorageClass"] == "INTELLIGENT_TIERING"
    assert found[0]["ETag"] == '"d41d8cd98f00b204e9800998ecf8427e"' and found[0]["LastModified"].year > 2000
    folders = s3.list_objects_v2(Bucket=bucket, Delimiter="/")
    assert [folder["Prefix"] for folder in folders["CommonPrefixes"]] == [
        "a&<b>/",
        "z/",
    ]
    assert "Contents" not in folders and s3.list_objects(Bucket=bucket, Prefix="z/")["Contents"][0]["Key"] == "z/0"
    s3.delete_object(Bucket=bucket, Key="z/0")
    listed = s3.list_object_versions(Bucket=bucket)
    assert len(listed["Versions"]) == 6 and listed["DeleteMarkers"][0]["IsLatest"] is True
    assert all(isinstance(version["IsLatest"], bool) for version in listed["Versions"])


def test_a_folder_of_deleted_objects_is_none(client, bucket):
    s3 = client("s3")
    versioned(s3, bucket)
    for key in ("a/gone/1", "a/here/1"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    s3.delete_object(Bucket=bucket, Key="a/gone/1")
    listed = s3.list_objects_v2(Bucket=bucket, Prefix="a/", Delimiter="/")
    assert listed["CommonPrefixes"] == [{"Prefix": "a/here/"}]


def test_versions_are_listed_in_pages_with_the_latest_first(client, bucket):
    s3 = client("s3")
    versioned(s3, bucket)
    for key, body in (("b", b"1"), ("a", b"1"), ("b", b"2")):
        s3.put_object(Bucket=bucket, Key=key, Body=body)
    s3.delete_object(Bucket=bucket, Key="a")
    first = s3.list_object_versions(Bucket=bucket, MaxKeys=2)
    rest = s3.list_object_versions(
        Bucket=bucket, KeyMarker=first["NextKeyMarker"], VersionIdMarker=first["NextVersionIdMarker"]
    )
    found = [
        (each["Key"], each["IsLatest"], kind)
        for page in (first, rest)
        for kind in ("DeleteMarkers", "Versions")
        for each in page.get(kind, [])
    ]
    assert found == [
        ("a", True, "DeleteMarkers"),
        ("a", False, "Versions"),
        ("b", True, "Versions"),
        ("b", False, "Versions"),
    ]


def test_access_is_logged_many_lines_an_object(client, bucket):
    s3 = client("s3")
    target = f"{bucket}-logs"
    s3.create_bucket(Bucket=target, CreateBucketConfiguration=LOCATION)
    s3.put_bucket_logging(
        Bucket=bucket, BucketLoggingStatus={"LoggingEnabled": {"TargetBucket": target, "TargetPrefix": "access/"}}
    )
    for number in range(3):
        s3.put_object(Bucket=bucket, Key=f"k{number}", Body=b"x")

    def delivered():
        s3.head_object(Bucket=bucket, Key="k1")
        return s3.list_objects_v2(Bucket=target, Prefix="access/").get("Contents")

    (log,) = eventually(delivered, 20)
    lines = s3.get_object(Bucket=target, Key=log["Key"])["Body"].read().decode().splitlines()
    assert [line.split()[7:9] for line in lines[:4]] == [
        *(["REST.PUT.OBJECT", f"k{number}"] for number in range(3)),
        ["REST.HEAD.OBJECT", "k1"],
    ]


def test_names_of_versions_are_encoded_for_those_who_ask(client, bucket):
    s3 = client("s3")
    versioned(s3, bucket)
    names = ["50%.jpg", "a b+c/ü=1.txt", "plain"]
    for name in names:
        s3.put_object(Bucket=bucket, Key=name, Body=b"x")
    s3.delete_object(Bucket=bucket, Key=names[0])
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket, PaginationConfig={"PageSize": 1})
    found = [
        (kind, each["Key"]) for page in pages for kind in ("DeleteMarkers", "Versions") for each in page.get(kind, [])
    ]
    assert found == [("DeleteMarkers", names[0]), *(("Versions", name) for name in names)]
    raw: list[bytes] = []
    s3.meta.events.register(
        "before-parse.s3.ListObjectVersions", lambda response_dict, **_: raw.append(response_dict["body"])
    )
    s3.list_object_versions(Bucket=bucket)
    assert b"<Key>50%25.jpg</Key>" in raw[0] and b"<Key>a%20b%2Bc/%C3%BC%3D1.txt</Key>" in raw[0]


def test_a_queue_keeps_its_policy_when_something_else_is_set(client, unique):
    """SQS API Reference, SetQueueAttributes: attributes that a call does not name stay as they were."""
    queues = client("sqs")
    statement = {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sqs:SendMessage"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [{**statement, "Resource": "*"}]})
    url = queues.create_queue(QueueName=unique, Attributes={"Policy": policy})["QueueUrl"]
    queues.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "60"})
    kept = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert (json.loads(kept["Policy"]), kept["VisibilityTimeout"]) == (json.loads(policy), "60")
    queues.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
    assert "Policy" not in queues.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]


def test_a_job_is_overwritten_as_a_whole(client, unique, role):
    """Glue API, UpdateJob: the previous job definition is completely overwritten."""
    glue, command = client("glue"), {"Name": "glueetl", "ScriptLocation": "s3://b/job.py"}
    asked = {"Role": role, "Command": command, "GlueVersion": "5.0", "Timeout": 10}
    glue.create_job(Name=unique, DefaultArguments={"--a": "1"}, Description="first", **asked)
    glue.update_job(JobName=unique, JobUpdate={**asked, "NonOverridableArguments": {"--a": "1"}})
    job = glue.get_job(JobName=unique)["Job"]
    assert (job.get("DefaultArguments", {}), job["NonOverridableArguments"]) == ({}, {"--a": "1"})
    assert (job.get("Description"), job["Timeout"], job["ExecutionClass"]) == (None, 10, "STANDARD")
