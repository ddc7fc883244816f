"""CloudTrail tells EventBridge of the calls that a trail records, and patterns match them as EventBridge's do."""

import json

import pytest
from moto.events.models import EventPattern

from emulator.services.events import patterns

from .conftest import REGION, eventually
from .roles import Roles, statement
from .test_cost_api import admits_trails

ACCOUNT = "123456789012"
EVENT = {
    "source": "aws.kms",
    "detail": {
        "resources": [{"ARN": "a", "type": "key"}, {"ARN": "b", "type": "bucket"}],
        "none": [],
        "by": {"arn": "arn:aws:sts::1:assumed-role/lead/me"},
        "parameters": {"version": None},
    },
}


@pytest.mark.parametrize(
    ("detail", "want"),
    [
        ({"resources": {"ARN": ["b", "c"]}}, True),
        ({"resources": {"ARN": ["c"]}}, False),
        ({"resources": {"ARN": ["b"], "type": ["key"]}}, False),  # no object has both
        ({"resources": {"ARN": [{"exists": True}]}}, True),
        ({"resources": {"name": [{"exists": False}]}}, True),
        ({"none": {"ARN": [{"exists": False}]}}, True),
        ({"none": {"ARN": ["a"]}}, False),
        ({"by": {"arn": [{"anything-but": {"prefix": "arn:aws:sts::1:assumed-role/erase/"}}]}}, True),
        ({"by": {"arn": [{"anything-but": {"prefix": "arn:aws:sts::1:assumed-role/lead/"}}]}}, False),
        ({"by": {"name": [{"anything-but": ["x"]}]}}, False),  # which is not there
        ({"by": [{"exists": True}]}, False),  # which is no leaf
        ({"parameters": {"version": [None]}}, True),
        ({"parameters": {"version": [{"exists": True}]}}, True),
        ({"parameters": {"key": [{"exists": True}]}}, False),
        ({"gone": {"key": [{"exists": False}]}}, True),
        ({"$or": [{"by": {"arn": ["x"]}}, {"resources": {"ARN": ["a"]}}]}, True),
        ({"$or": [{"by": {"arn": ["x"]}}, {"resources": {"ARN": ["c"]}}]}, False),
    ],
)
def test_patterns(detail, want):
    """Amazon EventBridge User Guide, "Comparison operators for use in event patterns" and "Matching arrays"."""
    assert patterns.matches_event(EventPattern("", {"source": ["aws.kms"], "detail": detail}), EVENT) is want


@pytest.fixture
def reported(client, unique):
    """A rule for calls of a service; the names of the calls that it matched, and by whom."""
    events, sqs = client("events"), client("sqs")
    url = sqs.create_queue(QueueName=unique)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    names = []

    def watch(source, detail):
        names.append(f"{unique}-{len(names)}")
        pattern = {"source": [source], "detail-type": ["AWS API Call via CloudTrail"], "detail": detail}
        events.put_rule(Name=names[-1], EventPattern=json.dumps(pattern))
        events.put_targets(Rule=names[-1], Targets=[{"Id": "1", "Arn": arn}])

    def receive():
        found = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages", [])
        for message in found:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        details = [json.loads(message["Body"])["detail"] for message in found]
        return [(one["eventName"], one["userIdentity"]["arn"].rpartition(":")[2]) for one in details]

    watch.next = lambda: eventually(receive)
    yield watch
    for name in names:
        events.remove_targets(Rule=name, Ids=["1"])
        events.delete_rule(Name=name)


