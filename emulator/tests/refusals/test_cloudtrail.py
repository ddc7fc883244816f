"""CloudTrail."""

import pytest

from ..conftest import REGION
from ..test_cost_api import admits_trails
from .probe import probe

MODEL = "botocore cloudtrail CreateTrail, errors"
POLICY = 'AWS CloudTrail User Guide, "Amazon S3 bucket policy for CloudTrail"; boto3#1766'
QUOTAS = 'AWS CloudTrail User Guide, "Quotas in AWS CloudTrail"'


@pytest.fixture
def trails(client):
    found = client("cloudtrail")
    yield found
    for trail in found.describe_trails()["trailList"]:
        found.delete_trail(Name=trail["Name"])


@pytest.fixture
def bucket(client, unique):
    """A bucket without a policy; its name."""
    client("s3").create_bucket(Bucket=unique, CreateBucketConfiguration={"LocationConstraint": REGION})
    return unique


@pytest.fixture
def open_bucket(client, bucket):
    """One that CloudTrail may write into."""
    client("s3").put_bucket_policy(Bucket=bucket, Policy=admits_trails(bucket))
    return bucket


@probe(
    "a trail into a bucket without a policy",
    call="cloudtrail:CreateTrail",
    code="InsufficientS3BucketPolicyException",
    source=POLICY,
)
def test_a_closed_bucket(trails, bucket, refused):
    with refused(trails.describe_trails):
        trails.create_trail(Name=bucket, S3BucketName=bucket)


@probe(
    "a trail into a bucket that is not there",
    call="cloudtrail:CreateTrail",
    code="S3BucketDoesNotExistException",
    source=MODEL,
)
def test_no_bucket(trails, unique, refused):
    with refused(trails.describe_trails):
        trails.create_trail(Name=unique, S3BucketName=f"{unique}-nowhere")


@probe(
    "a second trail of the same name",
    call="cloudtrail:CreateTrail",
    code="TrailAlreadyExistsException",
    source=MODEL,
)
def test_a_name_that_is_taken(trails, open_bucket, refused):
    trails.create_trail(Name=open_bucket, S3BucketName=open_bucket)
    with refused(trails.describe_trails):
        trails.create_trail(Name=open_bucket, S3BucketName=open_bucket, IsMultiRegionTrail=True)


@probe(
    "a sixth trail of a region",
    call="cloudtrail:CreateTrail",
    code="MaximumNumberOfTrailsExceededException",
    source=QUOTAS,
)
def test_too_many_trails(trails, open_bucket, refused):
    for number in range(5):
        trails.create_trail(Name=f"{open_bucket}-{number}", S3BucketName=open_bucket)
    with refused(trails.describe_trails):
        trails.create_trail(Name=f"{open_bucket}-5", S3BucketName=open_bucket)


@probe(
    "a trail with a key whose policy does not let CloudTrail use it",
    call="cloudtrail:CreateTrail",
    code="InsufficientEncryptionPolicyException",
    source='AWS CloudTrail User Guide, "Configure AWS KMS key policies for CloudTrail"',
)
def test_a_closed_key(client, trails, open_bucket, refused):
    key = client("kms").create_key()["KeyMetadata"]["Arn"]
    with refused(trails.describe_trails):
        trails.create_trail(Name=open_bucket, S3BucketName=open_bucket, KmsKeyId=key)
