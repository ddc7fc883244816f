"""Athena on Hive tables: formats, declared types, projected partitions and what is read of them."""

from __future__ import annotations

import base64
import datetime
import gzip
import json
import os
import re
from typing import Any

import pyarrow as pa
import pytest

from emulator.tests.athena_lake import BUCKET, CSV_SERDE, DATABASE, HOURS, JSON_SERDE, LAZY_SERDE, PARQUET_SERDE, Lake

KEYS = {"day": "string", "hour": "string"}


@pytest.fixture(scope="module")
def lake(server: Any) -> Lake:
    made = Lake(server.client)
    for day in ("2024-03-01", "2024-03-02", "2024-03-03"):
        for hour in range(3):
            path = f"day={day}/hour={hour:02d}"
            rows = [{"id": number, "name": f"n{number}", "Ratio": number / 4} for number in range(10)]
            made.put_json(f"events/{path}/a.ndjson.gz", rows)
            made.put_parquet(
                f"clicks/{path}/a.parquet",
                pa.table(
                    {
                        "ID": pa.array(range(10), pa.int64()),
                        "big": [f"{day}{hour}{number}" * 50 for number in range(10)],
                        "at": pa.array([1709251200123456] * 10, pa.timestamp("us", "UTC")),
                    }
                ),
            )
    made.put("events/day=2024-03-01/hour=7/unseen.ndjson.gz", b"{}")  # hours have two digits
    made.put("events/day=2024-03-01/hour=77/unseen.ndjson.gz", b"{}")
    made.put("events/day=today/hour=07/unseen.ndjson.gz", b"{}")
    made.put("events/day=2024-03-01/hour=01/_hidden", b"{}")
    columns = {"id": "int", "name": "string", "ratio": "double"}
    made.table("events", JSON_SERDE, columns, KEYS, HOURS, template="events/day=${day}/hour=${hour}")
    columns = {"id": "bigint", "big": "string", "at": "timestamp", "extra": "decimal(10,2)"}
    made.table("clicks", PARQUET_SERDE, columns, KEYS, HOURS, template="clicks/day=${day}/hour=${hour}")
    return made


@pytest.mark.parametrize(
    ("give", "want"),
    [
        ("SELECT count(*) FROM events", [("90",)]),
        ("SELECT count(*) FROM lake.events WHERE day = '2024-03-02'", [("30",)]),
        ('SELECT max("hour"), min(day) FROM "lake"."events" WHERE hour IN (\'00\', \'01\')', [("01", "2024-03-01")]),
        (
            "SELECT id, name, ratio FROM events WHERE day = '2024-03-01' AND hour = '02' ORDER BY id DESC LIMIT 2",
            [("9", "n9", "2.25"), ("8", "n8", "2.0")],
        ),
        ("SELECT DISTINCT day FROM events WHERE day > '2024-03-01' ORDER BY 1", [("2024-03-02",), ("2024-03-03",)]),
        (
            "WITH e AS (SELECT * FROM events), d AS (SELECT day, count(*) AS n FROM e GROUP BY day) "
            "SELECT sum(n) FROM d WHERE day BETWEEN '2024-03-02' AND '2024-03-09'",
            [("60",)],
        ),
        ("SELECT DISTINCT at, extra FROM clicks", [("2024-03-01 00:00:00.123", None)]),
        ("SELECT count(*) FROM clicks c JOIN events e ON c.id = e.id AND c.day = e.day AND c.hour = e.hour", [("90",)]),
        ("SELECT 7 / 2, 7.0 / 2, 1e10, CAST(NULL AS varchar), true", [("3", "3.5", "1.0E10", None, "true")]),
        ("SELECT ARRAY[1, 2], MAP(ARRAY['a'], ARRAY[1])", [("[1, 2]", "{a=1}")]),
        (
            "SELECT from_iso8601_timestamp('2024-03-01T10:11:12.5Z'), date_format(DATE '2024-03-01', '%d.%m.%Y')",
            [("2024-03-01 10:11:12.500 UTC", "01.03.2024")],
        ),
        ("VALUES (1, 'a'), (2, 'b')", [("1", "a"), ("2", "b")]),
        ("SELECT CAST(0.1 AS decimal(20,10)) + CAST(0.2 AS decimal(20,10))", [("0.3000000000",)]),
    ],
)
def test_answers(lake: Lake, give: str, want: list[tuple[str | None, ...]]) -> None:
    assert lake.rows(give) == want


