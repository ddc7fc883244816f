"""Which permissions SQS' calls need (Service Authorization Reference)."""

from __future__ import annotations

from typing import Any

from emulator.core.permissions import keys
from emulator.core.permissions.authorization_requests import AuthorizationRequest, UnknownCallError, arn
from emulator.core.permissions.keys import DECRYPT, GENERATE

Json = dict[str, Any]


def needs(operation: str, body: Json) -> list[AuthorizationRequest]:
    """Calls about one queue; a batch needs what its single call needs, a move what its calls need."""
    if operation == "StartMessageMoveTask":
        moved = ("StartMessageMoveTask", "ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
        needed = [AuthorizationRequest(f"sqs:{action}", body["SourceArn"]) for action in moved]
        if "DestinationArn" in body:
            needed.append(AuthorizationRequest("sqs:SendMessage", body["DestinationArn"]))
        return needed + keys.of_queue(body["SourceArn"], DECRYPT)
    if operation == "ListMessageMoveTasks":
        return [AuthorizationRequest("sqs:ListMessageMoveTasks", body["SourceArn"])]
    action = operation.removesuffix("Batch")
    known = "SendMessage ReceiveMessage DeleteMessage ChangeMessageVisibility GetQueueAttributes GetQueueUrl"
    if action not in known.split():
        raise UnknownCallError(f"sqs:{operation}")
    resource = arn("sqs", body["QueueName"] if operation == "GetQueueUrl" else body["QueueUrl"].rsplit("/", 1)[1])
    needed = [AuthorizationRequest(f"sqs:{action}", resource)]
    if action == "SendMessage":
        needed += keys.of_queue(resource, GENERATE, DECRYPT)
    elif action == "ReceiveMessage":
        needed += keys.of_queue(resource, DECRYPT)
    return needed
