"""Athena's API around the queries: results, pages, work groups, states, the worker's death."""

from __future__ import annotations

import json
import os
import signal
import time
import urllib.request
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emulator.tests.athena_lake import BUCKET, DATABASE, OUTPUT, Lake
from emulator.tests.conftest import eventually

BIG = (
    "WITH n(i) AS (SELECT i FROM UNNEST(sequence(1, 10000)) AS t(i)), m(j) AS (SELECT j FROM UNNEST(sequence(1, 10)) "
    "AS t(j)) SELECT i, j, concat('name ', CAST(i AS varchar)) AS name FROM n CROSS JOIN m"
)
SLOW = (
    "WITH n(i) AS (SELECT i FROM UNNEST(sequence(1, 100000)) AS t(i)) "
    "SELECT count(*) FROM n a CROSS JOIN n b CROSS JOIN n c WHERE a.i * b.i + c.i = 7"
)


@pytest.fixture(scope="module")
def lake(server: Any) -> Lake:
    return Lake(server.client)


def test_result_object(lake: Lake) -> None:
    query_id = lake.start("SELECT 1 AS one, 'say \"hi\", all' AS text, CAST(NULL AS varchar) AS nothing, '' AS empty")
    execution = lake.ended(query_id)
    assert execution["ResultConfiguration"]["OutputLocation"] == f"{OUTPUT}/{query_id}.csv"
    body = lake.s3.get_object(Bucket=BUCKET, Key=f"results/{query_id}.csv")["Body"].read().decode()
    assert body == '"one","text","nothing","empty"\n"1","say ""hi"", all",,""\n'
    rows = lake.athena.get_query_results(QueryExecutionId=query_id)["ResultSet"]["Rows"]
    assert rows[1]["Data"] == [{"VarCharValue": "1"}, {"VarCharValue": 'say "hi", all'}, {}, {"VarCharValue": ""}]


