"""Which services a Task can call, and how: Step Functions Developer Guide, "Integrating services", and its pages.

A pattern is what comes after the call: nothing asks and goes on, sync waits for the job to end, waitForTaskToken for
an answer.
"""

from __future__ import annotations

import re
from typing import Any

from botocore import xform_name
from botocore.exceptions import UnknownServiceError
from botocore.session import get_session

_ASK, _SYNC, _SYNC_2, _WAIT = "", "sync", "sync:2", "waitForTaskToken"
_BOTH = {_ASK, _SYNC}
_EITHER = {_ASK, _WAIT}

_OPTIMIZED: dict[str, dict[str, set[str]]] = {
    "apigateway": {"invoke": _EITHER},
    "athena": {
        "startQueryExecution": _BOTH,
        "stopQueryExecution": {_ASK},
        "getQueryExecution": {_ASK},
        "getQueryResults": {_ASK},
    },
    "batch": {"submitJob": {_ASK, _SYNC, _WAIT}},
    "bedrock": {
        "invokeModel": {_ASK},
        "createModelCustomizationJob": _BOTH,
    },
    "codebuild": {
        "startBuild": _BOTH,
        "stopBuild": {_ASK},
        "batchDeleteBuilds": {_ASK},
        "batchGetReports": {_ASK},
        "startBuildBatch": _BOTH,
        "stopBuildBatch": {_ASK},
        "retryBuildBatch": _BOTH,
        "deleteBuildBatch": {_ASK},
    },
    "databrew": {"startJobRun": _BOTH},
    "dynamodb": {call: {_ASK} for call in ("getItem", "putItem", "deleteItem", "updateItem")},
    "ecs": {"runTask": {_ASK, _SYNC, _WAIT}},
    "events": {"putEvents": _EITHER},
    "glue": {"startJobRun": _BOTH},
    "http": {"invoke": {_ASK}},
    "lambda": {"invoke": _EITHER},
    "mediaconvert": {"createJob": _BOTH},
    "sagemaker": {
        "createEndpoint": {_ASK},
        "createEndpointConfig": {_ASK},
        "createHyperParameterTuningJob": _BOTH,
        "createLabelingJob": _BOTH,
        "createModel": {_ASK},
        "createProcessingJob": _BOTH,
        "createTrainingJob": _BOTH,
        "createTransformJob": _BOTH,
        "updateEndpoint": {_ASK},
    },
    "sns": {"publish": _EITHER},
    "sqs": {"sendMessage": _EITHER},
    "states": {"startExecution": {_ASK, _SYNC, _SYNC_2, _WAIT}},
}

# Services whose calls by the SDK are run here: their name in a Resource, in botocore, and in the names of their errors,
# which is that of the SDK for Java's client ("Learning to use AWS service SDK integrations", errors).
SDK: dict[str, tuple[str, str]] = {
    "athena": ("athena", "Athena"),
    "cloudwatch": ("cloudwatch", "CloudWatch"),
    "cloudwatchlogs": ("logs", "CloudWatchLogs"),
    "dynamodb": ("dynamodb", "DynamoDb"),
    "eventbridge": ("events", "EventBridge"),
    "glue": ("glue", "Glue"),
    "kinesis": ("kinesis", "Kinesis"),
    "kms": ("kms", "Kms"),
    "lakeformation": ("lakeformation", "LakeFormation"),
    "lambda": ("lambda", "Lambda"),
    "s3": ("s3", "S3"),
    "sagemaker": ("sagemaker", "SageMaker"),
    "sfn": ("stepfunctions", "Sfn"),
    "sns": ("sns", "Sns"),
    "sqs": ("sqs", "Sqs"),
    "sts": ("sts", "Sts"),
}

_OF_STATES = re.compile(r"arn:aws[a-z-]*:states:::(?P<call>[^.]+)(?:\.(?P<pattern>.+))?")
_OTHERS = re.compile(r"arn:aws[a-z-]*:(lambda:[a-z0-9-]+:\d{12}:function:\S+|states:[a-z0-9-]+:\d{12}:activity:\S+)")


def unrecognized(resource: Any) -> str | None:
    """What AWS says of a Task's Resource that is none; None for one that it takes."""
    message = (
        f"The resource provided {resource} is not recognized. The value is not a valid resource ARN, or the resource "
    )
    message += "is not available in this region."
    if not isinstance(resource, str):
        return message
    if (found := _OF_STATES.fullmatch(resource)) is None:
        return None if _OTHERS.fullmatch(resource) else message
    service, _, action = found["call"].partition(":")
    pattern = found["pattern"] or _ASK
    if service == "aws-sdk":
        return None if pattern in _EITHER and _of_sdk(*action.partition(":")[::2]) else message
    return None if pattern in _OPTIMIZED.get(service, {}).get(action, ()) else message


def _of_sdk(service: str, action: str) -> bool:
    """Whether the SDK has the call, spelled as Step Functions does: its service small, its action in camel case."""
    try:
        model = get_session().get_service_model(SDK.get(service, (service,))[0])
    except UnknownServiceError:
        return False
    operations = {xform_name(name): name for name in model.operation_names}
    name = operations.get(xform_name(action))
    return name is not None and name[0].lower() + name[1:] == action
