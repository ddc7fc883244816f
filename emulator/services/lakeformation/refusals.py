"""Lake Formation: grants to somebody, on something, of what can be granted on it."""

from __future__ import annotations

import re
from typing import Any

from moto.glue.models import GlueBackend, glue_backends
from moto.lakeformation.models import lakeformation_backends

from emulator.core.refusals import principals
from emulator.core.refusals.registry import Call, Refused, refuses
from emulator.core.settings import ACCOUNT, REGION

Json = dict[str, Any]

_DATABASE = {"ALL", "ALTER", "CREATE_TABLE", "DESCRIBE", "DROP"}
_TABLE = {"ALL", "ALTER", "DELETE", "DESCRIBE", "DROP", "INSERT", "SELECT"}

# Developer Guide, "Lake Formation permissions reference".
_GRANTABLE = {
    "Catalog": {"ALL", "ALTER", "CREATE_CATALOG", "CREATE_DATABASE", "CREATE_LF_TAG", "CREATE_LF_TAG_EXPRESSION"}
    | {"DESCRIBE", "DROP", "SUPER_USER"},
    "Database": _DATABASE,
    "Table": _TABLE,
    "TableWithColumns": {"SELECT"},
    "DataLocation": {"DATA_LOCATION_ACCESS"},
    "DataCellsFilter": {"DESCRIBE", "DROP", "SELECT"},
    "LFTag": {"ALTER", "ASSOCIATE", "DESCRIBE", "DROP", "GRANT_WITH_LF_TAG_EXPRESSION"},
    "LFTagExpression": {"ALTER", "DESCRIBE", "DROP", "GRANT_WITH_LF_TAG_EXPRESSION"},
}

_IDENTITY = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:(role|user)/.+")


@refuses("lakeformation", "GrantPermissions")
def to_nobody(call: Call) -> None:
    """A principal of this account that is not there."""
    principal = call["Principal"].get("DataLakePrincipalIdentifier", "")
    if _IDENTITY.fullmatch(principal) and not principals.is_there(principal):
        raise Refused("InvalidInputException", f"Invalid principal, arn: {principal}")


@refuses("lakeformation", "GrantPermissions")
def on_nothing(call: Call) -> None:
    """A database, table or column that is not there, a location that is not registered."""
    resource = call["Resource"]
    if database := resource.get("Database"):
        _database(database["Name"])
    if table := resource.get("Table") or resource.get("TableWithColumns"):
        tables = _database(table["DatabaseName"]).tables
        if "Name" in table:
            if table["Name"] not in tables:
                raise Refused("EntityNotFoundException", "Table not found.")
            _columns(tables[table["Name"]], table.get("ColumnNames") or [])
    if location := resource.get("DataLocation"):
        _location(location["ResourceArn"])


@refuses("lakeformation", "GrantPermissions")
def of_the_wrong_kind(call: Call) -> None:
    """A permission that nobody can have on such a thing, and an option to grant what is not granted."""
    [(kind, thing)] = [(kind, thing) for kind, thing in call["Resource"].items() if thing is not None]
    allowed = _GRANTABLE.get(kind, set())
    if kind == "LFTagPolicy":
        allowed = _DATABASE if thing["ResourceType"] == "DATABASE" else _TABLE
    granted, grantable = set(call["Permissions"]), set(call.get("PermissionsWithGrantOption") or [])
    if not granted or not granted <= allowed or not grantable <= granted:
        raise Refused("InvalidInputException", "Permissions modification is invalid.")


def _glue() -> GlueBackend:
    return glue_backends[ACCOUNT][REGION]


def _database(name: str) -> Any:
    if name not in _glue().databases:
        raise Refused("EntityNotFoundException", "Database not found.")
    return _glue().databases[name]


def _columns(table: Any, names: list[str]) -> None:
    shown = table.as_dict()
    columns = (shown.get("StorageDescriptor") or {}).get("Columns", [])
    known = {one["Name"] for one in [*columns, *(shown.get("PartitionKeys") or [])]}
    if missing := sorted(set(names) - known):
        message = (
            f"Permissions modification is invalid: cannot grant/revoke permission on non-existent column {missing}"
        )
        raise Refused("InvalidInputException", message)


def _location(place: str) -> None:
    """A location is registered by itself or with what is above it."""
    registered = lakeformation_backends[ACCOUNT][REGION].resources
    if not any(place == one or place.startswith(one.rstrip("/") + "/") for one in registered):
        raise Refused("InvalidInputException", f"Please register the S3 path {place} first.")
