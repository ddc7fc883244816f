"""Lambda: what a function's role has to be allowed before the function is made, and of what a mapping reads."""

from __future__ import annotations

from typing import Any

from moto.awslambda.models import LambdaFunction
from moto.awslambda.utils import get_backend
from moto.kinesis.models import kinesis_backends
from moto.sqs.models import sqs_backends

from emulator.iam import documents, enforce, mapping_reads
from emulator.iam.asks import Ask, named
from emulator.refusals.registry import Call, Refused, refuses
from emulator.settings import ACCOUNT, REGION

_INVALID = "InvalidParameterValueException"
_LAMBDA = "lambda.amazonaws.com"
_TIMEOUT = 3  # seconds, unless a function says otherwise
_VISIBILITY = 30  # the same of a queue
# The action by which a function's role leaves a dead letter or a record of an invocation, by the target's service.
_LEAVES = {
    "sqs": ("sqs", "SendMessage"),
    "sns": ("sns", "Publish"),
    "lambda": ("lambda", "InvokeFunction"),
    "events": ("events", "PutEvents"),
}


@refuses("lambda", "CreateFunction", "UpdateFunctionConfiguration")
def role_that_cannot_be_assumed(call: Call) -> None:
    """Developer Guide, "Troubleshoot configuration issues in Lambda": the role's trust policy has to name Lambda."""
    if (role := call.get("Role")) is None:
        return
    context = (("aws:SourceAccount", ACCOUNT), ("aws:SourceArn", named("lambda", "function:", call["FunctionName"])))
    if documents.role(role) is None or enforce.lack(_LAMBDA, [Ask("sts:AssumeRole", role, context)]) is not None:
        raise Refused(_INVALID, "The role defined for the function cannot be assumed by Lambda.")


@refuses("lambda", "CreateFunction", "UpdateFunctionConfiguration")
def tracing_without_permission(call: Call) -> None:
    """Active tracing needs a role that may write traces already."""
    if (call.get("TracingConfig") or {}).get("Mode") == "Active":
        _may(_role(call), [Ask("xray:PutTraceSegments", "*")], "PutTraceSegments on XRAY")


@refuses("lambda", "CreateFunction", "UpdateFunctionConfiguration")
def dead_letters_without_permission(call: Call) -> None:
    """The same of a queue or topic for dead letters."""
    if target := (call.get("DeadLetterConfig") or {}).get("TargetArn"):
        _may_leave(_role(call), target)


@refuses("lambda", "PutFunctionEventInvokeConfig", "UpdateFunctionEventInvokeConfig")
def destination_without_permission(call: Call) -> None:
    """The same of destinations of asynchronous invocations."""
    for destination in (call.get("DestinationConfig") or {}).values():
        if target := destination.get("Destination"):
            _may_leave(_role(call), target)


@refuses("lambda", "CreateEventSourceMapping")
def mapping_without_source(call: Call) -> None:
    """A stream or queue that is not there."""
    arn = call.get("EventSourceArn", "")
    service, name = arn.split(":")[2], arn.rsplit(":", 1)[-1].rpartition("/")[2]
    if service == "kinesis" and name not in kinesis_backends[ACCOUNT][REGION].streams:
        raise Refused(_INVALID, f"Stream not found: {arn}")
    if service == "sqs" and name not in sqs_backends[ACCOUNT][REGION].queues:
        message = "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue."
        raise Refused(_INVALID, f"{message} SQS Error Message: The specified queue does not exist.")


@refuses("lambda", "CreateEventSourceMapping")
def mapping_without_permission(call: Call) -> None:
    """The function's role has to be allowed to read the source already."""
    function, arn = _function(call), call.get("EventSourceArn", "")
    if function is None:
        return
    service = arn.split(":")[2]
    if service == "kinesis" and enforce.lack(function.role, mapping_reads.of_stream(arn)) is not None:
        calls = "GetRecords, GetShardIterator, DescribeStream, ListShards, and ListStreams Actions"
        told = f"Cannot access stream {arn}. Please ensure the role can perform the {calls} on your stream in IAM."
        raise Refused(_INVALID, told)
    if service == "sqs":
        for ask in mapping_reads.of_queue(arn):
            _may(function.role, [ask], f"{ask.action.partition(':')[2]} on SQS")


@refuses("lambda", "CreateEventSourceMapping")
def visibility_below_timeout(call: Call) -> None:
    """Developer Guide, "Creating and configuring an Amazon SQS event source mapping"."""
    function, arn = _function(call), call.get("EventSourceArn", "")
    queue = sqs_backends[ACCOUNT][REGION].queues.get(arn.rpartition(":")[2]) if ":sqs:" in arn else None
    if function is None or queue is None:
        return
    hidden, runs = int(queue.visibility_timeout or _VISIBILITY), int(function.timeout or _TIMEOUT)
    if hidden < runs:
        told = f"Queue visibility timeout: {hidden} seconds is less than Function timeout: {runs} seconds"
        raise Refused(_INVALID, told)


@refuses("lambda", "CreateEventSourceMapping")
def mapping_twice(call: Call) -> None:
    """API Reference, CreateEventSourceMapping, ResourceConflictException: one mapping a function and source."""
    function, arn = _function(call), call.get("EventSourceArn", "")
    for mapping in get_backend(ACCOUNT, REGION)._event_source_mappings.values():
        if function and mapping.event_source_arn == arn and mapping.function_arn == function.function_arn:
            told = f'The event source arn (" {arn} ") and function (" {function.function_name} ") provided mapping '
            raise Refused("ResourceConflictException", f"{told}already exists. UUID {mapping.uuid}")


def _function(call: Call) -> LambdaFunction | None:
    return get_backend(ACCOUNT, REGION).get_function_by_arn(named("lambda", "function:", call["FunctionName"]))


def _role(call: Call) -> str:
    """The role that is given, or that the function has."""
    if role := call.get("Role"):
        return role
    function: Any = _function(call)
    return function.role if function is not None else ""


def _may_leave(role: str, target: str) -> None:
    service = target.split(":")[2]
    if service in _LEAVES:
        kind, action = _LEAVES[service]
        _may(role, [Ask(f"{kind}:{action}", target)], f"{action} on {service.upper()}")


def _may(role: str, asks: list[Ask], what: str) -> None:
    if role and enforce.lack(role, asks) is not None:
        raise Refused(_INVALID, f"The provided execution role does not have permissions to call {what}")
