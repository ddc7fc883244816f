"""Glue's Schema Registry: which versions a schema takes, by its mode."""

import json

import pytest

from emulator.services.glue.schema_compatibility import compatible


def schema(properties, required=(), closed=True):
    return {"type": "object", "properties": properties, "required": list(required)} | (
        {"additionalProperties": False} if closed else {}
    )


TEXT, NUMBER, WHOLE = {"type": "string"}, {"type": "number"}, {"type": "integer"}
OLD = schema({"id": TEXT}, ["id"])


@pytest.mark.parametrize(
    ("new", "backward", "forward"),
    [
        (OLD | {"description": "said otherwise"}, True, True),
        (schema({"id": TEXT, "more": TEXT}, ["id"]), True, False),
        (schema({"id": TEXT, "more": TEXT}, ["id", "more"]), False, False),
        (schema({"id": TEXT}), True, False),
        (schema({"id": NUMBER}, ["id"]), False, False),
        (schema({"id": {"type": ["string", "null"]}}, ["id"]), True, False),
        (schema({"id": TEXT | {"maxLength": 5}}, ["id"]), False, True),
        (schema({"id": TEXT | {"enum": ["a"]}}, ["id"]), False, True),
        (schema({"id": TEXT | {"pattern": "^a"}}, ["id"]), False, True),
        (schema({}), False, False),
        (schema({"id": TEXT}, ["id"], closed=False), True, False),
    ],
)
def test_directions(new, backward, forward):
    old, new = json.dumps(OLD), json.dumps(new)
    assert compatible("BACKWARD", [old], new) == backward
    assert compatible("FORWARD", [old], new) == forward
    assert compatible("FULL", [old], new) == (backward and forward)
    assert compatible("NONE", [old], new)


def test_open_objects_take_no_property_with_a_type():
    old, new = (json.dumps(schema(one, closed=False)) for one in ({"id": TEXT}, {"id": TEXT, "more": TEXT}))
    assert not compatible("BACKWARD", [old], new)
    assert compatible("FORWARD", [old], new)


def test_all_versions_are_looked_at_where_the_mode_says_so():
    first, second, third = (json.dumps(schema({"id": one})) for one in (NUMBER, WHOLE, WHOLE | {"minimum": 1}))
    assert compatible("FORWARD", [first, second], third)
    assert not compatible("BACKWARD", [second], third)
    again = json.dumps(schema({"id": {"type": ["integer", "null"]}}))
    assert compatible("BACKWARD", [first, second], again) and not compatible("BACKWARD_ALL", [first, second], again)


def test_a_version_that_breaks_readers_fails(client, unique):
    glue = client("glue")
    glue.create_registry(RegistryName=unique)
    wanted = {"RegistryName": unique, "SchemaName": "rows"}
    glue.create_schema(
        RegistryId={"RegistryName": unique},
        SchemaName="rows",
        DataFormat="JSON",
        Compatibility="BACKWARD",
        SchemaDefinition=json.dumps(OLD),
    )

    def register(definition):
        return glue.register_schema_version(SchemaId=wanted, SchemaDefinition=json.dumps(definition))

    added = schema({"id": TEXT, "more": TEXT}, ["id"])
    assert register(added)["Status"] == "AVAILABLE"
    failed = register(schema({"id": NUMBER}, ["id"]))
    assert (failed["VersionNumber"], failed["Status"]) == (3, "FAILURE")
    by_number = glue.get_schema_version(SchemaId=wanted, SchemaVersionNumber={"VersionNumber": 3})
    assert by_number["Status"] == "FAILURE"
    latest = glue.get_schema_version(SchemaId=wanted, SchemaVersionNumber={"LatestVersion": True})
    assert latest["VersionNumber"] == 2
    assert register(added)["VersionNumber"] == 2
