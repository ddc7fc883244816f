"""What moto's interpreter runs otherwise than Step Functions: better refused than a run that proves nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from emulator.services.stepfunctions.integrations import SDK

# Services of optimized integrations that are run here.
_RUN = {"aws-sdk", "dynamodb", "events", "glue", "lambda", "sagemaker", "sns", "sqs", "states"}
_ACTIONS = {"sagemaker": {"createTrainingJob.sync", "createProcessingJob.sync"}}  # of others all


def parts(definition: Any) -> list[str]:
    """Parts of a right definition that are not run here, each once."""
    return sorted(set(_parts(definition)))


def _parts(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _parts(one)
    if not isinstance(value, dict):
        return
    if value.get("QueryLanguage") == "JSONata":
        yield "JSONata, which it has no interpreter of"
    if (value.get("ProcessorConfig") or {}).get("Mode") == "DISTRIBUTED":
        yield "distributed Maps, whose failing children it would not notice"
    if value.get("Type") == "Task":
        yield from _of_task(str(value.get("Resource")))
    for one in value.values():
        yield from _parts(one)


def _of_task(resource: str) -> Iterator[str]:
    found = re.fullmatch(r"arn:[^:]+:states:::([^:]+):(.+)", resource)
    if found is None:
        return
    service, action = found.groups()
    if service not in _RUN or action not in _ACTIONS.get(service, {action}):
        yield f"{service}:{action}"
    if service == "aws-sdk" and action.partition(":")[0] not in SDK:
        yield f"{service}:{action}, the names of whose errors it does not know"
