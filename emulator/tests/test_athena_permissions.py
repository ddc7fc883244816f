"""Queries by roles see what Lake Formation grants them, and no more."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from emulator.services.athena.errors import QueryError
from emulator.services.athena.permissions import Permissions
from emulator.tests.athena_lake import JSON_SERDE, OUTPUT, Lake
from emulator.tests.conftest import REGION, Server

ROLE = "arn:aws:iam::123456789012:role/"
ACCOUNT = "123456789012"
COLUMNS = ["id", "email", "country_code"]


def policy(*expression: tuple[str, list[str]], kind: str = "TABLE") -> dict[str, Any]:
    tags = [{"TagKey": key, "TagValues": values} for key, values in expression]
    return {"LFTagPolicy": {"ResourceType": kind, "Expression": tags}}


def permissions(*grants: tuple[str, dict[str, Any]]) -> Permissions:
    return Permissions(
        {
            "grants": [{"permissions": [what], "resource": resource} for what, resource in grants],
            "tags": {
                "db": {"layer": "curated"},
                "db.t": {"classification": "pii"},
                "db.t.id": {"classification": "public"},
                "db.t.country_code": {"classification": "internal"},
            },
            "filters": {
                "db.t.gb": {
                    "ColumnNames": ["id", "country_code"],
                    "RowFilter": {"FilterExpression": "country_code = 'GB'"},
                },
                "db.t.fr": {
                    "ColumnNames": ["id", "country_code"],
                    "RowFilter": {"FilterExpression": "country_code = 'FR'"},
                },
                "db.t.all": {
                    "ColumnWildcard": {"ExcludedColumnNames": ["email"]},
                    "RowFilter": {"AllRowsWildcard": {}},
                },
            },
        }
    )


def cells(name: str) -> dict[str, Any]:
    return {"DataCellsFilter": {"DatabaseName": "db", "TableName": "t", "Name": name}}


TABLE = {"DatabaseName": "db", "Name": "t"}
IMPERSONAL = ("classification", ["public", "internal"])


@pytest.mark.parametrize(
    ("grants", "columns", "rows"),
    [
        ([("SELECT", policy(("layer", ["curated"])))], COLUMNS, None),
        ([("SELECT", policy(("layer", ["curated"]), IMPERSONAL))], ["id", "country_code"], None),
        ([("ALL", {"Table": TABLE})], COLUMNS, None),
        ([("SELECT", {"Table": {"DatabaseName": "db", "TableWildcard": {}}})], COLUMNS, None),
        ([("SELECT", {"TableWithColumns": {**TABLE, "ColumnNames": ["email"]}})], ["email"], None),
        (
            [("SELECT", {"TableWithColumns": {**TABLE, "ColumnWildcard": {"ExcludedColumnNames": ["id"]}}})],
            ["email", "country_code"],
            None,
        ),
        ([("SELECT", cells("gb"))], ["id", "country_code"], "(country_code = 'GB')"),
        ([("SELECT", cells("all"))], ["id", "country_code"], None),
        (
            [("SELECT", cells("gb")), ("SELECT", cells("fr"))],
            ["id", "country_code"],
            "(country_code = 'FR') OR (country_code = 'GB')",
        ),
        ([("SELECT", cells("gb")), ("SELECT", policy(IMPERSONAL))], ["id", "country_code"], None),
    ],
)
def test_grants_add_up(grants: list[Any], columns: list[str], rows: str | None) -> None:
    access = permissions(*grants).access("db", "t", COLUMNS)
    assert access.columns == columns
    assert access.rows == rows


@pytest.mark.parametrize(
    "grants",
    [
        [],
        [("DESCRIBE", policy(("layer", ["curated"])))],
        [("SELECT", policy(("layer", ["raw"])))],
        [("SELECT", policy(("domain", ["sales"])))],
        [("SELECT", policy(("layer", ["curated"]), kind="DATABASE"))],
        [("SELECT", {"Table": {"DatabaseName": "db", "Name": "other"}})],
        [("SELECT", {"Table": {"DatabaseName": "other", "TableWildcard": {}}})],
    ],
)
def test_nothing_granted_is_an_error(grants: list[Any]) -> None:
    with pytest.raises(QueryError, match=r"^Insufficient permissions .* Lake Formation permission\(s\) on t$"):
        permissions(*grants).access("db", "t", COLUMNS)
    assert not permissions(*grants).sees("db", "t", COLUMNS)


def test_rows_that_differ_by_column_are_not_guessed() -> None:
    given = permissions(("SELECT", cells("gb")), ("SELECT", {"TableWithColumns": {**TABLE, "ColumnNames": ["id"]}}))
    with pytest.raises(QueryError, match="Other rows are granted"):
        given.access("db", "t", COLUMNS)


class Asked:
    """A lake of the test's own, and queries in it as one role or another."""

    def __init__(self, server: Server, database: str):
        self.server, self.database = server, database
        self.lake = Lake(server.client)

    def as_role(self, role: str, sql: str) -> Any:
        """Run a query with the role's own credentials."""
        sts = self.server.client("sts")
        given = sts.assume_role(RoleArn=ROLE + role, RoleSessionName="test")["Credentials"]
        asker = Lake(self.server.client)
        asker.athena = boto3.client(
            "athena",
            endpoint_url=self.server.endpoint,
            region_name=REGION,
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given["SessionToken"],
        )
        return asker.ask(sql, QueryExecutionContext={"Database": self.database})