@pytest.mark.parametrize(
    ("give", "want"),
    [
        (
            "SELECT count(*) FROM (SELECT *, row_number() OVER (PARTITION BY id ORDER BY day, hour) AS r FROM events) "
            "WHERE r = 1 AND day = '2024-03-03'",
            "0",
        ),
        ("SELECT count(*) FROM (SELECT day FROM events ORDER BY day LIMIT 30) WHERE day = '2024-03-02'", "0"),
        ("SELECT count(*) FROM (SELECT min(day) AS day FROM events) WHERE day = '2024-03-02'", "0"),
        ("SELECT count(*) FROM events a LEFT JOIN events b ON a.id = b.id AND a.day = '2024-03-01'", "330"),
        ("SELECT count(*) FROM events a LEFT JOIN events b ON a.id = b.id AND b.day = '2024-03-01'", "270"),
        ("WITH c AS (SELECT * FROM events) SELECT count(*) FROM c, (SELECT 1 FROM c WHERE day = '2024-03-01')", "2700"),
        ("SELECT count(*) FROM events WHERE day = '2024-03-01' OR hour = '01'", "50"),
        ("SELECT count(*) FROM events WHERE NOT (day = '2024-03-01')", "60"),
        ("SELECT count(*) FROM (SELECT day FROM events EXCEPT SELECT '2024-03-02') WHERE day = '2024-03-02'", "0"),
    ],
)
def test_conditions_are_not_carried_too_far(lake: Lake, give: str, want: str) -> None:
    assert lake.rows(give) == [(want,)]


@pytest.mark.parametrize(
    ("give", "want"),
    [
        ("SELECT id, id + 1, count(*) AS n FROM events GROUP BY 1, 2", ["id", "_col1", "n"]),
        ("SELECT *, 1 FROM events", ["id", "name", "ratio", "day", "hour", "_col5"]),
        ("SELECT coalesce(name, ''), min(id) FROM events GROUP BY 1 ORDER BY 1, 2 DESC", ["_col0", "_col1"]),
        ("SELECT ID AS Id, json_extract_scalar('{\"a\": 1}', '$.a') FROM events", ["Id", "_col1"]),
        ("VALUES (1, 2)", ["_col0", "_col1"]),
        ("SELECT id, id FROM events", ["id", "id"]),
    ],
)
def test_names(lake: Lake, give: str, want: list[str]) -> None:
    assert lake.ask(give).names == want


@pytest.mark.parametrize(
    ("give", "want"),
    [
        ("SELEC 1", "SYNTAX_ERROR"),
        ("SELECT 1; SELECT 2", "SYNTAX_ERROR: Only one sql statement is allowed"),
        (
            "SELECT nope FROM events",
            "COLUMN_NOT_FOUND: line 1:8: Column 'nope' cannot be resolved or requester is not authorized to access",
        ),
        ("SELECT * FROM nope", "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.lake.nope' does not exist"),
        ("SELECT * FROM nope.events", "SCHEMA_NOT_FOUND: line 1:15: Schema 'nope' does not exist"),
        ("SELECT bogus(1)", "FUNCTION_NOT_FOUND"),
        ("SELECT CAST('x' AS integer)", "INVALID_CAST_ARGUMENT"),
        ("INSERT INTO events VALUES (1)", "NOT_SUPPORTED"),
        ("SELECT day + 1 FROM events", "INVALID_CAST_ARGUMENT|TYPE_MISMATCH"),
    ],
)
def test_failures(lake: Lake, give: str, want: str) -> None:
    answer = lake.ask(give)
    assert answer.state == "FAILED"
    assert re.match(want, answer.reason), answer.reason
    assert answer.execution["Status"]["AthenaError"]["ErrorCategory"] == 2


