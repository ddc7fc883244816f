"""Reads of objects that are answered without moto's web framework."""

import pytest
from botocore.exceptions import ClientError

from .conftest import REGION

CONTENT = bytes(range(200))


@pytest.fixture
def bucket(client, unique):
    s3 = client("s3")
    s3.create_bucket(Bucket=unique, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(
        Bucket=unique,
        Key="a b/ü+%2F",
        Body=CONTENT,
        ContentType="text/csv",
        Metadata={"arrival": "now"},
        ServerSideEncryption="aws:kms",
        SSEKMSKeyId="arn:key",
    )
    return unique


def test_a_whole_object(client, bucket):
    found = client("s3").get_object(Bucket=bucket, Key="a b/ü+%2F")
    assert found["Body"].read() == CONTENT
    assert (found["ContentLength"], found["ContentType"], found["Metadata"]) == (200, "text/csv", {"arrival": "now"})
    assert found["ETag"] == client("s3").head_object(Bucket=bucket, Key="a b/ü+%2F")["ETag"]


@pytest.mark.parametrize(
    ("wanted", "first", "after"),
    [("0-0", 0, 1), ("5-", 5, 200), ("-3", 197, 200), ("-900", 0, 200), ("10-900", 10, 200), ("0-199", 0, 200)],
)
def test_a_part(client, bucket, wanted, first, after):
    found = client("s3").get_object(Bucket=bucket, Key="a b/ü+%2F", Range=f"bytes={wanted}")
    assert found["Body"].read() == CONTENT[first:after]
    if after - first < len(CONTENT):
        assert found["ContentRange"] == f"bytes {first}-{after - 1}/200"


def test_what_is_not_there(client, bucket):
    s3 = client("s3")
    with pytest.raises(ClientError, match="InvalidRange"):
        s3.get_object(Bucket=bucket, Key="a b/ü+%2F", Range="bytes=200-")
    with pytest.raises(ClientError, match="NoSuchKey"):
        s3.get_object(Bucket=bucket, Key="missing")
    with pytest.raises(ClientError, match="404"):
        s3.head_object(Bucket=bucket, Key="missing")


def test_hadoop_copies_without_naming_a_key(server, client, bucket):
    assert client("s3").head_object(Bucket=bucket, Key="a b/ü+%2F")["SSEKMSKeyId"] == "arn:key"
    hadoop = server.client("s3", user_agent="Hadoop 3.3.4")
    found = hadoop.head_object(Bucket=bucket, Key="a b/ü+%2F")
    assert not {"SSEKMSKeyId", "ServerSideEncryption"} & found.keys()
    assert (found["ContentLength"], found["Metadata"]) == (200, {"arrival": "now"})
