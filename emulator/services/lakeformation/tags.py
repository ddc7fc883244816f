"""Lake Formation: LF-tags that end, and tags on things as AWS keeps them: by key, inherited from table and database."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from moto.glue.models import glue_backends
from moto.lakeformation.exceptions import EntityNotFound, InvalidInput
from moto.lakeformation.models import LakeFormationBackend
from moto.lakeformation.responses import LakeFormationResponse

from emulator.core.patch import replace, wrap

Json = dict[str, Any]
Tags = dict[str, str]


@wrap(LakeFormationBackend)
def create_lf_tag(moto: Any, self: Any, catalog_id: str, key: str, values: list[str]) -> None:
    """A key exists once; keys and values are stored in lower case."""
    if key.lower() in self.list_lf_tags(catalog_id):
        raise InvalidInput("Tag key already exists.")
    moto(self, catalog_id, key.lower(), [value.lower() for value in values])


@wrap(LakeFormationBackend)
def get_lf_tag(moto: Any, self: Any, catalog_id: str, key: str) -> list[str]:
    """A tag that does not exist is an error."""
    if key not in self.list_lf_tags(catalog_id):
        raise EntityNotFound
    return moto(self, catalog_id, key)


@replace(LakeFormationBackend)
def delete_lf_tag(self: Any, catalog_id: str, key: str) -> None:
    """Deletes a tag, also from whatever carries it."""
    if key not in self.list_lf_tags(catalog_id):
        raise EntityNotFound
    self.tagger.untag_resource_using_names(f"arn:lakeformation:{catalog_id}", tag_names=[key])
    for carried in assigned(self).values():
        carried.pop(key, None)


def assigned(backend: Any) -> dict[tuple[str, ...], Tags]:
    """Tags by (database), (database, table) or (database, table, column)."""
    return vars(backend).setdefault("assigned_lf_tags", {})


def carriers(resource: Json) -> Iterator[tuple[str, ...]]:
    """What a request names."""
    if "Database" in resource:
        yield (resource["Database"]["Name"],)
    elif "Table" in resource:
        yield resource["Table"]["DatabaseName"], resource["Table"]["Name"]
    elif "TableWithColumns" in resource:
        table = resource["TableWithColumns"]
        if not table.get("ColumnNames"):
            raise InvalidInput("Columns have to be named")
        for column in table["ColumnNames"]:
            yield table["DatabaseName"], table["Name"], column
    else:
        raise InvalidInput("Resource must be a database, a table or columns of a table.")


def columns_of(backend: Any, database: str, table: str) -> list[str]:
    """The columns of a table of the catalog, those of its partitions too."""
    found = glue_backends[backend.account_id][backend.region_name].get_table(database, table).as_dict()
    stored = (found.get("StorageDescriptor") or {}).get("Columns") or []
    return [column["Name"] for column in [*stored, *(found.get("PartitionKeys") or [])]]


def effective(backend: Any, carrier: tuple[str, ...]) -> Tags:
    """A thing's tags with what it inherits."""
    tags: Tags = {}
    for length in range(1, len(carrier) + 1):
        tags.update(assigned(backend).get(carrier[:length], {}))
    return tags


@replace(LakeFormationBackend)
def add_lf_tags_to_resource(self: Any, catalog_id: str, resource: Json, tags: list[Json]) -> list[Json]:
    """Adds tags, or changes their values; nothing when one of them or a column is missing. moto takes others off."""
    for carrier in carriers(resource):
        if len(carrier) == 3 and carrier[2] not in columns_of(self, *carrier[:2]):
            raise EntityNotFound
    known = self.list_lf_tags(catalog_id)
    failures = [
        {
            "LFTag": {"CatalogId": catalog_id, **tag},
            "Error": {"ErrorCode": "EntityNotFoundException", "ErrorMessage": "Tag or tag value does not exist."},
        }
        for tag in tags
        if len(tag["TagValues"]) != 1 or tag["TagValues"][0] not in known.get(tag["TagKey"], [])
    ]
    if not failures:
        for carrier in carriers(resource):
            carried = assigned(self).setdefault(carrier, {})
            carried.update({tag["TagKey"]: tag["TagValues"][0] for tag in tags})
    return failures


@replace(LakeFormationBackend)
def remove_lf_tags_from_resource(self: Any, catalog_id: str, resource: Json, tags: list[Json]) -> None:
    """Takes tags off, by key and value."""
    for carrier in carriers(resource):
        carried = assigned(self).get(carrier, {})
        for tag in tags:
            if carried.get(tag["TagKey"]) in tag["TagValues"]:
                del carried[tag["TagKey"]]
        if not carried:
            assigned(self).pop(carrier, None)


@replace(LakeFormationResponse)
def get_resource_lf_tags(self: Any) -> str:
    """Tags of a database, a table or columns: the assigned ones, or also what is inherited."""
    catalog_id = self._get_param("CatalogId") or self.current_account
    resource, own = self._get_param("Resource"), bool(self._get_param("ShowAssignedLFTags"))
    backend = self.lakeformation_backend

    def shown(carrier: tuple[str, ...]) -> list[Json]:
        tags = assigned(backend).get(carrier, {}) if own else effective(backend, carrier)
        return [{"CatalogId": catalog_id, "TagKey": key, "TagValues": [tags[key]]} for key in sorted(tags)]

    answer: Json = {}
    for carrier in carriers(resource):
        if tags := shown(carrier[:1]):
            answer["LFTagOnDatabase"] = tags
        if len(carrier) > 1 and (tags := shown(carrier[:2])):
            answer["LFTagsOnTable"] = tags
        if len(carrier) > 2 and (tags := shown(carrier)):
            answer.setdefault("LFTagsOnColumns", []).append({"Name": carrier[2], "LFTags": tags})
    return json.dumps(answer)
