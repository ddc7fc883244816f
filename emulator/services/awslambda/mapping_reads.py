"""Whether Lambda may read a function's source, which it does in the name of the function's role."""

from __future__ import annotations

from typing import Any

from moto.awslambda.models import EventSourceMapping
from moto.awslambda.utils import get_backend

from emulator.core import descriptors
from emulator.core.permissions import enforce
from emulator.core.permissions.authorization_requests import AuthorizationRequest
from emulator.core.settings import ACCOUNT, REGION

# "Using AWS Lambda with Amazon Kinesis" and "… with Amazon SQS", execution role permissions.
_STREAM_CALLS = ("DescribeStream", "DescribeStreamSummary", "ListShards", "GetShardIterator", "GetRecords")
_QUEUE_CALLS = ("GetQueueAttributes", "ReceiveMessage", "ChangeMessageVisibility", "DeleteMessage")


def role_of(mapping: EventSourceMapping) -> str:
    """The ARN of the function's role; the caller holds no other lock than that of functions."""
    function: Any = get_backend(ACCOUNT, REGION).get_function(mapping.function_arn)
    return function.role


def _needs(service: str, call: str, body: dict[str, Any]) -> list[AuthorizationRequest]:
    return descriptors.of(service).needs(call, body)


def of_stream(stream_arn: str) -> list[AuthorizationRequest]:
    """What Lambda asks of a stream, without its key."""
    wanted = [access for call in _STREAM_CALLS for access in _needs("kinesis", call, {"StreamARN": stream_arn})]
    return [access for access in wanted if access.resource == stream_arn]


def of_queue(queue_arn: str) -> list[AuthorizationRequest]:
    """The same of a queue."""
    wanted = [
        access
        for call in _QUEUE_CALLS
        for access in _needs("sqs", call, {"QueueUrl": f"/{queue_arn.rsplit(':', 1)[1]}"})
    ]
    return [access for access in wanted if access.resource == queue_arn]


def require_stream(mapping: EventSourceMapping) -> None:
    """Raise AccessDeniedError unless the function's role may read the stream."""
    body = {"StreamARN": mapping.event_source_arn}
    enforce.require(role_of(mapping), [access for call in _STREAM_CALLS for access in _needs("kinesis", call, body)])


def require_queue(mapping: EventSourceMapping) -> None:
    """Raise AccessDeniedError unless the function's role may work off the queue."""
    body = {"QueueUrl": f"/{mapping.event_source_arn.rsplit(':', 1)[1]}"}
    enforce.require(role_of(mapping), [access for call in _QUEUE_CALLS for access in _needs("sqs", call, body)])


def require_bucket(mapping: EventSourceMapping) -> None:
    """Raise AccessDeniedError unless the role may list a bucket for given-up batches, without a prefix.

    Putting them is a request of its own.
    """
    target = ((mapping.destination_config or {}).get("OnFailure") or {}).get("Destination", "")
    if target.startswith("arn:aws:s3:::"):
        enforce.require(role_of(mapping), [AuthorizationRequest("s3:ListBucket", target)])
