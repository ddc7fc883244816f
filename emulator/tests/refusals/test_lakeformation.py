"""Lake Formation."""

import pytest

from .probe import probe

PROVIDER = "terraform-provider-aws, internal/service/lakeformation/permissions.go"
MODEL = "botocore lakeformation GrantPermissions, errors"
REFERENCE = 'AWS Lake Formation Developer Guide, "Lake Formation permissions reference"'


@pytest.fixture
def lake(client):
    return client("lakeformation")


@pytest.fixture
def principal(roles, unique):
    return {"DataLakePrincipalIdentifier": roles.make(unique)}


@pytest.fixture
def table(client, unique):
    """A table of one column, in a database of its name."""
    glue = client("glue")
    glue.create_database(DatabaseInput={"Name": unique})
    columns = [{"Name": "id", "Type": "string"}]
    glue.create_table(DatabaseName=unique, TableInput={"Name": unique, "StorageDescriptor": {"Columns": columns}})
    return {"DatabaseName": unique, "Name": unique}


@pytest.fixture
def granted(lake, principal):
    """What anybody has been granted."""
    return lambda: lake.list_permissions()["PrincipalResourcePermissions"]


def grants(what, code, source):
    return probe(what, call="lakeformation:GrantPermissions", code=code, source=source)


@grants("a grant on a database that is not there", "EntityNotFoundException", MODEL)
def test_no_database(lake, principal, granted, unique, refused):
    with refused(granted):
        lake.grant_permissions(
            Principal=principal, Resource={"Database": {"Name": f"{unique}-none"}}, Permissions=["DESCRIBE"]
        )


@grants("a grant on a table that is not there", "EntityNotFoundException", MODEL)
def test_no_table(lake, principal, granted, table, refused):
    with refused(granted):
        lake.grant_permissions(
            Principal=principal, Resource={"Table": table | {"Name": "none"}}, Permissions=["SELECT"]
        )


@grants("a grant on a column that is not there", "InvalidInputException", PROVIDER)
def test_no_column(lake, principal, granted, table, refused):
    resource = {"TableWithColumns": table | {"ColumnNames": ["id", "none"]}}
    with refused(granted):
        lake.grant_permissions(Principal=principal, Resource=resource, Permissions=["SELECT"])
    resource = {"TableWithColumns": table | {"ColumnNames": ["id"]}}
    lake.grant_permissions(Principal=principal, Resource=resource, Permissions=["SELECT"])


@grants("a grant to a role that is not there", "InvalidInputException", f'{PROVIDER}, "Invalid principal"')
def test_nobody(lake, granted, table, refused):
    nobody = {"DataLakePrincipalIdentifier": "arn:aws:iam::123456789012:role/nobody"}
    with refused(granted):
        lake.grant_permissions(Principal=nobody, Resource={"Table": table}, Permissions=["SELECT"])


@grants("a permission on a database that only tables have", "InvalidInputException", REFERENCE)
def test_a_permission_of_another_kind(lake, principal, granted, table, refused):
    with refused(granted):
        lake.grant_permissions(
            Principal=principal, Resource={"Database": {"Name": table["DatabaseName"]}}, Permissions=["SELECT"]
        )


@grants(
    "an option to grant what is not granted",
    "InvalidInputException",
    "botocore lakeformation GrantPermissions, PermissionsWithGrantOption",
)
def test_an_option_alone(lake, principal, granted, table, refused):
    with refused(granted):
        lake.grant_permissions(
            Principal=principal,
            Resource={"Table": table},
            Permissions=["SELECT"],
            PermissionsWithGrantOption=["INSERT"],
        )


@grants(
    "a grant on a location that is not registered",
    "InvalidInputException",
    f'{PROVIDER}, "register the S3 path"',
)
def test_a_location_of_nobody(lake, principal, granted, unique, refused):
    place = f"arn:aws:s3:::{unique}/data"
    resource = {"DataLocation": {"ResourceArn": place}}
    with refused(granted):
        lake.grant_permissions(Principal=principal, Resource=resource, Permissions=["DATA_LOCATION_ACCESS"])
    lake.register_resource(ResourceArn=f"arn:aws:s3:::{unique}", UseServiceLinkedRole=True)
    lake.grant_permissions(Principal=principal, Resource=resource, Permissions=["DATA_LOCATION_ACCESS"])