def test_only_matching_partitions_are_scanned(lake: Lake) -> None:
    everything = lake.ask("SELECT count(name) FROM events").scanned
    one = lake.ask("SELECT count(name) FROM events WHERE day = '2024-03-01' AND hour = '01'").scanned
    through_view = lake.ask(
        "SELECT count(name) FROM (SELECT *, row_number() OVER (PARTITION BY day, id ORDER BY hour) AS r FROM events) "
        "WHERE r = 1 AND day = '2024-03-01'"
    ).scanned
    computed = lake.ask(
        "SELECT count(name) FROM events WHERE day < date_format(DATE '2024-03-03' - INTERVAL '1' DAY, '%Y-%m-%d')"
    ).scanned
    assert everything == 9 * one
    assert through_view == 3 * one
    assert computed == 3 * one


def test_only_used_columns_are_scanned(lake: Lake) -> None:
    # Files of less than 3 MB are read at once.
    lake.put_parquet("wide/a.parquet", pa.table({"id": range(4), "text": [os.urandom(10**6).hex() for _ in range(4)]}))
    lake.table("wide", PARQUET_SERDE, {"id": "bigint", "text": "string"})
    everything = lake.ask("SELECT * FROM wide").scanned
    small = lake.ask("SELECT sum(id) FROM wide").scanned
    assert 0 < small < everything / 10


def test_a_growing_partition_is_seen(lake: Lake) -> None:
    lake.table("growing", JSON_SERDE, {"id": "int"}, KEYS, HOURS, template="growing/day=${day}/hour=${hour}")
    for count in range(1, 4):
        lake.put_json(f"growing/day=2024-05-01/hour=10/{count}.gz", [{"id": count}])
        assert lake.rows("SELECT count(*), max(id) FROM growing WHERE day = '2024-05-01'") == [(str(count),) * 2]
    lake.put_json("growing/day=2024-05-01/hour=10/3.gz", [{"id": 9}, {"id": 8}])
    assert lake.rows("SELECT count(*), max(id) FROM growing WHERE day = '2024-05-01'") == [("4", "9")]
    lake.s3.delete_object(Bucket=BUCKET, Key="growing/day=2024-05-01/hour=10/1.gz")
    assert lake.rows("SELECT count(*) FROM growing") == [("3",)]


def test_a_column_added_later_is_null_in_older_files(lake: Lake) -> None:
    columns = {"id": "bigint", "app_version": "string"}
    lake.table("evolved", PARQUET_SERDE, columns, KEYS, HOURS, template="evolved/day=${day}/hour=${hour}")
    lake.put_parquet("evolved/day=2024-05-01/hour=10/old.parquet", pa.table({"id": [1]}))
    lake.put_parquet("evolved/day=2024-05-01/hour=10/new.parquet", pa.table({"id": [2], "app_version": ["5.2.0"]}))
    assert lake.rows("SELECT id, app_version FROM evolved ORDER BY id") == [("1", None), ("2", "5.2.0")]
    assert lake.rows("SELECT count(*) FROM evolved WHERE app_version IS NULL") == [("1",)]


def test_csv_is_read_as_declared(lake: Lake) -> None:
    text = 'Name,Count,Note\r\n"a, b",1,"say ""hi"""\r\nc,,\r\n'
    lake.put("orders/day=2024-03-01/hour=00/a.csv", text.encode())
    # Whatever the table says, this format has texts alone.
    columns = {"name": "string", "count": "string", "note": "string", "missing": "string"}
    parameters = {**HOURS, "skip.header.line.count": "1"}
    lake.table("orders", CSV_SERDE, columns, KEYS, parameters, {"separatorChar": ","}, "orders/day=${day}/hour=${hour}")
    assert lake.rows("SELECT name, count, note, missing FROM orders ORDER BY name") == [
        ("a, b", "1", 'say "hi"', None),
        ("c", "", "", None),
    ]


