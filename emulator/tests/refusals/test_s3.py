"""S3."""

import pytest

from emulator.tests.conftest import REGION
from emulator.tests.roles import document

from .policies import NOBODY, allows
from .probe import probe

DELETE = "Amazon S3 API Reference, DeleteBucket"
NOTIFY = 'Amazon S3 User Guide, "Granting permissions to publish event notification messages to a destination"'
MOVES = 'Amazon S3 User Guide, "Transitioning objects using Amazon S3 Lifecycle"'


@pytest.fixture
def s3(client):
    return client("s3")


@pytest.fixture
def bucket(s3, unique):
    s3.create_bucket(Bucket=unique, CreateBucketConfiguration={"LocationConstraint": REGION})
    return unique


@pytest.fixture
def versioned(s3, bucket):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    return bucket


def contents(s3, bucket):
    return lambda: [s3.list_object_versions(Bucket=bucket).get(kind) for kind in ("Versions", "DeleteMarkers")]


@probe(
    "the deletion of a bucket that holds old versions only",
    call="s3:DeleteBucket",
    code="BucketNotEmpty",
    source=DELETE,
)
def test_old_versions(s3, versioned, refused):
    s3.put_object(Bucket=versioned, Key="k", Body=b"x")
    s3.delete_object(Bucket=versioned, Key="k")
    with refused(contents(s3, versioned)):
        s3.delete_bucket(Bucket=versioned)


@probe(
    "the deletion of a bucket that holds a delete marker only",
    call="s3:DeleteBucket",
    code="BucketNotEmpty",
    source=DELETE,
)
def test_a_delete_marker(s3, versioned, refused):
    s3.delete_object(Bucket=versioned, Key="never")
    with refused(contents(s3, versioned)):
        s3.delete_bucket(Bucket=versioned)
    marker = s3.list_object_versions(Bucket=versioned)["DeleteMarkers"][0]["VersionId"]
    s3.delete_object(Bucket=versioned, Key="never", VersionId=marker)
    s3.delete_bucket(Bucket=versioned)


@pytest.fixture
def policy_stays(s3, bucket, refused):
    """Expects a policy of one statement to be refused, and the one before to stay."""
    s3.put_bucket_policy(Bucket=bucket, Policy=document(allows("s3:GetObject", f"arn:aws:s3:::{bucket}/*", "*")))

    def put(statement):
        with refused(lambda: s3.get_bucket_policy(Bucket=bucket)):
            s3.put_bucket_policy(Bucket=bucket, Policy=document(statement))

    return put


@probe(
    "a bucket's policy for a role that is not there",
    call="s3:PutBucketPolicy",
    code="MalformedPolicy",
    source='Amazon S3 User Guide, "Troubleshooting a bucket policy"; terraform-provider-aws, resourceBucketPolicyPut',
)
def test_a_policy_for_nobody(bucket, policy_stays):
    policy_stays(allows("s3:GetObject", f"arn:aws:s3:::{bucket}/*", {"AWS": NOBODY}))


@pytest.fixture
def notify(s3, bucket, refused):
    """Expects a notification to be refused until the destination lets S3 send to it."""

    def put(kind, arn, permit):
        events = {f"{kind}Configurations": [{f"{kind}Arn": arn, "Events": ["s3:ObjectCreated:*"]}]}
        with refused(lambda: s3.get_bucket_notification_configuration(Bucket=bucket)):
            s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=events)
        permit({"ArnEquals": {"aws:SourceArn": f"arn:aws:s3:::{bucket}"}})
        s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=events)

    return put


@probe(
    "a notification to a queue that does not let S3 send",
    call="s3:PutBucketNotificationConfiguration",
    code="InvalidArgument",
    source=NOTIFY,
)
def test_a_notification_to_a_queue(client, unique, notify):
    sqs = client("sqs")
    url = sqs.create_queue(QueueName=unique)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]

    def permit(condition):
        text = document(allows("sqs:SendMessage", arn, {"Service": "s3.amazonaws.com"}, Condition=condition))
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": text})

    notify("Queue", arn, permit)


