"""Lake Formation as the provider asks it: each call that makes something, and the one that reads it back."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from emulator.tests.conftest import Server

ROLE = "arn:aws:iam::123456789012:role/"
ACCOUNT = "123456789012"


@pytest.fixture
def lake(server: Any, client: Any) -> Any:
    """Lake Formation, in an account that has the roles which are granted something."""
    server.people("analyst", "job", *(f"p{number}" for number in range(5)))
    return client("lakeformation")


@pytest.fixture
def table(client: Any, unique: str) -> Any:
    """A database of the test's own with the table t."""
    glue = client("glue")
    glue.create_database(DatabaseInput={"Name": unique})
    columns = [{"Name": name, "Type": "string"} for name in ("id", "email", "country_code")]
    glue.create_table(DatabaseName=unique, TableInput={"Name": "t", "StorageDescriptor": {"Columns": columns}})
    yield unique
    glue.delete_database(Name=unique)


def tag(lake: Any, key: str, *values: str) -> str:
    lake.create_lf_tag(CatalogId=ACCOUNT, TagKey=key, TagValues=list(values))
    return key


def principal(name: str) -> dict[str, str]:
    return {"DataLakePrincipalIdentifier": name if name.isupper() else ROLE + name}


def listed(lake: Any, name: str, resource: dict[str, Any]) -> list[dict[str, Any]]:
    return lake.list_permissions(Principal=principal(name), Resource=resource)["PrincipalResourcePermissions"]


def test_settings_keep_what_a_request_leaves_out(server: Server, lake: Any, unique: str) -> None:
    server.people(unique)
    before = lake.get_data_lake_settings()["DataLakeSettings"]
    try:
        lake.put_data_lake_settings(DataLakeSettings={"DataLakeAdmins": [principal(unique)]})
        got = lake.get_data_lake_settings()["DataLakeSettings"]
        assert got["DataLakeAdmins"] == [principal(unique)]
        assert got["CreateTableDefaultPermissions"] == before["CreateTableDefaultPermissions"] != []
        closed = {**got, "CreateTableDefaultPermissions": [], "CreateDatabaseDefaultPermissions": []}
        lake.put_data_lake_settings(DataLakeSettings=closed)
        assert lake.get_data_lake_settings()["DataLakeSettings"]["CreateTableDefaultPermissions"] == []
    finally:
        lake.put_data_lake_settings(DataLakeSettings={**before, "DataLakeAdmins": []})


def test_new_tables_are_open_until_the_defaults_are_closed(client: Any, lake: Any, table: str) -> None:
    on_table = {"Table": {"DatabaseName": table, "Name": "t"}}
    opened = listed(lake, "IAM_ALLOWED_PRINCIPALS", on_table)
    assert [found["Permissions"] for found in opened] == [["ALL"]]
    assert opened[0]["Resource"]["Table"]["CatalogId"] == ACCOUNT
    given = {"Principal": opened[0]["Principal"], "Resource": opened[0]["Resource"], "Permissions": ["ALL"]}
    lake.revoke_permissions(**given)
    assert listed(lake, "IAM_ALLOWED_PRINCIPALS", on_table) == []
    with pytest.raises(ClientError, match="No permissions revoked. Grantee has no"):
        lake.revoke_permissions(**given)
    assert listed(lake, "IAM_ALLOWED_PRINCIPALS", {"Database": {"Name": table}})[0]["Permissions"] == ["ALL"]

    before = lake.get_data_lake_settings()["DataLakeSettings"]
    closed = {"CreateTableDefaultPermissions": [], "CreateDatabaseDefaultPermissions": []}
    lake.put_data_lake_settings(DataLakeSettings={**before, **closed})
    try:
        glue = client("glue")

        def opened_later(name: str) -> list[Any]:
            glue.create_table(DatabaseName=table, TableInput={"Name": name})
            return listed(lake, "IAM_ALLOWED_PRINCIPALS", {"Table": {"DatabaseName": table, "Name": name}})

        assert opened_later("open") != [], "the database keeps what the settings said when it was made"
        glue.update_database(Name=table, DatabaseInput={"Name": table, "Description": "the same"})
        assert opened_later("still_open") != []
        glue.update_database(Name=table, DatabaseInput={"Name": table, "CreateTableDefaultPermissions": []})
        assert opened_later("closed") == []
    finally:
        lake.put_data_lake_settings(DataLakeSettings=before)


