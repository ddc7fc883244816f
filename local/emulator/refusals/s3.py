"""S3: buckets that are not empty, policies for nobody, notifications that could not be delivered, early transitions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from moto.s3.models import s3_backends

from emulator.iam import enforce
from emulator.iam.asks import Ask
from emulator.refusals import principals
from emulator.refusals.registry import Call, Refused, refuses
from emulator.settings import ACCOUNT

_INFREQUENT = ("STANDARD_IA", "ONEZONE_IA")
_INFREQUENT_DAYS = 30
# What S3 needs of each kind of destination: the member of the configuration, its ARN, and the action.
_DESTINATIONS = (
    ("QueueConfigurations", "QueueArn", "sqs:SendMessage"),
    ("TopicConfigurations", "TopicArn", "sns:Publish"),
    ("LambdaFunctionConfigurations", "LambdaFunctionArn", "lambda:InvokeFunction"),
)


@refuses("s3", "DeleteBucket")
def bucket_not_empty(call: Call) -> None:
    """API Reference, DeleteBucket: "All objects (including all object versions and delete markers) must be deleted"."""
    bucket = s3_backends[ACCOUNT]["aws"].buckets.get(call["Bucket"])
    if bucket is not None and any(bucket.keys.getlist(name, []) for name in bucket.keys):
        raise Refused("BucketNotEmpty", "The bucket you tried to delete is not empty", 409)


@refuses("s3", "PutBucketPolicy")
def policy_for_nobody(call: Call) -> None:
    """User Guide, "Bucket policies": the principal has to exist."""
    if principals.unusable(call["Policy"]):
        raise Refused("MalformedPolicy", "Invalid principal in policy", 400)


@refuses("s3", "PutBucketNotificationConfiguration")
def notification_without_permission(call: Call) -> None:
    """API Reference, PutBucketNotificationConfiguration: S3 sends each destination a test message."""
    if call.get("SkipDestinationValidation"):
        return
    context = (("aws:SourceArn", f"arn:aws:s3:::{call['Bucket']}"), ("aws:SourceAccount", ACCOUNT))
    for member, name, action in _DESTINATIONS:
        for destination in call.get("NotificationConfiguration", {}).get(member, ()):
            if enforce.lack("s3.amazonaws.com", [Ask(action, destination[name], context)]) is not None:
                message = "Unable to validate the following destination configurations"
                raise Refused("InvalidArgument", message, 400)


@refuses("s3", "PutBucketLifecycleConfiguration")
def transition_too_early(call: Call) -> None:
    """User Guide, "Transitioning objects using Amazon S3 Lifecycle": what is rarely read stays 30 days first."""
    for rule in call.get("LifecycleConfiguration", {}).get("Rules", ()):
        for action, days, storage in _transitions(rule):
            if storage in _INFREQUENT and days < _INFREQUENT_DAYS:
                told = f"'Days' in {action} action must be greater than or equal to 30 for storageClass '{storage}'"
                raise Refused("InvalidArgument", told, 400)


@refuses("s3", "PutBucketLifecycleConfiguration")
def expiration_before_transition(call: Call) -> None:
    """The same page: an object cannot move after it has expired."""
    for rule in call.get("LifecycleConfiguration", {}).get("Rules", ()):
        for transition, expiration, member in (
            ("Transitions", "Expiration", "Days"),
            ("NoncurrentVersionTransitions", "NoncurrentVersionExpiration", "NoncurrentDays"),
        ):
            moved = [one[member] for one in rule.get(transition, ()) if member in one]
            gone = (rule.get(expiration) or {}).get(member)
            if moved and gone is not None and gone <= max(moved):
                told = f"'{member}' in the {expiration} action for filter must be greater than '{member}' in the "
                raise Refused("InvalidArgument", told + transition.removesuffix("s") + " action", 400)


def _transitions(rule: dict[str, Any]) -> Iterator[tuple[str, int, str]]:
    for one in rule.get("Transitions", ()):
        if "Days" in one:
            yield "Transition", one["Days"], one["StorageClass"]
    for one in rule.get("NoncurrentVersionTransitions", ()):
        yield "NoncurrentVersionTransition", one.get("NoncurrentDays", 0), one["StorageClass"]
