"""Which permissions Lake Formation's calls need (Service Authorization Reference)."""

from __future__ import annotations

from typing import Any

from emulator.core.permissions.authorization_requests import AuthorizationRequest, UnknownCallError, catalog

Json = dict[str, Any]


def needs(operation: str, body: Json) -> list[AuthorizationRequest]:
    """Calls about grants; on a table or database they need to see it in Glue."""
    known = ["GetDataLakeSettings", "PutDataLakeSettings", "ListPermissions", "GrantPermissions", "RevokePermissions"]
    known += ["ListDataCellsFilter", "GetResourceLFTags"]
    action = operation.rpartition("/")[2]
    if action not in known:
        raise UnknownCallError(f"lakeformation: {operation}")
    needed = [AuthorizationRequest(f"lakeformation:{action}", "*")]
    thing = body.get("Resource") or {}
    if table := thing.get("Table") or thing.get("TableWithColumns"):
        name = table.get("Name") or "*"
        needed += [AuthorizationRequest("glue:GetTable", one) for one in catalog(table["DatabaseName"], name)]
    elif database := thing.get("Database"):
        needed += [AuthorizationRequest("glue:GetDatabase", one) for one in catalog(database["Name"])]
    return needed
