"""A small lake for Athena's tests: tables of each kind, and one way to ask."""

from __future__ import annotations

import gzip
import io
import json
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from emulator.tests.conftest import eventually

BUCKET = "athena-lake"
DATABASE = "lake"
OUTPUT = f"s3://{BUCKET}/results"
JSON_SERDE = "org.openx.data.jsonserde.JsonSerDe"
LAZY_SERDE = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
CSV_SERDE = "org.apache.hadoop.hive.serde2.OpenCSVSerde"
PARQUET_SERDE = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
# What Athena asks a table for beside its SerDe.
_TEXT = ("org.apache.hadoop.mapred.TextInputFormat", "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat")
_PARQUET = "org.apache.hadoop.hive.ql.io.parquet.MapredParquet"
HOURS = {
    "projection.enabled": "true",
    "projection.day.type": "date",
    "projection.day.format": "yyyy-MM-dd",
    "projection.day.range": "2010-01-01,NOW+1DAY",
    "projection.hour.type": "integer",
    "projection.hour.range": "0,23",
    "projection.hour.digits": "2",
}


@dataclass
class Answer:
    """A query that ended."""

    execution: dict[str, Any]
    names: list[str]
    rows: list[tuple[str | None, ...]]

    @property
    def state(self) -> str:
        return self.execution["Status"]["State"]

    @property
    def reason(self) -> str:
        return self.execution["Status"].get("StateChangeReason", "")

    @property
    def scanned(self) -> int:
        return self.execution["Statistics"]["DataScannedInBytes"]


class Lake:
    """The bucket, its database, and a way to query them; one for all tests of a server."""

    def __init__(self, client: Any):
        self.s3, self.glue, self.athena = client("s3"), client("glue"), client("athena")
        if BUCKET not in [found["Name"] for found in self.s3.list_buckets()["Buckets"]]:
            self.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
            self.glue.create_database(DatabaseInput={"Name": DATABASE})

    def put(self, key: str, body: bytes) -> int:
        """Write an object; its size."""
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body)
        return len(body)

    def put_json(self, key: str, rows: list[Any]) -> int:
        """Write rows as compressed JSON lines."""
        text = "".join(row if isinstance(row, str) else json.dumps(row) + "\n" for row in rows)
        return self.put(key, gzip.compress(text.encode()))

    def put_parquet(self, key: str, data: pa.Table) -> int:
        """Write a Parquet file."""
        body = io.BytesIO()
        pq.write_table(data, body, compression="zstd")
        return self.put(key, body.getvalue())

    def table(
        self,
        name: str,
        serde: str,
        columns: dict[str, str],
        partitions: dict[str, str] | None = None,
        parameters: dict[str, str] | None = None,
        serde_parameters: dict[str, str] | None = None,
        template: str = "",
    ) -> None:
        """Create a Hive table under its name's prefix."""
        parameters = dict(parameters or {})
        reads, writes = (_PARQUET + "InputFormat", _PARQUET + "OutputFormat") if serde == PARQUET_SERDE else _TEXT
        if template:
            parameters["storage.location.template"] = f"s3://{BUCKET}/{template}"
        self.glue.create_table(
            DatabaseName=DATABASE,
            TableInput={
                "Name": name,
                "TableType": "EXTERNAL_TABLE",
                "Parameters": parameters,
                "PartitionKeys": [{"Name": key, "Type": kind} for key, kind in (partitions or {}).items()],
                "StorageDescriptor": {
                    "Location": f"s3://{BUCKET}/{name}/",
                    "InputFormat": reads,
                    "OutputFormat": writes,
                    "Columns": [{"Name": key, "Type": kind} for key, kind in columns.items()],
                    "SerdeInfo": {"SerializationLibrary": serde, "Parameters": serde_parameters or {}},
                },
            },
        )

    def start(self, sql: str, **more: Any) -> str:
        """Start a query; its id."""
        given = {
            "QueryExecutionContext": {"Database": DATABASE},
            "ResultConfiguration": {"OutputLocation": OUTPUT},
            **more,
        }
        return self.athena.start_query_execution(QueryString=sql, **given)["QueryExecutionId"]

    def execution(self, query_id: str) -> dict[str, Any]:
        """GetQueryExecution."""
        return self.athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]

    def ended(self, query_id: str) -> dict[str, Any]:
        """The execution once it has ended."""
        final = ("SUCCEEDED", "FAILED", "CANCELLED")
        eventually(lambda: self.execution(query_id)["Status"]["State"] in final, 240)
        return self.execution(query_id)

    def ask(self, sql: str, **more: Any) -> Answer:
        """Run a query to its end, and read its first page."""
        query_id = self.start(sql, **more)
        execution = self.ended(query_id)
        if execution["Status"]["State"] != "SUCCEEDED":
            return Answer(execution, [], [])
        lines = self.athena.get_query_results(QueryExecutionId=query_id)["ResultSet"]["Rows"]
        values = [tuple(cell.get("VarCharValue") for cell in line["Data"]) for line in lines]
        return Answer(execution, [str(name) for name in values[0]], values[1:])

    def rows(self, sql: str, **more: Any) -> list[tuple[str | None, ...]]:
        """The rows of a query that must succeed."""
        answer = self.ask(sql, **more)
        assert answer.state == "SUCCEEDED", answer.reason
        return answer.rows
