"""S3: buckets that are not empty, policies for nobody, notifications that could not be delivered, early transitions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from fnmatch import fnmatchcase
from itertools import combinations
from typing import Any

from moto.s3.models import s3_backends

from emulator.core.permissions import documents, enforce
from emulator.core.permissions.authorization_requests import AuthorizationRequest
from emulator.core.refusals import principals
from emulator.core.refusals.registry import Call, Refused, refuses
from emulator.core.settings import ACCOUNT

_INFREQUENT = ("STANDARD_IA", "ONEZONE_IA")
_INFREQUENT_DAYS = 30
_ACTIONS = {
    "Transitions",
    "Expiration",
    "NoncurrentVersionTransitions",
    "NoncurrentVersionExpiration",
    "AbortIncompleteMultipartUpload",
}
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


@refuses("s3", "PutBucketPolicy")
def policy_of_other_things(call: Call) -> None:
    """User Guide, "Troubleshooting a bucket policy": resources are of this bucket, and suit the actions."""
    bucket = f"arn:aws:s3:::{call['Bucket']}"
    for statement in documents.listed(json.loads(call["Policy"])["Statement"]):
        resources = documents.listed(statement.get("Resource", []))
        if not all(one == bucket or one.startswith(f"{bucket}/") for one in resources):
            raise Refused("MalformedPolicy", "Policy has invalid resource", 400)
        on_objects = [one for one in resources if "/" in one]
        for action in documents.listed(statement.get("Action", [])):
            if resources and "*" not in action and not (on_objects if _of_objects(action) else resources != on_objects):
                raise Refused("MalformedPolicy", "Action does not apply to any resource(s) in statement", 400)


@refuses("s3", "PutBucketNotificationConfiguration")
def notification_without_permission(call: Call) -> None:
    """API Reference, PutBucketNotificationConfiguration: S3 sends each destination a test message."""
    if call.get("SkipDestinationValidation"):
        return
    context = (("aws:SourceArn", f"arn:aws:s3:::{call['Bucket']}"), ("aws:SourceAccount", ACCOUNT))
    for member, name, action in _DESTINATIONS:
        for destination in call.get("NotificationConfiguration", {}).get(member, ()):
            if enforce.lack("s3.amazonaws.com", [AuthorizationRequest(action, destination[name], context)]) is not None:
                message = "Unable to validate the following destination configurations"
                raise Refused("InvalidArgument", message, 400)


@refuses("s3", "PutBucketNotificationConfiguration")
def notifications_that_overlap(call: Call) -> None:
    """User Guide, "Configuring event notifications using object key name filtering": an event has one destination."""
    given = call.get("NotificationConfiguration", {})
    every = [one for member, *_ in _DESTINATIONS for one in given.get(member, ())]
    for first, second in combinations(every, 2):
        if _share_events(first, second) and _share_names(_filter(first), _filter(second)):
            reason = "Configurations overlap. Configurations on the same bucket cannot share a common event type."
            raise Refused("InvalidArgument", reason, 400)


@refuses("s3", "PutBucketLifecycleConfiguration")
def transition_too_early(call: Call) -> None:
    """User Guide, "Transitioning objects using Amazon S3 Lifecycle": what is rarely read stays 30 days first."""
    for rule in call.get("LifecycleConfiguration", {}).get("Rules", ()):
        for action, days, storage in _transitions(rule):
            if storage in _INFREQUENT and days < _INFREQUENT_DAYS:
                reason = f"'Days' in {action} action must be greater than or equal to 30 for storageClass '{storage}'"
                raise Refused("InvalidArgument", reason, 400)


@refuses("s3", "PutBucketLifecycleConfiguration")
def archive_too_early(call: Call) -> None:
    """The same page: what has moved to rarely read stays there 30 days, too, in one rule."""
    for rule in call.get("LifecycleConfiguration", {}).get("Rules", ()):
        moves = list(_transitions(rule))
        for action, rare, storage in moves:
            for other, days, then in moves:
                early = other == action and then.startswith(("GLACIER", "DEEP")) and days < rare + _INFREQUENT_DAYS
                if storage in _INFREQUENT and early:
                    reason = f"'Days' in the '{action}' action for StorageClass '{then}' must be 30 days more than "
                    raise Refused("InvalidArgument", f"{reason}that for StorageClass '{storage}'", 400)


@refuses("s3", "PutBucketLifecycleConfiguration")
def rules_that_cannot_be(call: Call) -> None:
    """API Reference, LifecycleRule: identifiers are unique, and a rule does something after some days."""
    rules = call.get("LifecycleConfiguration", {}).get("Rules", ())
    names = [rule["ID"] for rule in rules if rule.get("ID")]
    if len(names) != len(set(names)):
        raise Refused("InvalidArgument", "Rule ID must be unique. Found same ID for more than one rule", 400)
    for rule in rules:
        if not rule.keys() & _ACTIONS:
            raise Refused("InvalidRequest", "At least one action needs to be specified in a rule", 400)
        if (rule.get("Expiration") or {}).get("Days", 1) < 1:
            raise Refused("InvalidArgument", "'Days' for Expiration action must be a positive integer", 400)


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
                reason = f"'{member}' in the {expiration} action for filter must be greater than '{member}' in the "
                raise Refused("InvalidArgument", reason + transition.removesuffix("s") + " action", 400)


def _share_events(first: dict[str, Any], second: dict[str, Any]) -> bool:
    return any(fnmatchcase(a, b) or fnmatchcase(b, a) for a in first["Events"] for b in second["Events"])


def _filter(configuration: dict[str, Any]) -> tuple[str, str]:
    """The prefix and the suffix of the names that a notification is about."""
    rules = ((configuration.get("Filter") or {}).get("Key") or {}).get("FilterRules", ())
    named = {rule["Name"].lower(): rule.get("Value", "") for rule in rules}
    return named.get("prefix", ""), named.get("suffix", "")


def _share_names(first: tuple[str, str], second: tuple[str, str]) -> bool:
    (prefix, suffix), (other, ending) = first, second
    begin = prefix.startswith(other) or other.startswith(prefix)
    return begin and (suffix.endswith(ending) or ending.endswith(suffix))


def _of_objects(action: str) -> bool:
    name = action.partition(":")[2]
    return ("Object" in name and "Bucket" not in name) or name in ("AbortMultipartUpload", "ListMultipartUploadParts")


def _transitions(rule: dict[str, Any]) -> Iterator[tuple[str, int, str]]:
    for one in rule.get("Transitions", ()):
        if "Days" in one:
            yield "Transition", one["Days"], one["StorageClass"]
    for one in rule.get("NoncurrentVersionTransitions", ()):
        yield "NoncurrentVersionTransition", one.get("NoncurrentDays", 0), one["StorageClass"]