def test_location(lake: Any, unique: str) -> None:
    arn = f"arn:aws:s3:::{unique}"
    lake.register_resource(ResourceArn=arn, RoleArn=ROLE + "reader")
    got = lake.describe_resource(ResourceArn=arn)["ResourceInfo"]
    assert (got["RoleArn"], got["HybridAccessEnabled"], got["WithFederation"]) == (ROLE + "reader", False, False)
    with pytest.raises(ClientError, match="AlreadyExists"):
        lake.register_resource(ResourceArn=arn, RoleArn=ROLE + "reader")
    place = {"DataLocation": {"ResourceArn": arn}}
    lake.grant_permissions(Principal=principal("job"), Resource=place, Permissions=["DATA_LOCATION_ACCESS"])
    found = listed(lake, "job", {"DataLocation": {"ResourceArn": arn, "CatalogId": ACCOUNT}})
    assert [grant["Permissions"] for grant in found] == [["DATA_LOCATION_ACCESS"]]
    lake.revoke_permissions(Principal=principal("job"), Resource=place, Permissions=["DATA_LOCATION_ACCESS"])
    assert listed(lake, "job", place) == []
    lake.deregister_resource(ResourceArn=arn)
    with pytest.raises(ClientError, match="EntityNotFound"):
        lake.describe_resource(ResourceArn=arn)


def test_tag(lake: Any, unique: str) -> None:
    tag(lake, unique, "a", "b")
    assert sorted(lake.get_lf_tag(CatalogId=ACCOUNT, TagKey=unique)["TagValues"]) == ["a", "b"]
    with pytest.raises(ClientError, match="already exists"):
        tag(lake, unique, "a")
    lake.update_lf_tag(CatalogId=ACCOUNT, TagKey=unique, TagValuesToAdd=["c"], TagValuesToDelete=["a"])
    assert sorted(lake.get_lf_tag(CatalogId=ACCOUNT, TagKey=unique)["TagValues"]) == ["b", "c"]
    lake.delete_lf_tag(CatalogId=ACCOUNT, TagKey=unique)
    for gone in (lake.get_lf_tag, lake.delete_lf_tag):
        with pytest.raises(ClientError, match="EntityNotFound"):
            gone(CatalogId=ACCOUNT, TagKey=unique)