@probe(
    "a notification to a topic that does not let S3 publish",
    call="s3:PutBucketNotificationConfiguration",
    code="InvalidArgument",
    source=NOTIFY,
)
def test_a_notification_to_a_topic(client, unique, notify):
    sns = client("sns")
    arn = sns.create_topic(Name=unique)["TopicArn"]

    def permit(condition):
        text = document(allows("sns:Publish", arn, {"Service": "s3.amazonaws.com"}, Condition=condition))
        sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=text)

    notify("Topic", arn, permit)


@probe(
    "a notification to a function that S3 may not invoke",
    call="s3:PutBucketNotificationConfiguration",
    code="InvalidArgument",
    source=NOTIFY,
)
def test_a_notification_to_a_function(client, bucket, function, notify):
    name = function()
    arn = client("lambda").get_function(FunctionName=name)["Configuration"]["FunctionArn"]

    def permit(_condition):
        client("lambda").add_permission(
            FunctionName=name,
            StatementId="Notify",
            Action="lambda:InvokeFunction",
            Principal="s3.amazonaws.com",
            SourceArn=f"arn:aws:s3:::{bucket}",
        )

    notify("LambdaFunction", arn, permit)


@probe(
    "two notifications of the same event about names that overlap",
    call="s3:PutBucketNotificationConfiguration",
    code="InvalidArgument",
    source='Amazon S3 User Guide, "Configuring event notifications using object key name filtering"',
)
def test_notifications_that_overlap(client, s3, bucket, unique, refused):
    sns, topics = client("sns"), []
    for number, prefix in enumerate(("files/", "files/sales/")):
        arn = sns.create_topic(Name=f"{unique}-{number}")["TopicArn"]
        text = document(allows("sns:Publish", arn, {"Service": "s3.amazonaws.com"}))
        sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=text)
        named = {"Key": {"FilterRules": [{"Name": "prefix", "Value": prefix}]}}
        topics.append({"TopicArn": arn, "Events": ["s3:ObjectCreated:Put"], "Filter": named})
    with refused(lambda: s3.get_bucket_notification_configuration(Bucket=bucket)):
        every = [topics[0], {**topics[1], "Events": ["s3:ObjectCreated:*"]}]
        s3.put_bucket_notification_configuration(
            Bucket=bucket, NotificationConfiguration={"TopicConfigurations": every}
        )
    topics[1]["Filter"]["Key"]["FilterRules"][0]["Value"] = "other/"
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={"TopicConfigurations": topics})


@pytest.fixture
def keep(s3, bucket, refused):
    """Expects a lifecycle rule to be refused."""

    def kept():
        try:
            return s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
        except s3.exceptions.ClientError as error:
            return error.response["Error"]["Code"]

    def put(**rule):
        rules = [{"ID": "r", "Status": "Enabled", "Filter": {"Prefix": ""}, **rule}]
        with refused(kept):
            s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": rules})

    return put


@probe(
    "a transition to STANDARD_IA before 30 days",
    call="s3:PutBucketLifecycleConfiguration",
    code="InvalidArgument",
    source=MOVES,
)
def test_an_early_transition(keep):
    keep(Transitions=[{"Days": 29, "StorageClass": "STANDARD_IA"}])


@probe(
    "a transition of older versions to ONEZONE_IA before 30 days",
    call="s3:PutBucketLifecycleConfiguration",
    code="InvalidArgument",
    source=MOVES,
)
def test_an_early_transition_of_versions(keep):
    keep(NoncurrentVersionTransitions=[{"NoncurrentDays": 7, "StorageClass": "ONEZONE_IA"}])


@probe(
    "an expiration that is not after the transition",
    call="s3:PutBucketLifecycleConfiguration",
    code="InvalidArgument",
    source=MOVES,
)
def test_an_expiration_before_the_transition(keep):
    keep(Transitions=[{"Days": 90, "StorageClass": "GLACIER"}], Expiration={"Days": 90})


@probe(
    "a bucket's policy about another bucket",
    call="s3:PutBucketPolicy",
    code="MalformedPolicy",
    source='Amazon S3 User Guide, "Troubleshooting a bucket policy"',
)
def test_a_policy_of_another_bucket(bucket, policy_stays):
    policy_stays(allows("s3:GetObject", f"arn:aws:s3:::{bucket}-other/*", "*"))


