"""Customers taken out of the tables: rows, what is computed from them, and the tables' past."""

import io
import zlib
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from conftest import Platform
from lake import path_of
from test_sales_runs import DAYS, file, line

from dataplatform.erasure.person import Person
from dataplatform.erasure.tables import Tables
from dataplatform.iceberg import Table

# A number that no digest, of hexadecimal digits, can hold by accident.
ANN, BOB = "17850", "XYZZY"


class NoVersions:
    """A bucket without versioning, as a folder is: nothing of the past is left to forget."""

    def __init__(self) -> None:
        self.prefixes: list[str] = []

    def forget(self, prefix: str) -> int:
        self.prefixes.append(prefix)
        return 0


def decoded(path: Path) -> str:
    """All that is text in a file of a table: values of Parquet, blocks of Avro however packed, and the bytes."""
    body = path.read_bytes()
    parts = [body]
    if body.startswith(b"PAR1"):
        table = pq.ParquetFile(io.BytesIO(body)).read()
        columns = [table[one.name] for one in table.schema if pa.types.is_string(one.type)]
        parts += [str(value).encode() for column in columns for value in column.to_pylist()]
    for start in range(len(body) if path.suffix == ".avro" else 0):
        for bits in (-zlib.MAX_WBITS, zlib.MAX_WBITS):
            try:
                parts.append(zlib.decompressobj(bits).decompress(body[start:]))
            except zlib.error:
                continue
    return b"\n".join(parts).decode("latin-1")


def test_a_customer_leaves_no_row_no_total_and_no_past(platform: Platform) -> None:
    platform.ledger.land(
        file(line(1, 1, 8), line(2, 1, 9).replace(ANN, BOB), line(3, 1, 9), line(4, 1, 11).replace(ANN, BOB)),
        "2010-12-01T12:00:00Z",
    )
    platform.run(DAYS[0])
    for other in ("processed.customers", "curated.customers_current"):
        platform.make(other)
    bucket, person = NoVersions(), Person.of(BOB)
    contracts = platform.contracts.without_features()
    tables = Tables(platform.spark, platform.arguments("", "erase", DAYS[0]), contracts, platform.store)
    assert [one.id for one in tables.personal()] == ["processed.sales", "processed.customers"]
    sales = platform.contracts.get("processed.sales")
    value = platform.contracts.get("curated.customer_value")
    roots = [path_of(str(Table(platform.spark, tables.name(one)).handle.location())) for one in (sales, value)]
    before = [decoded(path) for root in roots for path in root.rglob("*") if path.suffix in {".parquet", ".avro"}]
    assert any(BOB in text for text in before)
    assert any(person.key in text for text in before)

    rows = tables.erase(person, lambda: None)
    made = [one for one in tables.touched() if one.id in platform.made]
    for contract in made:
        tables.forget(contract, bucket)

    assert (rows["processed.sales"], rows["processed.customers"], rows["curated.customer_value"]) == (2, 0, 0)
    assert {row["customer_id"] for row in platform.table("processed.sales").collect()} == {ANN}
    [left] = platform.table("curated.customer_value").collect()
    assert left["lines"] == 2
    assert sum(row["lines"] for row in platform.table("curated.sales_hourly").collect()) == 2
    assert platform.table("curated.sales_hourly").count() == 2, "the hour that was the customer's alone is gone"
    for path in (path for root in roots for path in root.rglob("*") if path.suffix in {".parquet", ".avro"}):
        text = decoded(path)
        assert BOB not in text, path
        assert person.key not in text, path
    assert "sales/" in bucket.prefixes
    assert tables.erase(person, lambda: None)["processed.sales"] == 0
