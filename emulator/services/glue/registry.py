"""Glue Schema Registry: tags, changes, versions and what they may change."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import iso_8601_datetime_without_milliseconds
from moto.glue.exceptions import EntityNotFoundException
from moto.glue.models import FakeRegistry, FakeSchema, GlueBackend
from moto.glue.responses import GlueResponse

from emulator.core.patch import add, wrap
from emulator.services.glue import schema_compatibility


@wrap(GlueResponse)
def create_registry(moto: Any, self: Any) -> ActionResult:
    """Tags given on creation are the registry's tags afterwards."""
    answer = moto(self)
    if tags := self.parameters.get("Tags"):
        name = self.parameters["RegistryName"]
        self.glue_backend.tag_resource(self.glue_backend.registries[name].registry_arn, tags)
    return answer


@wrap(FakeRegistry)
def as_dict(moto: Any, self: Any) -> dict[str, Any]:
    """Has a status and times, which the provider waits for."""
    shown = {key: value for key, value in moto(self).items() if value is not None}
    return {**shown, "Status": self.status, **_times(self)}


@wrap(FakeSchema)
def as_dict(moto: Any, self: Any) -> dict[str, Any]:  # noqa: F811
    """Has times, and no empty description."""
    shown = {key: value for key, value in moto(self).items() if value is not None}
    return {**shown, **_times(self)}


def _times(item: Any) -> dict[str, str]:
    return {
        "CreatedTime": iso_8601_datetime_without_milliseconds(item.created_time),
        "UpdatedTime": iso_8601_datetime_without_milliseconds(item.updated_time),
    }


@add(GlueResponse)
def update_registry(self: Any) -> ActionResult:
    """Changes a registry's description."""
    registry = _registry(self)
    registry.description = self.parameters.get("Description")
    return ActionResult({"RegistryName": registry.name, "RegistryArn": registry.registry_arn})


@add(GlueResponse)
def list_schemas(self: Any) -> ActionResult:
    """Lists the schemas of one registry, or of all."""
    chosen = [_registry(self)] if self.parameters.get("RegistryId") else self.glue_backend.registries.values()
    return ActionResult({"Schemas": [schema.as_dict() for registry in chosen for schema in registry.schemas.values()]})


@add(GlueResponse)
def list_schema_versions(self: Any) -> ActionResult:
    """Lists a schema's versions, oldest first."""
    schema = _schema(self)
    versions = [
        {
            "SchemaArn": schema.schema_arn,
            "SchemaVersionId": version.schema_version_id,
            "VersionNumber": version.version_number,
            "Status": version.schema_version_status,
            "CreatedTime": iso_8601_datetime_without_milliseconds(version.created_time),
        }
        for version in schema.schema_versions.values()
    ]
    return ActionResult({"Schemas": versions})


@wrap(GlueBackend)
def register_schema_version(moto: Any, self: Any, schema_id: dict[str, str], schema_definition: str) -> dict[str, Any]:
    """A version that the schema's mode does not admit has failed: it takes a number and is never the latest."""
    schema = _found(self, schema_id)
    before = [one for one in schema.schema_versions.values() if one.schema_version_status == "AVAILABLE"]
    latest, known = schema.latest_schema_version, set(schema.schema_versions)
    answer: dict[str, Any] = moto(self, schema_id, schema_definition)
    if answer["SchemaVersionId"] in known or schema.data_format != "JSON":
        return answer
    texts = [one.schema_definition for one in before]
    if not schema_compatibility.compatible(schema.compatibility, texts, schema_definition):
        schema.schema_versions[answer["SchemaVersionId"]].schema_version_status = answer["Status"] = "FAILURE"
        schema.latest_schema_version = latest
    return answer


def _registry(response: Any) -> FakeRegistry:
    wanted = response.parameters["RegistryId"]
    name = wanted.get("RegistryName") or wanted.get("RegistryArn", "").rpartition("/")[2]
    if name not in response.glue_backend.registries:
        raise EntityNotFoundException(f"Registry is not found. RegistryName: {name}")
    return response.glue_backend.registries[name]


def _schema(response: Any) -> FakeSchema:
    return _found(response.glue_backend, response.parameters["SchemaId"])


def _found(backend: GlueBackend, wanted: dict[str, str]) -> FakeSchema:
    for registry in backend.registries.values():
        for schema in registry.schemas.values():
            named = (registry.name, schema.schema_name) == (
                wanted.get("RegistryName"),
                wanted.get("SchemaName"),
            )
            if named or schema.schema_arn == wanted.get("SchemaArn"):
                return schema
    raise EntityNotFoundException(f"Schema is not found. {wanted}")
