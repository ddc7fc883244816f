"""Lambda: code and settings that a function can have, and what its role has to be allowed before it is made."""

from __future__ import annotations

import zipfile
from io import BytesIO
from typing import Any

from moto.awslambda.models import LambdaFunction
from moto.awslambda.utils import get_backend
from moto.s3.models import s3_backends

from emulator.core.permissions import documents, enforce
from emulator.core.permissions.authorization_requests import AuthorizationRequest, named
from emulator.core.refusals.registry import Call, Refused, refuses
from emulator.core.settings import ACCOUNT, REGION

INVALID = "InvalidParameterValueException"
_LAMBDA = "lambda.amazonaws.com"
_MOST_SECONDS = 900
# Developer Guide, "Defined runtime environment variables": reserved, so no function's own.
_RESERVED = (
    "_HANDLER _X_AMZN_TRACE_ID AWS_DEFAULT_REGION AWS_REGION AWS_EXECUTION_ENV AWS_LAMBDA_FUNCTION_NAME "
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE AWS_LAMBDA_FUNCTION_VERSION AWS_LAMBDA_INITIALIZATION_TYPE "
    "AWS_LAMBDA_LOG_GROUP_NAME AWS_LAMBDA_LOG_STREAM_NAME AWS_ACCESS_KEY AWS_ACCESS_KEY_ID "
    "AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_LAMBDA_RUNTIME_API LAMBDA_TASK_ROOT LAMBDA_RUNTIME_DIR "
)
_ENVIRONMENT = 4096  # bytes
# The action by which a function's role leaves a dead letter or a record of an invocation, by the target's service.
_LEAVES = {
    "sqs": ("sqs", "SendMessage"),
    "sns": ("sns", "Publish"),
    "lambda": ("lambda", "InvokeFunction"),
    "events": ("events", "PutEvents"),
}


@refuses("lambda", "CreateFunction", "UpdateFunctionCode")
def code_that_is_none(call: Call) -> None:
    """Developer Guide, "Troubleshoot deployment issues in Lambda": archives that cannot be read or are not there."""
    code = call.get("Code") or call.parameters
    if (archive := code.get("ZipFile")) is not None and not zipfile.is_zipfile(BytesIO(archive)):
        raise Refused(INVALID, "Could not unzip uploaded file. Please check your file, then try to upload again.")
    if name := code.get("S3Bucket"):
        bucket = s3_backends[ACCOUNT]["aws"].buckets.get(name)
        if bucket is None or code["S3Key"] not in bucket.keys:
            missing = "NoSuchBucket" if bucket is None else "NoSuchKey"
            raise Refused(INVALID, f"Error occurred while GetObject. S3 Error Code: {missing}.")


@refuses("lambda", "CreateFunction", "UpdateFunctionConfiguration")
def timeout_too_long(call: Call) -> None:
    """Developer Guide, "Lambda quotas": 15 minutes."""
    if call.get("Timeout", 0) > _MOST_SECONDS:
        constraint = f"Member must have value less than or equal to {_MOST_SECONDS}"
        message = f"Value '{call['Timeout']}' at 'timeout' failed to satisfy constraint: {constraint}"
        raise Refused("ValidationException", f"1 validation error detected: {message}")


@refuses("lambda", "CreateFunction", "UpdateFunctionConfiguration")
def environment_that_cannot_be(call: Call) -> None:
    """Developer Guide, "Using Lambda environment variables": 4 KB, and none of Lambda's own names."""
    variables = (call.get("Environment") or {}).get("Variables") or {}
    if reserved := sorted(variables.keys() & set(_RESERVED.split())):
        raise Refused(
            INVALID,
            f"Lambda was unable to configure your environment variables because the environment "
            f"variables you have provided contains reserved keys: {', '.join(reserved)}",
        )
    if sum(len(name) + len(value) for name, value in variables.items()) > _ENVIRONMENT:
        raise Refused(
            INVALID,
            "Lambda was unable to configure your environment variables because the environment "
            "variables you have provided exceeded the 4KB limit.",
        )


@refuses("lambda", "AddPermission")
def permission_twice(call: Call) -> None:
    """API Reference, AddPermission, StatementId: one statement of a name."""
    function: Any = function_of(call)
    if function is not None and any(one["Sid"] == call["StatementId"] for one in function.policy.statements):
        raise Refused("ResourceConflictException", f"The statement id ({call['StatementId']}) provided already exists.")


@refuses("lambda", "CreateFunction", "UpdateFunctionConfiguration")
def role_that_cannot_be_assumed(call: Call) -> None:
    """Developer Guide, "Troubleshoot configuration issues in Lambda": the role's trust policy has to name Lambda."""
    if (role := call.get("Role")) is None:
        return
    context = (("aws:SourceAccount", ACCOUNT), ("aws:SourceArn", named("lambda", "function:", call["FunctionName"])))
    if (
        documents.role(role) is None
        or enforce.lack(_LAMBDA, [AuthorizationRequest("sts:AssumeRole", role, context)]) is not None
    ):
        raise Refused(INVALID, "The role defined for the function cannot be assumed by Lambda.")


@refuses("lambda", "CreateFunction", "UpdateFunctionConfiguration")
def tracing_without_permission(call: Call) -> None:
    """Active tracing needs a role that may write traces already."""
    if (call.get("TracingConfig") or {}).get("Mode") == "Active":
        require(_role(call), [AuthorizationRequest("xray:PutTraceSegments", "*")], "PutTraceSegments on XRAY")


@refuses("lambda", "CreateFunction", "UpdateFunctionConfiguration")
def dead_letters_without_permission(call: Call) -> None:
    """The same of a queue or topic for dead letters."""
    if target := (call.get("DeadLetterConfig") or {}).get("TargetArn"):
        may_leave(_role(call), target)


@refuses("lambda", "PutFunctionEventInvokeConfig", "UpdateFunctionEventInvokeConfig")
def destination_without_permission(call: Call) -> None:
    """The same of destinations of asynchronous invocations."""
    for destination in (call.get("DestinationConfig") or {}).values():
        if target := destination.get("Destination"):
            may_leave(_role(call), target)


def function_of(call: Call) -> LambdaFunction | None:
    """The function that a call names; None where there is none."""
    return get_backend(ACCOUNT, REGION).get_function_by_arn(named("lambda", "function:", call["FunctionName"]))


def _role(call: Call) -> str:
    """The role that is given, or that the function has."""
    if role := call.get("Role"):
        return role
    function: Any = function_of(call)
    return function.role if function is not None else ""


def may_leave(role: str, target: str) -> None:
    """Refuse unless a function's role may send to a queue, topic, function or bus."""
    service = target.split(":")[2]
    if service in _LEAVES:
        kind, action = _LEAVES[service]
        require(role, [AuthorizationRequest(f"{kind}:{action}", target)], f"{action} on {service.upper()}")


def require(role: str, wanted: list[AuthorizationRequest], what: str) -> None:
    """Refuse unless a function's role may do all of this."""
    if role and enforce.lack(role, wanted) is not None:
        raise Refused(INVALID, f"The provided execution role does not have permissions to call {what}")
