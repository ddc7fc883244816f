"""CloudTrail: a trail writes into a bucket in CloudTrail's own name, and there are five of them."""

from __future__ import annotations

from moto.cloudtrail.models import CloudTrailBackend, cloudtrail_backends
from moto.s3.models import s3_backends

from emulator.core.permissions import keys
from emulator.core.permissions.authorization_requests import AuthorizationRequest, Context, arn
from emulator.core.refusals import acting
from emulator.core.refusals.registry import Call, Refused, refuses
from emulator.core.settings import ACCOUNT, REGION

# User Guide, "Quotas in AWS CloudTrail".
_TRAILS = 5

_CLOUDTRAIL = "cloudtrail.amazonaws.com"


def _backend() -> CloudTrailBackend:
    return cloudtrail_backends[ACCOUNT][REGION]


@refuses("cloudtrail", "CreateTrail")
def one_more_trail(call: Call) -> None:
    """A name that a trail has, which moto would replace, and a sixth trail."""
    if call["Name"] in _backend().trails:
        raise Refused("TrailAlreadyExistsException", f"Trail {call['Name']} already exists for customer: {ACCOUNT}")
    if len(_backend().trails) >= _TRAILS:
        raise Refused("MaximumNumberOfTrailsExceededException", f"User: {ACCOUNT} already has {_TRAILS} trails.")


@refuses("cloudtrail", "CreateTrail", "UpdateTrail")
def bucket_that_is_closed(call: Call) -> None:
    """A bucket that is not there, or whose policy does not let CloudTrail read its list of grants and write."""
    bucket = call.get("S3BucketName")
    if bucket is None:
        return
    if bucket not in s3_backends[ACCOUNT]["aws"].buckets:
        raise Refused("S3BucketDoesNotExistException", f"S3 bucket {bucket} does not exist!")
    prefix = f"{call['S3KeyPrefix']}/" if call.get("S3KeyPrefix") else ""
    name = call["Name"].rpartition("/")[2]
    context: Context = (("aws:SourceArn", arn("cloudtrail", f"trail/{name}")), ("aws:SourceAccount", ACCOUNT))
    write = (*context, ("s3:x-amz-acl", "bucket-owner-full-control"))
    if not acting.may(
        _CLOUDTRAIL,
        AuthorizationRequest("s3:GetBucketAcl", f"arn:aws:s3:::{bucket}", context),
        AuthorizationRequest("s3:PutObject", f"arn:aws:s3:::{bucket}/{prefix}AWSLogs/{ACCOUNT}/CloudTrail", write),
    ):
        raise Refused(
            "InsufficientS3BucketPolicyException", f"Incorrect S3 bucket policy is detected for bucket: {bucket}"
        )


@refuses("cloudtrail", "CreateTrail", "UpdateTrail")
def key_that_is_closed(call: Call) -> None:
    """A key whose policy does not let CloudTrail use it (User Guide, "Configure AWS KMS key policies")."""
    if not (key := call.get("KmsKeyId")):
        return
    trail = arn("cloudtrail", f"trail/{call['Name'].rpartition('/')[2]}")
    context: Context = (("kms:EncryptionContext:aws:cloudtrail:arn", trail), ("aws:SourceArn", trail))
    if not acting.may(_CLOUDTRAIL, AuthorizationRequest("kms:GenerateDataKey", keys.key_arn(key) or key, context)):
        message = f"Insufficient permissions to access S3 bucket or KMS key {key}."
        raise Refused("InsufficientEncryptionPolicyException", message)
