"""Lambda's event source mappings: sources that are there, may be read, and suit the function."""

from __future__ import annotations

from moto.awslambda.utils import get_backend
from moto.kinesis.models import kinesis_backends
from moto.sqs.models import sqs_backends

from emulator.core.permissions import enforce
from emulator.core.refusals.registry import Call, Refused, refuses
from emulator.core.settings import ACCOUNT, REGION
from emulator.services.awslambda import mapping_reads
from emulator.services.awslambda.refusals import INVALID, function_of, may_leave, require

_TIMEOUT = 3  # seconds, unless a function says otherwise
_VISIBILITY = 30  # the same of a queue
_BATCH = 10  # messages, above which a queue needs a window


def _without_stream(arn: str) -> None:
    if arn.rpartition("/")[2] not in kinesis_backends[ACCOUNT][REGION].streams:
        raise Refused(INVALID, f"Stream not found: {arn}")


def _without_queue(arn: str) -> None:
    if arn.rsplit(":", 1)[-1] not in sqs_backends[ACCOUNT][REGION].queues:
        message = "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue."
        raise Refused(INVALID, f"{message} SQS Error Message: The specified queue does not exist.")


def _stream_unreadable(role: str, arn: str) -> None:
    if enforce.lack(role, mapping_reads.of_stream(arn)) is not None:
        calls = "GetRecords, GetShardIterator, DescribeStream, ListShards, and ListStreams Actions"
        reason = f"Cannot access stream {arn}. Please ensure the role can perform the {calls} on your stream in IAM."
        raise Refused(INVALID, reason)


def _queue_unreadable(role: str, arn: str) -> None:
    for access in mapping_reads.of_queue(arn):
        require(role, [access], f"{access.action.partition(':')[2]} on SQS")


_WITHOUT = {"kinesis": _without_stream, "sqs": _without_queue}
_UNREADABLE = {"kinesis": _stream_unreadable, "sqs": _queue_unreadable}


@refuses("lambda", "CreateEventSourceMapping")
def mapping_without_source(call: Call) -> None:
    """A stream or queue that is not there."""
    arn = call.get("EventSourceArn", "")
    if (refuse := _WITHOUT.get(arn.split(":")[2])) is not None:
        refuse(arn)


@refuses("lambda", "CreateEventSourceMapping")
def mapping_without_permission(call: Call) -> None:
    """The function's role has to be allowed to read the source already."""
    function, arn = function_of(call), call.get("EventSourceArn", "")
    if function is not None and (refuse := _UNREADABLE.get(arn.split(":")[2])) is not None:
        refuse(function.role, arn)


@refuses("lambda", "CreateEventSourceMapping")
def destination_without_permission(call: Call) -> None:
    """The same of the queue or topic that gets what the function failed with."""
    target = ((call.get("DestinationConfig") or {}).get("OnFailure") or {}).get("Destination")
    function = function_of(call)
    if target and function is not None:
        may_leave(function.role, target)


@refuses("lambda", "CreateEventSourceMapping")
def visibility_below_timeout(call: Call) -> None:
    """Developer Guide, "Creating and configuring an Amazon SQS event source mapping"."""
    function, arn = function_of(call), call.get("EventSourceArn", "")
    queue = sqs_backends[ACCOUNT][REGION].queues.get(arn.rpartition(":")[2]) if ":sqs:" in arn else None
    if function is None or queue is None:
        return
    hidden, runs = int(queue.visibility_timeout or _VISIBILITY), int(function.timeout or _TIMEOUT)
    if hidden < runs:
        reason = f"Queue visibility timeout: {hidden} seconds is less than Function timeout: {runs} seconds"
        raise Refused(INVALID, reason)


@refuses("lambda", "CreateEventSourceMapping")
def mapping_twice(call: Call) -> None:
    """API Reference, CreateEventSourceMapping, ResourceConflictException: one mapping a function and source."""
    function, arn = function_of(call), call.get("EventSourceArn", "")
    for mapping in get_backend(ACCOUNT, REGION)._event_source_mappings.values():
        if function and mapping.event_source_arn == arn and mapping.function_arn == function.function_arn:
            reason = f'The event source arn (" {arn} ") and function (" {function.function_name} ") provided mapping '
            raise Refused("ResourceConflictException", f"{reason}already exists. UUID {mapping.uuid}")


@refuses("lambda", "CreateEventSourceMapping")
def batch_without_window(call: Call) -> None:
    """API Reference, CreateEventSourceMapping, BatchSize: above 10 messages of a queue it needs a window."""
    queue = ":sqs:" in call.get("EventSourceArn", "")
    if queue and call.get("BatchSize", _BATCH) > _BATCH and not call.get("MaximumBatchingWindowInSeconds"):
        reason = "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"
        raise Refused(INVALID, reason)


@refuses("lambda", "CreateEventSourceMapping")
def stream_without_start(call: Call) -> None:
    """The same, StartingPosition: "Required for Amazon Kinesis and Amazon DynamoDB Stream event sources"."""
    if ":kinesis:" in call.get("EventSourceArn", "") and not call.get("StartingPosition"):
        raise Refused(
            INVALID, "1 validation error detected: Value null at 'startingPosition' is not valid for a stream."
        )