def test_a_row_of_csv_ends_with_its_line(lake: Lake) -> None:
    """Whatever is quoted; a line without anything is a row without values."""
    lake.put("split/a.csv", b'no,text\r\n1,"a\nb"\n2,c\rd\n\n3,"e\\"\r\n')
    columns = {"no": "string", "text": "string"}
    header = {"skip.header.line.count": "1"}
    lake.table("split", CSV_SERDE, columns, parameters=header, serde_parameters={"escapeChar": "\x01"})
    rows = lake.rows("SELECT no, text FROM split")
    assert sorted(rows, key=str) == sorted(
        [("1", None), (None, None), ("2", "c"), ("d", None), (None, None), ("3", "e\\")], key=str
    )


def test_json_values_become_the_declared_types(lake: Lake) -> None:
    rows = [
        {"n": "7", "text": 1.50, "money": 0.1, "at": "2024-03-01T10:00:00.250Z", "list": ["a"], "flag": True},
        {"N": 8, "text": {"a": [1]}, "money": "12.34", "at": "2024-03-01 11:00:00", "unknown": 1},
    ]
    lake.put_json("typed/a.gz", rows)
    columns = {
        "n": "bigint", "text": "string", "money": "decimal(10,2)", "at": "timestamp", "list": "array<string>",
        "flag": "boolean",
    }  # fmt: skip
    lake.table("typed", JSON_SERDE, columns)
    assert lake.rows("SELECT n, text, money, at, list, flag FROM typed ORDER BY n") == [
        ("7", "1.5", "0.10", "2024-03-01 10:00:00.250", "[a]", "true"),
        ("8", '{"a":[1]}', "12.34", "2024-03-01 11:00:00.000", None, None),
    ]
    lake.put_json("typed/b.gz", ['{"n": 1\n'])
    assert lake.ask("SELECT count(n) FROM typed").reason.startswith("HIVE_CURSOR_ERROR: Failed to read file at s3://")


def test_a_parquet_value_of_another_type_fails(lake: Lake) -> None:
    lake.put_parquet("wrong/a.parquet", pa.table({"n": ["seven"]}))
    lake.table("wrong", PARQUET_SERDE, {"n": "int"})
    assert lake.ask("SELECT n FROM wrong").reason.startswith("NOT_SUPPORTED: Unsupported Trino column type (integer)")


def test_enum_and_injected_partitions(lake: Lake) -> None:
    for kind in ("red", "blue", "green"):
        for tenant in ("t1", "t2"):
            lake.put_json(f"things/{kind}-of-{tenant}/a.gz", [{"id": 1}])
    parameters = {
        "projection.enabled": "true",
        "projection.kind.type": "enum",
        "projection.kind.values": "red,blue",
        "projection.tenant.type": "injected",
    }
    keys = {"kind": "string", "tenant": "string"}
    lake.table("things", JSON_SERDE, {"id": "int"}, keys, parameters, template="things/${kind}-of-${tenant}")
    assert lake.rows("SELECT kind, tenant FROM things WHERE tenant = 't2' ORDER BY 1") == [
        ("blue", "t2"),
        ("red", "t2"),
    ]
    assert lake.rows("SELECT count(*) FROM things WHERE kind = 'green' AND tenant = 't1'") == [("0",)]
    assert lake.ask("SELECT count(*) FROM things").reason.startswith("INVALID_COLUMN_PROPERTY")


def test_a_scan_of_more_than_a_million_computed_partitions_is_refused(lake: Lake) -> None:
    lake.put_json(f"many/{datetime.datetime.now(datetime.UTC):%Y-%m-%d}/07/a/a.gz", [{"id": 1}])
    kinds = {"projection.kind.type": "enum", "projection.kind.values": "a,b,c,d,e,f,g,h,i,j"}
    keys = {"day": "string", "hour": "string", "kind": "string"}
    lake.table("many", JSON_SERDE, {"id": "int"}, keys, {**HOURS, **kinds}, template="many/${day}/${hour}/${kind}")
    assert lake.ask("SELECT count(*) FROM many").reason == (
        "HIVE_EXCEEDED_PARTITION_LIMIT: Query over table 'lake.many' can potentially read more than 1000000 partitions"
    )
    # As saved queries say it.
    since = "date_format(current_date - INTERVAL '1' DAY, '%Y-%m-%d')"
    for condition in (f">= {since}", f"BETWEEN {since} AND date_format(current_date, '%Y-%m-%d')"):
        assert lake.rows(f"SELECT count(*) FROM many WHERE day {condition}") == [("1",)]


