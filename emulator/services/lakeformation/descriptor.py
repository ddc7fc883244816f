"""Lake Formation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from emulator.core.descriptors import Descriptor, named
from emulator.services.lakeformation import calls


def _listed(backend: Any) -> Iterable[str]:
    yield from named(resource="resources", filter="cells_filters", tagged="assigned_lf_tags")(backend)
    for catalog_id, settings in backend.settings.items():
        yield from (f"admin/{admin['DataLakePrincipalIdentifier']}" for admin in settings["DataLakeAdmins"])
        yield from (f"tag/{key}" for key in backend.list_lf_tags(catalog_id))
    for catalog in backend.grants.values():
        for grant in catalog.permissions:
            if grant.principal["DataLakePrincipalIdentifier"] == "IAM_ALLOWED_PRINCIPALS":
                continue  # given to every new table, and gone with it
            yield f"grant/{grant.principal}/{grant.resource}"


DESCRIPTORS = (
    Descriptor(
        "lakeformation",
        patches=("patches", "filters", "tags", "glue"),
        refusals=("catalog_refusals", "settings_refusals", "refusals"),
        misfit="InvalidInputException",
        needs=calls.needs,
        denied_status="403 Forbidden",
        lists=_listed,
    ),
)
