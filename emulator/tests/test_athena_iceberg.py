"""Athena on Iceberg tables: types, delete files, partitions, snapshots."""

from __future__ import annotations

import datetime
import decimal
from typing import Any

import pyarrow as pa
import pytest
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import DayTransform
from pyiceberg.types import (
    DecimalType,
    ListType,
    LongType,
    NestedField,
    StringType,
    TimestampType,
    TimestamptzType,
)

from emulator.tests import iceberg_writer
from emulator.tests.athena_lake import BUCKET, DATABASE, Lake

SCHEMA = Schema(
    NestedField(1, "id", LongType()),
    NestedField(2, "price", DecimalType(18, 4)),
    NestedField(3, "local", TimestampType()),
    NestedField(4, "at", TimestamptzType()),
    NestedField(5, "tags", ListType(6, StringType(), False)),
)


def rows(ids: range) -> pa.Table:
    """Rows of SCHEMA, one a day from 1 March."""
    start = datetime.datetime(2024, 3, 1, 12, 0, 0, 123456)
    moments = [start + datetime.timedelta(days=number) for number in ids]
    return pa.table(
        {
            "id": pa.array(ids, pa.int64()),
            "price": pa.array([decimal.Decimal(f"{number}.0001") for number in ids], pa.decimal128(18, 4)),
            "local": pa.array(moments, pa.timestamp("us")),
            "at": pa.array(moments, pa.timestamp("us", "UTC")),
            "tags": pa.array([[] if number % 2 else ["a", None] for number in ids], pa.list_(pa.string())),
        }
    )


@pytest.fixture(scope="module")
def lake(server: Any) -> Lake:
    return Lake(server.client)


@pytest.fixture
def table(server: Any, lake: Lake, unique: str) -> Any:
    """An unpartitioned table with the rows 0 to 9 in one file."""
    catalog = iceberg_writer.catalog(server.endpoint)
    made = catalog.create_table((DATABASE, unique), SCHEMA, f"s3://{BUCKET}/iceberg/{unique}")
    made.append(rows(range(10)))
    return made


def name(table: Any) -> str:
    return table.name()[-1]


def test_types(lake: Lake, table: Any) -> None:
    answer = lake.ask(f"SELECT * FROM {name(table)} WHERE id < 2 ORDER BY id")
    assert answer.names == ["id", "price", "local", "at", "tags"]
    assert answer.rows == [
        ("0", "0.0001", "2024-03-01 12:00:00.123456", "2024-03-01 12:00:00.123456 UTC", "[a, null]"),
        ("1", "1.0001", "2024-03-02 12:00:00.123456", "2024-03-02 12:00:00.123456 UTC", "[]"),
    ]
    assert lake.rows(f"SELECT sum(price), sum(price * 3) FROM {name(table)}") == [("45.0010", "135.0030")]
    assert lake.rows(f"SELECT count(*) FROM {name(table)} WHERE at > TIMESTAMP '2024-03-05 00:00:00 UTC'") == [("6",)]


def test_position_deletes(lake: Lake, table: Any) -> None:
    path = next(iter(table.scan().plan_files())).file.file_path
    iceberg_writer.delete_positions(table, path, [0, 3, 9])
    assert lake.rows(f"SELECT count(*), min(id), max(id) FROM {name(table)}") == [("7", "1", "8")]
    assert lake.rows(f"SELECT count(*) FROM {name(table)}") == [("7",)]
    assert lake.rows(f"SELECT id FROM {name(table)} WHERE id IN (2, 3)") == [("2",)]


def test_equality_deletes(lake: Lake, table: Any) -> None:
    iceberg_writer.delete_equal(table, pa.table({"id": pa.array([2, 4, 77], pa.int64())}))
    assert lake.rows(f"SELECT count(*) FROM {name(table)}") == [("8",)]
    assert lake.rows(f"SELECT sum(price) FROM {name(table)} WHERE id BETWEEN 2 AND 4") == [("3.0001",)]
    table.append(rows(range(2, 3)))  # newer than the delete
    assert lake.rows(f"SELECT count(*), count_if(id = 2) FROM {name(table)}") == [("9", "1")]
    moment = rows(range(5, 6)).select(["local", "price"])
    iceberg_writer.delete_equal(table, moment)
    assert lake.rows(f"SELECT count(*) FROM {name(table)} WHERE id = 5") == [("0",)]


