"""Which permissions SageMaker's calls need (Service Authorization Reference, Amazon SageMaker)."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from emulator.core.permissions.authorization_requests import AuthorizationRequest, UnknownCallError, arn, named

Json = dict[str, Any]

# Kinds by what follows the verb of a call: the field with the name and the ARN's first part.
_KINDS = {
    "TrainingJob": ("TrainingJobName", "training-job"),
    "ProcessingJob": ("ProcessingJobName", "processing-job"),
    "Model": ("ModelName", "model"),
    "EndpointConfig": ("EndpointConfigName", "endpoint-config"),
    "Endpoint": ("EndpointName", "endpoint"),
}
_LISTS = ("ListModels", "ListEndpoints", "ListEndpointConfigs", "ListModelPackages")
_VERBS = ("Create", "Describe", "Update", "Delete", "Stop")


def needs(operation: str, body: Json) -> list[AuthorizationRequest]:
    """Calls about jobs, models and endpoints; whoever gives SageMaker a role needs to be allowed to pass it."""
    if operation in _LISTS:
        return [AuthorizationRequest(f"sagemaker:{operation}", "*")]
    verb = next((verb for verb in _VERBS if operation.startswith(verb)), "")
    kind = operation.removeprefix(verb)
    if kind == "ModelPackage":
        needed = _package(operation, body)
    elif verb and kind in _KINDS:
        field, first = _KINDS[kind]
        needed = [AuthorizationRequest(f"sagemaker:{operation}", arn("sagemaker", f"{first}/{body[field]}"))]
        if operation in ("CreateEndpoint", "UpdateEndpoint"):
            needed.append(
                AuthorizationRequest(
                    f"sagemaker:{operation}", arn("sagemaker", f"endpoint-config/{body['EndpointConfigName']}")
                )
            )
    else:
        raise UnknownCallError(f"sagemaker:{operation}")
    if body.get("Tags"):
        needed.append(AuthorizationRequest("sagemaker:AddTags", needed[0].resource))
    role = body.get("RoleArn") or body.get("ExecutionRoleArn")
    if role:
        needed.append(AuthorizationRequest("iam:PassRole", role, (("iam:PassedToService", "sagemaker.amazonaws.com"),)))
    return needed


def runtime_needs(operation: str, path: str) -> list[AuthorizationRequest]:
    """Invoking an endpoint."""
    if operation != "InvokeEndpoint":
        raise UnknownCallError(f"sagemaker: {operation}")
    return [
        AuthorizationRequest("sagemaker:InvokeEndpoint", named("sagemaker", "endpoint/", unquote(path.split("/")[2])))
    ]


def _package(operation: str, body: Json) -> list[AuthorizationRequest]:
    name = body.get("ModelPackageArn") or body.get("ModelPackageName")
    if name:
        resources = [name if name.startswith("arn:") else arn("sagemaker", f"model-package/{name}")]
    else:
        group = body["ModelPackageGroupName"]
        # Which version it will be, nobody knows before it is there.
        resources = [arn("sagemaker", f"model-package/{group}/1"), arn("sagemaker", f"model-package-group/{group}")]
    return [AuthorizationRequest(f"sagemaker:{operation}", resource) for resource in resources]