def test_tags_are_inherited(lake: Any, table: str) -> None:
    layer, level = tag(lake, table + "l", "raw"), tag(lake, table + "c", "pii", "public")
    places = {
        "database": {"Database": {"Name": table}},
        "table": {"Table": {"DatabaseName": table, "Name": "t"}},
        "column": {"TableWithColumns": {"DatabaseName": table, "Name": "t", "ColumnNames": ["id"]}},
    }
    for place, key, value in (("database", layer, "raw"), ("table", level, "pii"), ("column", level, "public")):
        done = lake.add_lf_tags_to_resource(Resource=places[place], LFTags=[{"TagKey": key, "TagValues": [value]}])
        assert done["Failures"] == []

    def own(place: str, field: str) -> Any:
        return lake.get_resource_lf_tags(Resource=places[place], ShowAssignedLFTags=True)[field]

    def shown(key: str, value: str) -> dict[str, Any]:
        return {"CatalogId": ACCOUNT, "TagKey": key, "TagValues": [value]}

    assert own("database", "LFTagOnDatabase") == [shown(layer, "raw")]
    assert own("table", "LFTagsOnTable") == [shown(level, "pii")], "what is inherited is not assigned"
    assert own("column", "LFTagsOnColumns") == [{"Name": "id", "LFTags": [shown(level, "public")]}]

    both = {"TableWithColumns": {"DatabaseName": table, "Name": "t", "ColumnNames": ["id", "email"]}}
    columns = lake.get_resource_lf_tags(Resource=both)["LFTagsOnColumns"]
    values = {found["Name"]: {pair["TagKey"]: pair["TagValues"][0] for pair in found["LFTags"]} for found in columns}
    assert values == {"id": {layer: "raw", level: "public"}, "email": {layer: "raw", level: "pii"}}

    unknown = lake.add_lf_tags_to_resource(Resource=places["table"], LFTags=[{"TagKey": level, "TagValues": ["other"]}])
    assert unknown["Failures"][0]["Error"]["ErrorCode"] == "EntityNotFoundException"
    missing = {"TableWithColumns": {"DatabaseName": table, "Name": "t", "ColumnNames": ["id", "later"]}}
    with pytest.raises(ClientError, match="EntityNotFound"):
        lake.add_lf_tags_to_resource(Resource=missing, LFTags=[{"TagKey": level, "TagValues": ["pii"]}])
    lake.remove_lf_tags_from_resource(Resource=places["column"], LFTags=[shown(level, "public")])
    assert "LFTagsOnColumns" not in lake.get_resource_lf_tags(Resource=places["column"], ShowAssignedLFTags=True)
    for key in (layer, level):
        lake.delete_lf_tag(TagKey=key)


def test_grants_by_tag_are_found_however_they_are_written(lake: Any, unique: str) -> None:
    layer, level = tag(lake, unique + "l", "raw", "curated"), tag(lake, unique + "c", "public")
    expression = [{"TagKey": layer, "TagValues": ["raw", "curated"]}, {"TagKey": level, "TagValues": ["public"]}]
    policy = {"LFTagPolicy": {"ResourceType": "TABLE", "Expression": expression}}
    turned = [expression[1], {"TagKey": layer, "TagValues": ["curated", "raw"]}]
    same = {"LFTagPolicy": {"CatalogId": ACCOUNT, "ResourceType": "TABLE", "Expression": turned}}
    lake.grant_permissions(Principal=principal("analyst"), Resource=policy, Permissions=["SELECT"])
    lake.grant_permissions(Principal=principal("analyst"), Resource=same, Permissions=["DESCRIBE"])
    found = listed(lake, "analyst", same)
    assert [grant["Permissions"] for grant in found] == [["DESCRIBE", "SELECT"]]
    assert found[0]["Resource"]["LFTagPolicy"]["CatalogId"] == ACCOUNT
    assert listed(lake, "analyst", {"LFTagPolicy": {"ResourceType": "DATABASE", "Expression": expression}}) == []
    assert listed(lake, "engineer", policy) == []
    kinds = lake.list_permissions(ResourceType="LF_TAG_POLICY")["PrincipalResourcePermissions"]
    assert principal("analyst") in [grant["Principal"] for grant in kinds]
    lake.revoke_permissions(Principal=principal("analyst"), Resource=same, Permissions=["DESCRIBE", "SELECT"])
    assert listed(lake, "analyst", policy) == []
    wrong = {"LFTagPolicy": {"ResourceType": "TABLE", "Expression": [{"TagKey": level, "TagValues": ["other"]}]}}
    with pytest.raises(ClientError, match="EntityNotFound"):
        lake.grant_permissions(Principal=principal("analyst"), Resource=wrong, Permissions=["SELECT"])
    for key in (layer, level):
        lake.delete_lf_tag(TagKey=key)


