"""Which permissions Glue's calls need (Service Authorization Reference)."""

from __future__ import annotations

from typing import Any

from emulator.core.permissions.authorization_requests import AuthorizationRequest, UnknownCallError, arn, catalog

Json = dict[str, Any]


_TABLE_CALLS = [
    "CreateTable",
    "GetTable",
    "UpdateTable",
    "DeleteTable",
    "GetTableVersions",
    "GetPartition",
    "GetPartitions",
    "BatchGetPartition",
    "CreatePartition",
    "BatchCreatePartition",
    "UpdatePartition",
    "DeletePartition",
    "BatchDeletePartition",
]
_JOB_CALLS = ["StartJobRun", "GetJobRun", "GetJobRuns", "BatchStopJobRun", "GetJob"]


def needs(operation: str, body: Json) -> list[AuthorizationRequest]:
    """Calls about tables need the permission on the catalog and the database, too."""
    action = f"glue:{operation}"
    if operation in _JOB_CALLS:
        return [AuthorizationRequest(action, arn("glue", f"job/{body['JobName']}"))]
    if operation in ("GetDatabase", "UpdateDatabase"):
        return [AuthorizationRequest(action, thing) for thing in catalog(body["Name"])]
    if operation == "GetTables":
        return [AuthorizationRequest(action, thing) for thing in catalog(body["DatabaseName"], "*")]
    if operation in ("RegisterSchemaVersion", "GetSchemaVersion") and "SchemaId" in body:
        schema = f"{body['SchemaId']['RegistryName']}/{body['SchemaId']['SchemaName']}"
        return [
            AuthorizationRequest(action, arn("glue", thing))
            for thing in (f"registry/{schema.split('/')[0]}", f"schema/{schema}")
        ]
    if operation in _TABLE_CALLS:
        table = body.get("TableName") or body.get("Name") or body.get("TableInput", {}).get("Name")
        if table:
            return [AuthorizationRequest(action, thing) for thing in catalog(body["DatabaseName"], table)]
    raise UnknownCallError(action)
