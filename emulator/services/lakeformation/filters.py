"""Lake Formation: data cells filters, which moto lacks."""

from __future__ import annotations

import json
import uuid
from typing import Any

from moto.lakeformation import urls
from moto.lakeformation.exceptions import AlreadyExists, EntityNotFound, InvalidInput
from moto.lakeformation.responses import LakeFormationResponse

from emulator.core.patch import add, replace
from emulator.services.lakeformation.tags import columns_of

Json = dict[str, Any]
Key = tuple[str, str, str]

for _operation in ("Create", "Get", "Update", "Delete"):
    _path = "{0}/" + _operation + "DataCellsFilter$"
    if _path in urls.url_paths:
        raise AttributeError(f"moto answers {_path} now: drop the patch")
    urls.url_paths[_path] = urls.response.dispatch


def filters(backend: Any) -> dict[Key, Json]:
    """Filters by database, table and name."""
    return vars(backend).setdefault("cells_filters", {})


def _key(given: Json) -> Key:
    return given["DatabaseName"], given["TableName"], given["Name"]


def _find(response: Any) -> tuple[dict[Key, Json], Key]:
    key = tuple(response._get_param(field) for field in ("DatabaseName", "TableName", "Name"))
    held = filters(response.lakeformation_backend)
    if key not in held:
        raise EntityNotFound
    return held, key


def _checked(given: Json) -> Json:
    """The filter with a version of its own. It says which columns, and which rows, in one way each."""
    if (given.get("ColumnNames") is None) == (given.get("ColumnWildcard") is None):
        raise InvalidInput("Either ColumnNames or ColumnWildcard must be given")
    rows = given.get("RowFilter") or {}
    if bool(rows.get("FilterExpression")) == (rows.get("AllRowsWildcard") is not None):
        raise InvalidInput("Either FilterExpression or AllRowsWildcard must be given")
    return {**given, "VersionId": str(uuid.uuid4())}


@add(LakeFormationResponse)
def create_data_cells_filter(self: Any) -> str:
    """Makes a filter of a table."""
    given = self._get_param("TableData")
    held = filters(self.lakeformation_backend)
    if _key(given) in held:
        raise AlreadyExists("Cell Filter already exists")
    if set(given.get("ColumnNames") or []) - set(
        columns_of(self.lakeformation_backend, given["DatabaseName"], given["TableName"])
    ):
        raise EntityNotFound
    held[_key(given)] = _checked(given)
    return "{}"


@add(LakeFormationResponse)
def get_data_cells_filter(self: Any) -> str:
    """Reads a filter."""
    held, key = _find(self)
    return json.dumps({"DataCellsFilter": held[key]})


@add(LakeFormationResponse)
def update_data_cells_filter(self: Any) -> str:
    """Replaces a filter."""
    given = self._get_param("TableData")
    held = filters(self.lakeformation_backend)
    if _key(given) not in held:
        raise EntityNotFound
    held[_key(given)] = _checked(given)
    return "{}"


@add(LakeFormationResponse)
def delete_data_cells_filter(self: Any) -> str:
    """Deletes a filter, with what is granted on it."""
    held, key = _find(self)
    del held[key]
    for catalog in self.lakeformation_backend.grants.values():
        catalog.permissions = {grant for grant in catalog.permissions if not _granted_on(grant.resource, key)}
    return "{}"


def _granted_on(resource: Json, key: Key) -> bool:
    return "DataCellsFilter" in resource and _key(resource["DataCellsFilter"]) == key


@replace(LakeFormationResponse)
def list_data_cells_filter(self: Any) -> str:
    """The filters of a table, or all."""
    table = self._get_param("Table") or {}
    found = [
        held
        for (database, name, _), held in sorted(filters(self.lakeformation_backend).items())
        if table.get("DatabaseName") in (None, database) and table.get("Name") in (None, name)
    ]
    return json.dumps({"DataCellsFilters": found})
