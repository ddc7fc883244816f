"""Which permissions DynamoDB's calls need (Service Authorization Reference)."""

from __future__ import annotations

from typing import Any

from emulator.core.permissions import keys
from emulator.core.permissions.authorization_requests import AuthorizationRequest, UnknownCallError, named

Json = dict[str, Any]


_ITEM_CALLS = ["GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan", "DescribeTable"]
_TRANSACTED = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "Get": "GetItem"}
_TRANSACTED["ConditionCheck"] = "ConditionCheckItem"


def needs(operation: str, body: Json) -> list[AuthorizationRequest]:
    """Calls about items; transactions need what each of their parts needs."""
    if operation in _ITEM_CALLS:
        table = named("dynamodb", "table/", body["TableName"])
        resource = f"{table}/index/{body['IndexName']}" if "IndexName" in body else table
        needed = [AuthorizationRequest(f"dynamodb:{operation}", resource)]
    elif operation in ("BatchGetItem", "BatchWriteItem"):
        tables = [named("dynamodb", "table/", name) for name in body["RequestItems"]]
        needed = [AuthorizationRequest(f"dynamodb:{operation}", table) for table in tables]
    elif operation in ("TransactGetItems", "TransactWriteItems"):
        parts = [(kind, part) for item in body["TransactItems"] for kind, part in item.items()]
        needed = [
            AuthorizationRequest(f"dynamodb:{_TRANSACTED[kind]}", named("dynamodb", "table/", part["TableName"]))
            for kind, part in parts
        ]
    else:
        raise UnknownCallError(f"dynamodb:{operation}")
    if operation == "DescribeTable":
        return needed
    return needed + [use for access in list(needed) for use in keys.of_table(access.resource)]