@probe(
    "a bucket's policy with an action on objects for the bucket",
    call="s3:PutBucketPolicy",
    code="MalformedPolicy",
    source='Amazon S3 User Guide, "Troubleshooting a bucket policy"',
)
def test_a_policy_whose_action_has_no_resource(bucket, policy_stays):
    policy_stays(allows("s3:GetObject", f"arn:aws:s3:::{bucket}", "*"))


@probe(
    "a transition to GLACIER within 30 days of one to STANDARD_IA",
    call="s3:PutBucketLifecycleConfiguration",
    code="InvalidArgument",
    source=MOVES,
)
def test_an_early_archive(keep):
    keep(Transitions=[{"Days": 30, "StorageClass": "STANDARD_IA"}, {"Days": 59, "StorageClass": "GLACIER"}])


@probe(
    "a lifecycle rule that does nothing",
    call="s3:PutBucketLifecycleConfiguration",
    code="InvalidRequest",
    source="Amazon S3 API Reference, LifecycleRule",
)
def test_a_rule_without_action(keep):
    keep()


LOCK = 'Amazon S3 User Guide, "Configuring S3 Object Lock"'
LOCKED = 'Amazon S3 User Guide, "Locking objects with Object Lock"'
ON = {"ObjectLockEnabled": "Enabled"}


def lock(s3, bucket, mode="GOVERNANCE"):
    rule = {"DefaultRetention": {"Mode": mode, "Days": 1}}
    s3.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration={**ON, "Rule": rule})


@probe(
    "a lock on a bucket without versions",
    call="s3:PutObjectLockConfiguration",
    code="InvalidBucketState",
    source=LOCK,
)
def test_a_lock_without_versions(s3, bucket, refused):
    with refused(lambda: s3.get_bucket_versioning(Bucket=bucket).get("Status")):
        lock(s3, bucket)


@probe(
    "the end of versions in a bucket with a lock",
    call="s3:PutBucketVersioning",
    code="InvalidBucketState",
    source=LOCK,
)
def test_versions_of_a_lock(s3, versioned, refused):
    s3.put_object(Bucket=versioned, Key="before", Body=b"x")
    lock(s3, versioned)
    with refused(lambda: s3.get_bucket_versioning(Bucket=versioned)["Status"]):
        s3.put_bucket_versioning(Bucket=versioned, VersioningConfiguration={"Status": "Suspended"})


@probe(
    "the deletion of a version that is locked",
    call="s3:DeleteObject",
    code="AccessDenied",
    source=LOCKED,
)
@pytest.mark.parametrize("mode", ["GOVERNANCE", "COMPLIANCE"])
def test_a_locked_version(s3, versioned, refused, mode):
    lock(s3, versioned, mode)
    put = s3.put_object(Bucket=versioned, Key="k", Body=b"x", ChecksumAlgorithm="SHA256")
    s3.put_object(Bucket=versioned, Key="k", Body=b"y", ChecksumAlgorithm="SHA256")  # a version of its own
    one = {"Bucket": versioned, "Key": "k", "VersionId": put["VersionId"]}
    with refused(contents(s3, versioned)):
        s3.delete_object(**one)
    if mode == "GOVERNANCE":
        s3.delete_object(**one, BypassGovernanceRetention=True)
        assert [version["IsLatest"] for version in s3.list_object_versions(Bucket=versioned)["Versions"]] == [True]


@probe(
    "the lock of a bucket that has none",
    call="s3:GetObjectLockConfiguration",
    code="ObjectLockConfigurationNotFoundError",
    source="Amazon S3 API Reference, GetObjectLockConfiguration",
)
def test_no_lock(s3, bucket, refused):
    with refused(contents(s3, bucket)):
        s3.get_object_lock_configuration(Bucket=bucket)


@probe(
    "an object that is to be locked without a checksum",
    call="s3:PutObject",
    code="InvalidRequest",
    source="Amazon S3 API Reference, PutObject",
)
def test_no_checksum(s3, versioned, refused):
    lock(s3, versioned)

    def without(request, **_):
        for name in [name for name in request.headers if name.lower().startswith("x-amz-checksum")]:
            del request.headers[name]

    s3.meta.events.register("before-sign.s3.PutObject", without)
    with refused(contents(s3, versioned)):
        s3.put_object(Bucket=versioned, Key="k", Body=b"x")