def test_pages(lake: Any, table: str) -> None:
    on_table = {"Table": {"DatabaseName": table, "Name": "t"}}
    for number in range(5):
        lake.grant_permissions(Principal=principal(f"p{number}"), Resource=on_table, Permissions=["SELECT"])
    first = lake.list_permissions(Resource=on_table, MaxResults=4)
    rest = lake.list_permissions(Resource=on_table, MaxResults=4, NextToken=first["NextToken"])
    names = [
        found["Principal"]["DataLakePrincipalIdentifier"]
        for page in (first, rest)
        for found in page["PrincipalResourcePermissions"]
    ]
    assert len(first["PrincipalResourcePermissions"]) == 4
    assert sorted(names) == ["IAM_ALLOWED_PRINCIPALS", *(f"{ROLE}p{number}" for number in range(5))]
    assert "NextToken" not in rest


def test_cells_filter(client: Any, lake: Any, table: str) -> None:
    key = {"TableCatalogId": ACCOUNT, "DatabaseName": table, "TableName": "t", "Name": "country-gb"}
    data = {**key, "ColumnNames": ["id", "country_code"], "RowFilter": {"FilterExpression": "country_code IN ('GB')"}}
    grant = {"Principal": principal("analyst"), "Resource": {"DataCellsFilter": key}, "Permissions": ["SELECT"]}
    with pytest.raises(ClientError, match="EntityNotFound"):
        lake.get_data_cells_filter(**key)
    with pytest.raises(ClientError, match="EntityNotFound"):
        lake.grant_permissions(**grant)
    with pytest.raises(ClientError, match="EntityNotFound"):
        lake.create_data_cells_filter(TableData={**data, "ColumnNames": ["id", "later"]})
    lake.create_data_cells_filter(TableData=data)
    with pytest.raises(ClientError, match="AlreadyExists"):
        lake.create_data_cells_filter(TableData=data)
    got = lake.get_data_cells_filter(**key)["DataCellsFilter"]
    version = got.pop("VersionId")
    assert got == data

    lake.grant_permissions(**grant)
    assert [found["Permissions"] for found in listed(lake, "analyst", {"DataCellsFilter": key})] == [["SELECT"]]
    lake.update_data_cells_filter(TableData={**data, "ColumnNames": ["id"]})
    assert lake.get_data_cells_filter(**key)["DataCellsFilter"]["ColumnNames"] == ["id"]
    assert lake.get_data_cells_filter(**key)["DataCellsFilter"]["VersionId"] != version
    of_table = {"CatalogId": ACCOUNT, "DatabaseName": table, "Name": "t"}
    assert [found["Name"] for found in lake.list_data_cells_filter(Table=of_table)["DataCellsFilters"]] == [
        "country-gb"
    ]
    with pytest.raises(ClientError, match="InvalidInput"):
        lake.create_data_cells_filter(TableData={**key, "Name": "vague", "RowFilter": {"AllRowsWildcard": {}}})

    lake.delete_data_cells_filter(**key)
    assert listed(lake, "analyst", {"DataCellsFilter": key}) == []
    with pytest.raises(ClientError, match="EntityNotFound"):
        lake.delete_data_cells_filter(**key)


def test_nothing_is_left_of_a_dropped_table(client: Any, lake: Any, unique: str) -> None:
    glue, level = client("glue"), tag(lake, unique + "c", "public")
    glue.create_database(DatabaseInput={"Name": unique})
    for _ in range(2):  # the second one must not find anything of the first
        glue.create_table(DatabaseName=unique, TableInput={"Name": "t"})
        on_table = {"Table": {"DatabaseName": unique, "Name": "t"}}
        assert listed(lake, "analyst", on_table) == []
        assert "LFTagsOnTable" not in lake.get_resource_lf_tags(Resource=on_table)
        lake.grant_permissions(Principal=principal("analyst"), Resource=on_table, Permissions=["SELECT"])
        lake.add_lf_tags_to_resource(Resource=on_table, LFTags=[{"TagKey": level, "TagValues": ["public"]}])
        glue.delete_table(DatabaseName=unique, Name="t")
    glue.delete_database(Name=unique)
    lake.delete_lf_tag(TagKey=level)
    assert listed(lake, "IAM_ALLOWED_PRINCIPALS", {"Database": {"Name": unique}}) == []
