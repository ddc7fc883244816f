"""Lake Formation's settings, and what is an administrator's to do."""

from __future__ import annotations

from moto.lakeformation.models import lakeformation_backends

from emulator.core.permissions import callers, documents
from emulator.core.refusals.registry import Call, Refused, refuses
from emulator.core.settings import ACCOUNT, REGION


@refuses("lakeformation", "PutDataLakeSettings")
def administrator_that_is_gone(call: Call) -> None:
    """An administrator that is a role which is not there, also one that was left from before (aws-cdk#19492)."""
    settings = call["DataLakeSettings"]
    for admin in [*settings.get("DataLakeAdmins", []), *settings.get("ReadOnlyAdmins", [])]:
        arn = admin["DataLakePrincipalIdentifier"]
        if arn.startswith(f"arn:aws:iam::{ACCOUNT}:role/") and documents.role(arn) is None:
            raise Refused("InvalidInputException", f"Invalid principal, arn: {arn}")


@refuses(
    "lakeformation",
    "AddLFTagsToResource",
    "CreateDataCellsFilter",
    "CreateLFTag",
    "DeleteDataCellsFilter",
    "DeleteLFTag",
    "GrantPermissions",
    "RemoveLFTagsFromResource",
    "RevokePermissions",
    "UpdateDataCellsFilter",
    "UpdateLFTag",
)
def not_an_administrators(_call: Call) -> None:
    """What takes an administrator, or a grant to grant on, which nobody here has."""
    caller = callers.current()
    if caller is None or documents.role(caller) is None:
        return
    admins = lakeformation_backends[ACCOUNT][REGION].settings[ACCOUNT].get("DataLakeAdmins") or []
    if caller not in [admin["DataLakePrincipalIdentifier"] for admin in admins]:
        message = f"Insufficient Lake Formation permission(s): {caller} is not a data lake administrator"
        raise Refused("AccessDeniedException", message)