@pytest.fixture
def trail(client, unique):
    """Makes trails that record what is asked for; their name."""
    s3, cloudtrail = client("s3"), client("cloudtrail")
    s3.create_bucket(Bucket=unique, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_versioning(Bucket=unique, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_policy(Bucket=unique, Policy=admits_trails(unique))
    made = []

    def make(*selector):
        made.append(f"{unique}-{len(made)}")
        cloudtrail.create_trail(Name=made[-1], S3BucketName=unique)
        if selector:
            cloudtrail.put_event_selectors(
                TrailName=made[-1], AdvancedEventSelectors=[{"FieldSelectors": list(selector)}]
            )
        cloudtrail.start_logging(Name=made[-1])
        return made[-1]

    yield make
    for name in {one["Name"] for one in cloudtrail.describe_trails()["trailList"]} & set(made):
        cloudtrail.delete_trail(Name=name)


def test_calls_that_a_trail_with_management_events_records(client, unique, reported, trail):
    kms, lake, cloudtrail = client("kms"), client("lakeformation"), client("cloudtrail")
    key, other = (kms.create_key()["KeyMetadata"] for _ in range(2))
    kms.create_alias(AliasName=f"alias/{unique}", TargetKeyId=key["KeyId"])
    reported("aws.kms", {"eventName": ["PutKeyPolicy"], "resources": {"ARN": [key["Arn"]]}})
    reported("aws.lakeformation", {"eventName": ["PutDataLakeSettings"]})
    reported("aws.cloudtrail", {"eventName": ["StopLogging"]})
    policy = kms.get_key_policy(KeyId=key["KeyId"], PolicyName="default")["Policy"]
    data = [{"Field": "eventCategory", "Equals": ["Data"]}]
    data.append({"Field": "resources.type", "Equals": ["AWS::S3::Object"]})
    trail(*data)  # of which EventBridge gets no management events
    kms.put_key_policy(KeyId=key["KeyId"], PolicyName="default", Policy=policy)
    management = trail()
    kms.put_key_policy(KeyId=other["KeyId"], PolicyName="default", Policy=policy)
    kms.put_key_policy(KeyId=key["KeyId"], PolicyName="default", Policy=policy)
    assert reported.next() == [("PutKeyPolicy", "root")]
    lake.put_data_lake_settings(DataLakeSettings=lake.get_data_lake_settings()["DataLakeSettings"])
    assert reported.next() == [("PutDataLakeSettings", "root")]
    cloudtrail.stop_logging(Name=management)  # which is recorded yet
    assert reported.next() == [("StopLogging", "root")]


def test_versions_that_are_deleted(server, client, unique, reported, trail):
    """One by one or many at once, of objects whose data events a trail records; no markers, nothing of other roles."""
    s3, name = client("s3"), unique
    bucket = trail(
        {"Field": "eventCategory", "Equals": ["Data"]},
        {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
        {"Field": "resources.ARN", "StartsWith": [f"arn:aws:s3:::{name}/kept/"]},
    ).rpartition("-")[0]
    roles = Roles(server)
    may = statement("Delete", ["s3:DeleteObjectVersion"], [f"arn:aws:s3:::{name}/*"])
    eraser, lead = (roles.make(f"{name}-{who}", may) for who in ("eraser", "lead"))
    sessions = f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}-eraser/"
    deleted = {"bucketName": [bucket], "versionId": [{"exists": True}]}
    reported(
        "aws.s3",
        {
            "eventName": ["DeleteObject"],
            "requestParameters": deleted,
            "userIdentity": {"arn": [{"anything-but": {"prefix": sessions}}]},
        },
    )

    def put(key):
        return {"Key": key, "VersionId": s3.put_object(Bucket=bucket, Key=key, Body=b"x")["VersionId"]}

    s3.delete_object(Bucket=bucket, **put("other/a"))
    roles.client(eraser, "s3").delete_object(Bucket=bucket, **put("kept/a"))
    s3.delete_object(Bucket=bucket, Key=put("kept/b")["Key"])
    roles.client(lead, "s3").delete_object(Bucket=bucket, **put("kept/c"))
    assert reported.next() == [("DeleteObject", f"assumed-role/{name}-lead/local")]
    s3.delete_objects(Bucket=bucket, Delete={"Objects": [put("kept/d")]})
    assert reported.next() == [("DeleteObject", "root")]