def test_column_info(lake: Lake) -> None:
    query_id = lake.start("SELECT 1 AS a, CAST(1 AS decimal(18,4)) AS b, 'x' AS c, sum(2) AS d, 1.5e0 AS e, true AS f")
    lake.ended(query_id)
    columns = lake.athena.get_query_results(QueryExecutionId=query_id)["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
    assert [(found["Name"], found["Type"], found["Precision"], found["Scale"]) for found in columns] == [
        ("a", "integer", 10, 0),
        ("b", "decimal", 18, 4),
        ("c", "varchar", 2147483647, 0),
        ("d", "bigint", 19, 0),
        ("e", "double", 17, 0),
        ("f", "boolean", 0, 0),
    ]


def test_many_rows(lake: Lake) -> None:
    """A hundred thousand rows: all in S3, in pages of a thousand by the API."""
    begun = time.monotonic()
    query_id = lake.start(BIG + " ORDER BY i, j")
    execution = lake.ended(query_id)
    assert time.monotonic() - begun < 30, "a hundred thousand rows take about a second"
    assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
    body = lake.s3.get_object(Bucket=BUCKET, Key=f"results/{query_id}.csv")["Body"].read().decode()
    assert body.count("\n") == 100_001
    pages = lake.athena.get_paginator("get_query_results").paginate(QueryExecutionId=query_id)
    rows = [row for page in pages for row in page["ResultSet"]["Rows"]]
    assert len(rows) == 100_001
    assert [cell["VarCharValue"] for cell in rows[0]["Data"]] == ["i", "j", "name"]
    assert [cell["VarCharValue"] for cell in rows[-1]["Data"]] == ["10000", "10", "name 10000"]
    first = lake.athena.get_query_results(QueryExecutionId=query_id, MaxResults=2)
    second = lake.athena.get_query_results(QueryExecutionId=query_id, MaxResults=2, NextToken=first["NextToken"])
    assert [row["Data"][1]["VarCharValue"] for row in second["ResultSet"]["Rows"]] == ["2", "3"]


def test_parallel_queries(lake: Lake) -> None:
    started = {number: lake.start(f"SELECT {number}, count(*) FROM ({BIG})") for number in range(8)}
    for number, query_id in started.items():
        assert lake.ended(query_id)["Status"]["State"] == "SUCCEEDED"
        rows = lake.athena.get_query_results(QueryExecutionId=query_id)["ResultSet"]["Rows"]
        assert [cell["VarCharValue"] for cell in rows[1]["Data"]] == [str(number), "100000"]


def test_workgroup_decides_where_results_go(lake: Lake, unique: str) -> None:
    configuration = {
        "EnforceWorkGroupConfiguration": True,
        "ResultConfiguration": {"OutputLocation": f"s3://{BUCKET}/enforced/"},
        "BytesScannedCutoffPerQuery": 10_000_000,
    }
    lake.athena.create_work_group(Name=unique, Configuration=configuration)
    enforced = lake.execution(lake.start("SELECT 1", WorkGroup=unique))
    assert enforced["WorkGroup"] == unique
    assert enforced["ResultConfiguration"]["OutputLocation"].startswith(f"s3://{BUCKET}/enforced/")


def test_a_query_over_the_scan_limit_is_cancelled(lake: Lake, unique: str) -> None:
    lake.put(f"{unique}/a.json", json.dumps({"id": 1, "text": "x" * 11_000_000}).encode())
    lake.table(unique, "org.openx.data.jsonserde.JsonSerDe", {"id": "int"})
    configuration = {"EnforceWorkGroupConfiguration": False, "BytesScannedCutoffPerQuery": 10_000_000}
    lake.athena.create_work_group(Name=unique, Configuration=configuration)
    answer = lake.ask(f"SELECT count(id) FROM {unique}", WorkGroup=unique)
    assert (answer.state, answer.reason) == ("CANCELLED", "Bytes scanned limit was exceeded")


@pytest.mark.parametrize(
    ("give", "want"),
    [
        ({"WorkGroup": "absent"}, "WorkGroup absent is not found"),
        ({"ResultConfiguration": {}}, "No output location provided"),
        ({"QueryString": " "}, "QueryString must have"),
    ],
)
def test_refused(lake: Lake, give: dict[str, Any], want: str) -> None:
    with pytest.raises(ClientError, match=want):
        lake.athena.start_query_execution(
            **{"QueryString": "SELECT 1", "ResultConfiguration": {"OutputLocation": OUTPUT}, **give}
        )


def test_a_missing_result_bucket_fails_the_query(lake: Lake) -> None:
    answer = lake.ask("SELECT 1", ResultConfiguration={"OutputLocation": "s3://absent-bucket/x"})
    assert answer.state == "FAILED"
    assert "NoSuchBucket" in answer.reason
    with pytest.raises(ClientError, match="Final query state: FAILED"):
        lake.athena.get_query_results(QueryExecutionId=answer.execution["QueryExecutionId"])


def test_the_same_token_is_the_same_query(lake: Lake) -> None:
    token = "x" * 40
    assert lake.start("SELECT 1", ClientRequestToken=token) == lake.start("SELECT 1", ClientRequestToken=token)


def test_parameters(lake: Lake) -> None:
    sql = "SELECT ? + 1, upper(?)"
    assert lake.rows(sql, ExecutionParameters=["41", "'it''s'"]) == [("42", "IT'S")]
    assert lake.ask(sql, ExecutionParameters=["1"]).reason.startswith("INVALID_PARAMETER_USAGE")


def test_statements(lake: Lake) -> None:
    lake.table("shown", "org.openx.data.jsonserde.JsonSerDe", {"id": "int"}, {"day": "string"})
    query_id = lake.start("SHOW TABLES 'show*'")
    assert lake.ended(query_id)["StatementType"] == "UTILITY"
    rows = lake.athena.get_query_results(QueryExecutionId=query_id)["ResultSet"]["Rows"]
    assert rows == [{"Data": [{"VarCharValue": "shown"}]}]
    body = lake.s3.get_object(Bucket=BUCKET, Key=f"results/{query_id}.txt")["Body"].read()
    assert body == b"shown\n"
    query_id = lake.start(f"DESCRIBE {DATABASE}.shown")
    lake.ended(query_id)
    rows = lake.athena.get_query_results(QueryExecutionId=query_id)["ResultSet"]["Rows"]
    assert [row["Data"][0]["VarCharValue"] for row in rows] == ["id", "day"]


def test_stopping_a_query(lake: Lake) -> None:
    query_id = lake.start(SLOW)
    eventually(lambda: lake.execution(query_id)["Status"]["State"] == "RUNNING", 10)
    with pytest.raises(ClientError, match="has not yet finished. Current state: RUNNING"):
        lake.athena.get_query_results(QueryExecutionId=query_id)
    lake.athena.stop_query_execution(QueryExecutionId=query_id)
    assert lake.execution(query_id)["Status"]["State"] == "CANCELLED"
    assert lake.rows("SELECT 5") == [("5",)]


def test_a_killed_worker_fails_its_queries_only(lake: Lake, server: Any) -> None:
    query_id = lake.start(SLOW)
    with urllib.request.urlopen(f"{server.endpoint}/_local/processes") as answer:
        pids = [found["pid"] for found in json.load(answer) if found["kind"] == "athena"]
    assert len(pids) == 1
    os.kill(pids[0], signal.SIGKILL)
    execution = lake.ended(query_id)
    assert execution["Status"]["State"] == "FAILED"
    assert "the query engine stopped" in execution["Status"]["StateChangeReason"]
    assert lake.rows("SELECT 6") == [("6",)]
