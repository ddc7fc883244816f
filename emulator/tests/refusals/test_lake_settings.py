"""Lake Formation's settings, and what takes an administrator."""

import pytest

from emulator.tests.roles import statement

from .probe import probe

GRANTING = 'AWS Lake Formation Developer Guide, "Granting and revoking permissions on Data Catalog resources"'


def principal(arn):
    return {"DataLakePrincipalIdentifier": arn}


@pytest.fixture
def lake(client):
    lake = client("lakeformation")
    before = lake.get_data_lake_settings()["DataLakeSettings"]
    yield lake
    lake.put_data_lake_settings(DataLakeSettings=before)


@probe(
    "settings with an administrator whose role is gone, though it was there when it became one",
    call="lakeformation:PutDataLakeSettings",
    code="InvalidInputException",
    source="aws/aws-cdk#19492",
)
def test_an_administrator_that_is_gone(client, lake, roles, unique, refused):
    role = roles.make(unique)
    lake.put_data_lake_settings(DataLakeSettings={"DataLakeAdmins": [principal(role)]})
    client("iam").delete_role(RoleName=unique)
    settings = lake.get_data_lake_settings()["DataLakeSettings"]
    with refused(lake.get_data_lake_settings):
        lake.put_data_lake_settings(DataLakeSettings={**settings, "TrustedResourceOwners": ["210987654321"]})


@probe(
    "a grant by a role that administers nothing and may grant nothing",
    call="lakeformation:GrantPermissions",
    code="AccessDeniedException",
    source=GRANTING,
)
def test_a_grant_by_somebody(client, lake, roles, unique, refused):
    client("glue").create_database(DatabaseInput={"Name": unique})
    role = roles.make(unique, statement("All", ["*"], ["*"]))
    grant = {"Principal": principal(role), "Resource": {"Database": {"Name": unique}}, "Permissions": ["DROP"]}
    with refused(lake.list_permissions):
        roles.client(role, "lakeformation").grant_permissions(**grant)
    lake.put_data_lake_settings(DataLakeSettings={"DataLakeAdmins": [principal(role)]})
    roles.client(role, "lakeformation").grant_permissions(**grant)
    client("glue").delete_database(Name=unique)
