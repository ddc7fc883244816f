"""What expressions of Athena's dialect come to, by the groups of its documentation: the table tells another version.

    python -m emulator.tests.test_athena_functions ENDPOINT

writes the table anew by an emulator that runs, for the expressions that it has.
"""

from __future__ import annotations

import csv
import sys
from itertools import groupby
from pathlib import Path
from typing import Any

import boto3
import pytest

from emulator.tests.athena_lake import Lake
from emulator.tests.conftest import REGION

TABLE = Path(__file__).parent / "testdata" / "athena_functions.csv"
# What aggregates are of.
ROWS = (
    " FROM (VALUES (1, 'a', 2e0, DECIMAL '1.0004'), (2, 'b', 4e0, DECIMAL '2.0001'), (3, 'b', 7e0, DECIMAL '0.0004'))"
    " AS rows(n, t, m, d)"
)


def read() -> list[dict[str, str]]:
    """The table's lines: group, expression, type, value; a null's value is NULL."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def ask(lake: Lake, group: str, expressions: list[str]) -> list[dict[str, str]]:
    """The types and values of a group's expressions, asked for at once."""
    query_id = lake.start("SELECT " + ", ".join(expressions) + (ROWS if group == "aggregate" else ""))
    status = lake.ended(query_id)["Status"]
    assert status["State"] == "SUCCEEDED", status
    results = lake.athena.get_query_results(QueryExecutionId=query_id)["ResultSet"]
    kinds = [column["Type"] for column in results["ResultSetMetadata"]["ColumnInfo"]]
    values = [cell.get("VarCharValue", "NULL") for cell in results["Rows"][1]["Data"]]
    return [
        {"group": group, "expression": expression, "type": kind, "value": value}
        for expression, kind, value in zip(expressions, kinds, values, strict=True)
    ]


GROUPS = {name: list(lines) for name, lines in groupby(read(), lambda line: line["group"])}


@pytest.mark.parametrize("group", GROUPS)
def test_functions(server: Any, group: str) -> None:
    wanted = GROUPS[group]
    assert ask(Lake(server.client), group, [line["expression"] for line in wanted]) == wanted


def main(endpoint: str) -> None:
    """Write the table anew."""

    def client(service: str) -> Any:
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        return boto3.client(service, endpoint_url=endpoint, region_name=REGION, **keys)

    lake = Lake(client)
    lines = [line for name, of in GROUPS.items() for line in ask(lake, name, [one["expression"] for one in of])]
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["group", "expression", "type", "value"], lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)


if __name__ == "__main__":
    main(sys.argv[1])