@pytest.fixture(scope="module")
def asked(server: Server) -> Any:
    database = "governed"
    ours = Asked(server, database)
    lake, glue = ours.lake, server.client("glue")
    rows = [{"id": n, "email": f"{n}@x", "country_code": code} for n, code in enumerate(["GB", "FR", "GB", None], 1)]
    lake.put_json("people/rows.json.gz", rows)
    lake.table("people", JSON_SERDE, {"id": "int", "email": "string", "country_code": "string"})
    made = glue.get_table(DatabaseName="lake", Name="people")["Table"]
    glue.create_database(DatabaseInput={"Name": database})
    kept = {key: made[key] for key in ("Name", "TableType", "Parameters", "PartitionKeys", "StorageDescriptor")}
    glue.create_table(DatabaseName=database, TableInput=kept)
    glue.create_table(DatabaseName=database, TableInput={**kept, "Name": "hidden"})
    formation = server.client("lakeformation")
    formation.create_lf_tag(TagKey="gov", TagValues=["open", "pii"])
    on_table = {"Table": {"DatabaseName": database, "Name": "people"}}
    for resource, value in (
        (on_table, "pii"),
        (
            {"TableWithColumns": {"DatabaseName": database, "Name": "people", "ColumnNames": ["id", "country_code"]}},
            "open",
        ),
    ):
        formation.add_lf_tags_to_resource(Resource=resource, LFTags=[{"TagKey": "gov", "TagValues": [value]}])
    data = {"TableCatalogId": ACCOUNT, "DatabaseName": database, "TableName": "people", "Name": "gb"}
    formation.create_data_cells_filter(
        TableData={**data, "ColumnNames": ["id"], "RowFilter": {"FilterExpression": "country_code IN ('GB')"}}
    )
    server.people("analyst", "uk")
    for role, resource in (("analyst", policy(("gov", ["open"]))), ("uk", {"DataCellsFilter": data})):
        principal = {"DataLakePrincipalIdentifier": ROLE + role}
        formation.grant_permissions(Principal=principal, Resource=resource, Permissions=["SELECT"])
    yield ours
    for name in ("people", "hidden"):
        glue.delete_table(DatabaseName=database, Name=name)


@pytest.fixture(scope="module")
def closed(server: Server, asked: Asked) -> Asked:
    """The same, when IAM decides no more."""
    formation = server.client("lakeformation")
    for name in ("people", "hidden"):
        formation.revoke_permissions(
            Principal={"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"},
            Resource={"Table": {"DatabaseName": asked.database, "Name": name}},
            Permissions=["ALL"],
        )
    return asked


def test_while_iam_decides_everybody_sees_everything(asked: Asked) -> None:
    assert asked.as_role("stranger", "SELECT email FROM people WHERE id = 1").rows == [("1@x",)]


def test_columns(closed: Asked) -> None:
    answer = closed.as_role("analyst", "SELECT * FROM people ORDER BY id")
    assert answer.names == ["id", "country_code"]
    assert answer.rows == [("1", "GB"), ("2", "FR"), ("3", "GB"), ("4", None)]
    wording = "Column 'email' cannot be resolved or requester is not authorized to access requested resources"
    for sql in ("select email from people", "SELECT p.id,\n  p.email FROM people p"):
        refused = closed.as_role("analyst", sql)
        assert refused.state == "FAILED"
        assert refused.reason == f"COLUMN_NOT_FOUND: {wording}"
    for sql in ("SELECT id FROM people WHERE email = '1@x'", "SELECT count(email) FROM (SELECT * FROM people)"):
        assert closed.as_role("analyst", sql).reason.startswith("COLUMN_NOT_FOUND"), sql


def test_rows(closed: Asked) -> None:
    assert closed.as_role("uk", "SELECT * FROM people ORDER BY id").rows == [("1",), ("3",)]
    assert closed.as_role("uk", "SELECT count(*) FROM people").rows == [("2",)]
    assert closed.as_role("uk", "SELECT id FROM people WHERE id = 2").rows == []
    joined = "SELECT a.id FROM people a JOIN people b ON a.id = b.id + 2"
    assert closed.as_role("uk", joined).rows == [("3",)]
    assert closed.as_role("uk", "SELECT country_code FROM people").reason.startswith("COLUMN_NOT_FOUND")


def test_tables(closed: Asked) -> None:
    wording = "Insufficient permissions to execute the query. Insufficient Lake Formation permission(s) on "
    assert closed.as_role("stranger", "SELECT 1 FROM people").reason == wording + "people"
    assert closed.as_role("analyst", "SELECT * FROM hidden").reason == wording + "hidden"
    assert closed.as_role("analyst", "DESCRIBE hidden").reason == wording + "hidden"
    assert [row[0] for row in _lines(closed, "SHOW TABLES")] == ["people"]
    assert [row[0] for row in _lines(closed, "SHOW COLUMNS IN people")] == ["id", "country_code"]
    assert [row[0] for row in _lines(closed, "DESCRIBE people")] == ["id", "country_code"]


def test_the_accounts_own_keys_see_everything(closed: Asked) -> None:
    given = {"QueryExecutionContext": {"Database": closed.database}, "ResultConfiguration": {"OutputLocation": OUTPUT}}
    assert closed.lake.rows("SELECT email FROM people WHERE id = 1", **given) == [("1@x",)]


def _lines(asked: Asked, sql: str) -> list[tuple[str | None, ...]]:
    """A statement's lines; it has no line of names."""
    answer = asked.as_role("analyst", sql)
    assert answer.state == "SUCCEEDED", answer.reason
    return [tuple(answer.names), *answer.rows]