def test_partitions_narrow_what_is_scanned(server: Any, lake: Lake, unique: str) -> None:
    catalog = iceberg_writer.catalog(server.endpoint)
    spec = PartitionSpec(PartitionField(4, 1000, DayTransform(), "at_day"))
    made = catalog.create_table((DATABASE, unique), SCHEMA, f"s3://{BUCKET}/iceberg/{unique}", partition_spec=spec)
    # PyIceberg writes no partition transforms by itself, but it can add files that fit.
    files = [f"iceberg/{unique}/data/{number}.parquet" for number in range(8)]
    for number, key in enumerate(files):
        lake.put_parquet(key, rows(range(number, number + 1)))
    made.add_files([f"s3://{BUCKET}/{key}" for key in files])
    whole = lake.ask(f"SELECT id, price, at FROM {unique}")
    day = lake.ask(f"SELECT id, price FROM {unique} WHERE at >= TIMESTAMP '2024-03-08 00:00:00 UTC'")
    none = lake.ask(f"SELECT count(*) FROM {unique}")
    assert [row[0] for row in day.rows] == ["7"]
    assert len(whole.rows) == 8
    assert whole.scanned == pytest.approx(8 * day.scanned, rel=0.1)
    assert 0 == none.scanned < whole.scanned
    assert none.rows == [("8",)]


def test_a_table_without_data(lake: Lake, unique: str) -> None:
    lake.glue.create_table(
        DatabaseName=DATABASE,
        TableInput={
            "Name": unique,
            "StorageDescriptor": {
                "Location": f"s3://{BUCKET}/iceberg/{unique}",
                "Columns": [{"Name": "id", "Type": "bigint"}, {"Name": "price", "Type": "decimal(18,2)"}],
            },
        },
        OpenTableFormatInput={"IcebergInput": {"MetadataOperation": "CREATE", "Version": "2"}},
    )
    assert lake.rows(f"SELECT count(*), sum(price) FROM {unique}") == [("0", None)]
    answer = lake.ask(f"SELECT * FROM {unique}")
    assert (answer.names, answer.rows) == (["id", "price"], [])


def test_changed_columns(lake: Lake, table: Any) -> None:
    with table.update_schema() as update:
        update.add_column("note", StringType())
        update.rename_column("price", "cost")
        update.delete_column("tags")
    assert lake.rows(f"SELECT cost, note FROM {name(table)} WHERE id = 1") == [("1.0001", None)]
    assert lake.ask(f"SELECT price FROM {name(table)}").reason.startswith("COLUMN_NOT_FOUND")


def test_snapshots(lake: Lake, table: Any) -> None:
    first = table.current_snapshot()
    table.append(rows(range(10, 12)))
    assert lake.rows(f"SELECT count(*) FROM {name(table)}") == [("12",)]
    assert lake.rows(f"SELECT count(*) FROM {name(table)} FOR VERSION AS OF {first.snapshot_id}") == [("10",)]
    moment = datetime.datetime.fromtimestamp(first.timestamp_ms / 1000, datetime.UTC)
    text = moment.strftime("%Y-%m-%d %H:%M:%S.") + f"{first.timestamp_ms % 1000:03d} UTC"
    assert lake.rows(f"SELECT max(id) FROM {name(table)} FOR TIMESTAMP AS OF TIMESTAMP '{text}'") == [("9",)]
    assert lake.rows(f'SELECT count(*) FROM "{name(table)}$snapshots"') == [("2",)]
    assert lake.rows(f'SELECT operation FROM "{DATABASE}"."{name(table)}$snapshots" LIMIT 1') == [("append",)]
    before = f"SELECT 1 FROM {name(table)} FOR TIMESTAMP AS OF TIMESTAMP '2001-01-01 00:00:00 UTC'"
    assert lake.ask(before).reason.startswith("INVALID_ARGUMENTS: No version history")