def test_registered_partitions(lake: Lake) -> None:
    for year in (2023, 2024):
        lake.put_json(f"found/{year}/a.gz", [{"id": year}])
    lake.table("found", JSON_SERDE, {"id": "int"}, {"year": "int"})
    for year in (2023, 2024):
        described = lake.glue.get_table(DatabaseName=DATABASE, Name="found")["Table"]["StorageDescriptor"]
        descriptor = {**described, "Location": f"s3://{BUCKET}/found/{year}"}
        partition = {"Values": [str(year)], "StorageDescriptor": descriptor}
        lake.glue.create_partition(DatabaseName=DATABASE, TableName="found", PartitionInput=partition)
    assert lake.rows("SELECT id, year FROM found ORDER BY 1") == [("2023", "2023"), ("2024", "2024")]
    assert lake.rows("SELECT id FROM found WHERE year >= 2024") == [("2024",)]


def test_views(lake: Lake) -> None:
    def view(name: str, sql: str, columns: dict[str, tuple[str, str]]) -> None:
        shape = [{"name": key, "type": ours} for key, (ours, _) in columns.items()]
        said = {"originalSql": sql, "catalog": "awsdatacatalog", "schema": DATABASE, "columns": shape}
        text = base64.b64encode(json.dumps(said).encode()).decode()
        stored = [{"Name": key, "Type": glue} for key, (_, glue) in columns.items()]
        lake.glue.create_table(
            DatabaseName=DATABASE,
            TableInput={
                "Name": name,
                "Description": "What it shows.",
                "TableType": "VIRTUAL_VIEW",
                "ViewOriginalText": f"/* Presto View: {text} */",
                "Parameters": {"presto_view": "true", "comment": "Presto View"},
                "StorageDescriptor": {"Columns": stored, "SerdeInfo": {}},
            },
        )

    shape = {"day": ("varchar", "string"), "n": ("bigint", "bigint")}
    view("per_day", "SELECT day, count(*) AS n FROM events GROUP BY day", shape)
    view("busy", "SELECT * FROM per_day WHERE n > 1", shape)
    view("selfish", "SELECT * FROM selfish", shape)
    context = {"Database": "nowhere"}
    assert lake.rows("SELECT b.n FROM lake.busy b WHERE day = '2024-03-01'", QueryExecutionContext=context) == [("30",)]
    assert lake.ask("SELECT * FROM selfish").reason.endswith("View is recursive")
    whole, one = (lake.ask(f"SELECT sum(n) FROM busy {where}").scanned for where in ("", "WHERE day = '2024-03-01'"))
    assert whole == 3 * one


def test_lines_are_shown_as_they_are(lake: Lake) -> None:
    long = '{"a": "' + "x" * 200_000 + '"}'
    records = ['{"a": 1.0E7, "b": "x\\\\y, \\"z\\""}', long, "\\N", "", '"quoted" and more']
    lake.put("records/a.gz", gzip.compress("\r\n".join(records).encode()))
    form = {"field.delim": "\x01", "serialization.last.column.takes.rest": "true"}
    lake.table("records", LAZY_SERDE, {"record": "string"}, serde_parameters=form)
    assert sorted(row[0] or "" for row in lake.rows("SELECT record FROM records")) == sorted(
        "" if one == "\\N" else one for one in records
    )
    assert lake.rows("SELECT json_extract_scalar(record, '$.b') FROM records WHERE record LIKE '%1.0E7%'") == [
        ('x\\y, "z"',)
    ]
    lake.put("fields/a", b"1|a|b\n2|\\\\N\n")
    lake.table("fields", LAZY_SERDE, {"id": "int", "text": "string"}, serde_parameters={"field.delim": "|"})
    assert sorted(lake.rows("SELECT id, text FROM fields")) == [("1", "a"), ("2", "\\\\N")]
