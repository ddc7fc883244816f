"""Customers taken out of the tables: rows, what is computed from them, and the tables' past."""

import io
import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from conftest import Platform
from lake import SECRET, path_of
from test_assets import event, land
from test_curated import want
from test_features import NOW
from test_product_assets import found, image, run
from test_sales_runs import DAYS, file, line

from dataplatform.engine.iceberg import Table
from dataplatform.erasure.person import Person
from dataplatform.erasure.tables import Tables

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
    began = datetime.now(UTC)
    platform.ledger.land(
        file(
            line(1, 1, 8),
            line(2, 1, 9).replace(f"{ANN}.0", BOB),
            line(3, 1, 9),
            line(4, 1, 11).replace(f"{ANN}.0", BOB),
        ),
        "2010-12-01T12:00:00Z",
    )
    platform.run(DAYS[0])
    for other in ("processed.customers", "curated.customers_current", "processed.assets"):
        platform.make(other)
    bucket, person = NoVersions(), Person.of(BOB).under([SECRET])
    contracts = platform.contracts.without_features()
    tables = Tables(platform.spark, platform.arguments("", "erase", DAYS[0]), contracts, [SECRET])
    assert [one.id for one in tables.personal()] == ["processed.sales", "processed.customers"]
    sales = platform.contracts.get("processed.sales")
    value = platform.contracts.get("curated.customer_value")
    roots = [path_of(str(Table(platform.spark, tables.name(one)).handle.location())) for one in (sales, value)]
    before = [decoded(path) for root in roots for path in root.rglob("*") if path.suffix in {".parquet", ".avro"}]
    assert any(BOB in text for text in before)
    assert any(person.key in text for text in before)

    rows = tables.erase(person, (), lambda: None)
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
    assert tables.erase(person, (), lambda: None)["processed.sales"] == 0

    platform.make("processed.products")
    line_of_other = platform.table("processed.sales").first()
    lost = {f"{line_of_other['file_digest']}:{line_of_other['line_number']}", "s:1:0"}
    assert replace(tables, since=datetime.now(UTC) + timedelta(days=1)).erase(person, lost, lambda: None) == {}
    recent, forgotten = replace(tables, since=began), len(bucket.prefixes)
    assert recent.known_as(person) == person, "whom nothing knew is not looked up"
    rows = recent.erase(person, lost, lambda: None)
    assert rows["processed.sales"] == 1, "a line that raw lost"
    assert "processed.products" not in rows, "what nobody wrote is not read"
    assert [recent.forget(one, bucket) for one in made] == [0] * len(made), "the past stays"
    assert platform.spark.table(f"{tables.name(sales)}.snapshots").count() > 1
    assert len(bucket.prefixes) == forgotten
    assert platform.table("processed.sales").count() == 1
    assert sum(row["lines"] for row in platform.table("curated.sales_hourly").collect()) == 1


def test_rows_about_assets_go_with_what_is_computed_from_them(platform: Platform) -> None:
    assets = [image(name, "1", f"0{name[0]}", at=f"12:3{at}:00") for at, name in enumerate(("A.png", "B.png"))]
    named = event("assets/ann@example.org.png", "1", "0C") | {"product_id": "2"}
    land(platform, *assets, named)
    run(platform)
    assert {one: images for one, (_, images, _) in found(platform).items()} == {"1": 2, "2": 1}
    some = ("processed.assets", "curated.product_assets", "processed.products", "raw.assets", "raw.products")
    contracts = replace(
        platform.contracts,
        contracts={one: platform.contracts.get(one) for one in some},
        pipelines={"assets": platform.contracts.pipeline("assets")},
    )
    tables = Tables(platform.spark, platform.arguments("", "erase", DAYS[0]), contracts, [SECRET])
    assert [one.id for one in tables.touched()] == [
        "curated.product_assets",
        "processed.assets",
        "processed.products",
    ]
    ann, lost = Person.of(ANN, [], ["ann@example.org"]), {"assets/B.png?versionId=1", "s:1:0"}
    assert tables.erase(ann, lost, lambda: None) == {"processed.assets": 2}
    assert [row["object_key"] for row in platform.table("processed.assets").collect()] == ["assets/A.png"]
    assert {one: (images, key) for one, (_, images, key) in found(platform).items()} == {"1": (1, "assets/A.png")}


def test_what_models_learn_from_and_say_goes_with_its_past(platform: Platform) -> None:
    person, made = Person.of(BOB).under([SECRET]), {}
    interactions = platform.contracts.get("features.interactions")
    for party in (person.key, "v1", "v2", SECRET.name(ANN)):
        kind = "visitor" if party.startswith("v") else "customer"
        made[party] = (NOW, party, kind, "A1", 1, 0, 0, 0, 1.0, "2026-03-01 10:00:00", None)
    recommendations = platform.contracts.get("curated.recommendations")
    said = [(one, 1, "A1", 0.5, "m1", NOW) for one in (person.key, SECRET.name(ANN))]
    for contract, rows in ((interactions, list(made.values())), (recommendations, said)):
        want(platform.spark, contract, rows).writeTo(platform.make(contract.id)).append()
    some = {one.id: one for one in (interactions, recommendations)}
    some["features.products"] = platform.contracts.get("features.products")
    contracts = replace(platform.contracts, pipelines={}, contracts=some)
    tables = Tables(platform.spark, platform.arguments("", "erase", DAYS[0]), contracts, [SECRET])
    roots = [path_of(str(Table(platform.spark, platform.made[one]).handle.location())) for one in platform.made]

    assert [one.id for one in tables.touched()] == ["curated.recommendations", "features.interactions"]
    assert tables.unlearn(person, {"v1"}, lambda: None) == {"features.interactions": 2}
    assert tables.erase(person, (), lambda: None) == {"curated.recommendations": 1}
    bucket = NoVersions()
    for contract in tables.touched():
        tables.forget(contract, bucket)

    assert {row["party_key"] for row in platform.table("features.interactions").collect()} == {
        "v2",
        SECRET.name(ANN),
    }
    assert [row["customer_key"] for row in platform.table("curated.recommendations").collect()] == [SECRET.name(ANN)]
    for path in (path for root in roots for path in root.rglob("*") if path.suffix in {".parquet", ".avro"}):
        assert person.key not in decoded(path), path
    assert bucket.prefixes == ["recommendations/", "interactions/"]
    assert tables.unlearn(person, {"v1"}, lambda: None) == {"features.interactions": 0}
