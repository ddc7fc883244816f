"""Lake Formation's hold on the catalog: what one made, and what another wants of it."""

import pytest

from emulator.tests.roles import statement

from .probe import probe

IMPLICIT = 'AWS Lake Formation Developer Guide, "Implicit Lake Formation permissions"'
REFERENCE = 'AWS Lake Formation Developer Guide, "Lake Formation permissions reference"'
CLOSED = {"CreateDatabaseDefaultPermissions": [], "CreateTableDefaultPermissions": []}
MAY = statement("All", ["*"], ["*"])


def principal(arn):
    return {"DataLakePrincipalIdentifier": arn}


@pytest.fixture
def lake(client):
    """Lake Formation in an account whose catalog is closed to IAM."""
    lake = client("lakeformation")
    before = lake.get_data_lake_settings()["DataLakeSettings"]
    lake.put_data_lake_settings(DataLakeSettings={**before, **CLOSED})
    yield lake
    lake.put_data_lake_settings(DataLakeSettings=before)


@pytest.fixture
def another(roles, lake, unique):
    """Glue in the hands of an administrator of the lake who made nothing."""
    role = roles.make(unique + "b", MAY)
    before = lake.get_data_lake_settings()["DataLakeSettings"]
    lake.put_data_lake_settings(DataLakeSettings={**before, "DataLakeAdmins": [principal(role)]})
    return roles.client(role, "glue")


@pytest.fixture
def made(roles, lake, unique):
    """A database with the table t, made by a role."""
    glue = roles.client(roles.make(unique + "a", MAY), "glue")
    glue.create_database(DatabaseInput={"Name": unique})
    glue.create_table(DatabaseName=unique, TableInput=TABLE)
    yield unique
    glue.delete_table(DatabaseName=unique, Name="t")
    glue.update_database(Name=unique, DatabaseInput={"Name": unique, "Description": "its maker's"})
    glue.delete_database(Name=unique)


TABLE = {"Name": "t", "StorageDescriptor": {"Columns": [{"Name": "id", "Type": "string"}]}}


@probe(
    "a table changed by an administrator who did not make it",
    call="glue:UpdateTable",
    code="AccessDeniedException",
    source=IMPLICIT,
)
def test_another_changes_a_table(client, made, another, refused):
    with refused(lambda: client("glue").get_table(DatabaseName=made, Name="t")["Table"]):
        another.update_table(DatabaseName=made, TableInput={**TABLE, "Description": "another's"})


@probe(
    "a table dropped by an administrator who did not make it",
    call="glue:DeleteTable",
    code="AccessDeniedException",
    source=IMPLICIT,
)
def test_another_drops_a_table(client, made, another, refused):
    with refused(lambda: client("glue").get_table(DatabaseName=made, Name="t")["Table"]):
        another.delete_table(DatabaseName=made, Name="t")


@probe(
    "a table made by an administrator in a database of another's",
    call="glue:CreateTable",
    code="AccessDeniedException",
    source=REFERENCE,
)
def test_another_makes_a_table(client, made, another, refused):
    with refused(lambda: client("glue").get_tables(DatabaseName=made)["TableList"]):
        another.create_table(DatabaseName=made, TableInput={"Name": "u"})


@probe(
    "a database changed by an administrator who did not make it",
    call="glue:UpdateDatabase",
    code="AccessDeniedException",
    source=REFERENCE,
)
def test_another_changes_a_database(client, made, another, refused):
    with refused(lambda: client("glue").get_database(Name=made)["Database"]):
        another.update_database(Name=made, DatabaseInput={"Name": made, "Description": "another's"})


@probe(
    "a database dropped by an administrator who did not make it",
    call="glue:DeleteDatabase",
    code="AccessDeniedException",
    source=IMPLICIT,
)
def test_another_drops_a_database(client, made, another, refused):
    with refused(lambda: client("glue").get_database(Name=made)["Database"]):
        another.delete_database(Name=made)


@pytest.mark.parametrize("permissions", [["ALTER", "DROP"], ["ALL"]])
def test_another_may_what_it_was_granted(roles, lake, made, unique, permissions):
    role = roles.make(unique + "c", MAY)
    for resource in ({"Database": {"Name": made}}, {"Table": {"DatabaseName": made, "Name": "t"}}):
        lake.grant_permissions(Principal=principal(role), Resource=resource, Permissions=permissions)
    lake.grant_permissions(
        Principal=principal(role), Resource={"Database": {"Name": made}}, Permissions=["CREATE_TABLE"]
    )
    glue = roles.client(role, "glue")
    glue.update_table(DatabaseName=made, TableInput={**TABLE, "Description": "another's"})
    glue.update_database(Name=made, DatabaseInput={"Name": made})
    glue.create_table(DatabaseName=made, TableInput={"Name": "own"})
    glue.delete_table(DatabaseName=made, Name="own")
    glue.delete_table(DatabaseName=made, Name="t")
    roles.client(f"arn:aws:iam::123456789012:role/{unique}a", "glue").create_table(DatabaseName=made, TableInput=TABLE)


def test_whoever_iam_lets_while_it_has_the_catalog(client, roles, unique):
    glue = client("glue")
    glue.create_database(DatabaseInput={"Name": unique})
    glue.create_table(DatabaseName=unique, TableInput=TABLE)
    another = roles.client(roles.make(unique, MAY), "glue")
    another.update_table(DatabaseName=unique, TableInput=TABLE)
    another.delete_table(DatabaseName=unique, Name="t")
    another.delete_database(Name=unique)


def test_a_grant_by_tags_is_for_a_table_whose_columns_all_match(roles, lake, made, unique):
    key = {"TagKey": unique, "TagValues": ["raw"]}
    lake.create_lf_tag(TagKey=unique, TagValues=["raw", "other"])
    role = roles.make(unique + "c", MAY)
    policy = {"LFTagPolicy": {"ResourceType": "TABLE", "Expression": [key]}}
    lake.grant_permissions(Principal=principal(role), Resource=policy, Permissions=["ALTER"])
    glue = roles.client(role, "glue")

    def alter():
        glue.update_table(DatabaseName=made, TableInput=TABLE)

    with pytest.raises(glue.exceptions.ClientError, match=r"Required Alter on t"):
        alter()
    lake.add_lf_tags_to_resource(Resource={"Database": {"Name": made}}, LFTags=[key])
    alter()
    column = {"TableWithColumns": {"DatabaseName": made, "Name": "t", "ColumnNames": ["id"]}}
    lake.add_lf_tags_to_resource(Resource=column, LFTags=[{"TagKey": unique, "TagValues": ["other"]}])
    with pytest.raises(glue.exceptions.ClientError, match=r"Required Alter on t"):
        alter()
    lake.delete_lf_tag(TagKey=unique)
