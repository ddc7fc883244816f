"""Objects with their versions, found and erased, against an in-process AWS."""

import gzip
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from moto import mock_aws

from dataplatform.contracts import Known
from dataplatform.erasure import columns, places
from dataplatform.erasure.person import Person
from dataplatform.erasure.places import Look, Place
from dataplatform.erasure.versions import Bucket

ANN = Person.of("12345", ["Ann Example"], ["ann@example.org"])
HEADERS = {"customers": [("CustomerID", "Name")]}
FILE = "customers/ingest_date=2026-01-01/ingest_hour=10/" + "a" * 64 + ".csv.gz"
MARK = "#erased " + "a" * 64


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        client = boto3.client("s3", region_name="eu-west-1")
        client.create_bucket(Bucket="lake", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        client.put_bucket_versioning(Bucket="lake", VersioningConfiguration={"Status": "Enabled"})
        yield Bucket(client, "lake")


def put(bucket: Bucket, key: str, *bodies: bytes | None, **options: Any) -> None:
    """Put versions of an object; None is a delete."""
    for body in bodies:
        if body is None:
            bucket._client.delete_object(Bucket=bucket.name, Key=key)
        else:
            bucket._client.put_object(Bucket=bucket.name, Key=key, Body=body, **options)


def erase(bucket: Bucket, look: Look, prefix: str = "") -> list[tuple]:
    plan = places.find(Place("place", bucket, prefix, look))
    assert plan.problems == []
    assert plan.waits == []
    return [(bool(after), found.removed if found else None, gone) for _, after, found, gone in places.erase(plan)]


def contents(bucket: Bucket) -> list[tuple[str, bytes | None]]:
    """All that is left, the markers too."""
    found = sorted(bucket.versions(""), key=lambda one: (one.key, not one.latest))
    return [(one.key, None if one.marker else bucket.read(one)) for one in found]


def packed(text: str) -> bytes:
    return gzip.compress(text.encode(), mtime=0)


ROW, OTHER = json.dumps({"payload": '{"user_id":"12345"}'}) + "\n", json.dumps({"payload": '{"user_id":"7"}'}) + "\n"


def test_a_raw_file_is_rewritten_and_its_old_version_gone(bucket: Bucket) -> None:
    put(
        bucket, FILE, packed("CustomerID,Name\n7,Bob\n12345,Ann\n"), ContentType="application/gzip", Metadata={"a": "b"}
    )
    assert erase(bucket, places.raw_files(ANN, {})) == [(True, (2,), 1)]
    assert contents(bucket) == [(FILE, packed(f"CustomerID,Name\n7,Bob\n{MARK}\n"))]
    head = bucket._client.head_object(Bucket=bucket.name, Key=FILE)
    assert (head["ContentType"], head["Metadata"]) == ("application/gzip", {"a": "b"})
    assert erase(bucket, places.raw_files(ANN, {})) == []


def test_what_names_customers_does_so_by_the_name_of_every_version(bucket: Bucket) -> None:
    known = Known(former={"Kunde": ("CustomerID",), "Kontakt": ("Email",), "Land": ("Country",)})
    later, other = FILE.replace("customers/", "customers/2.0.0/"), FILE.replace(".csv.", ".json.")
    put(bucket, FILE, packed("CustomerID,Email\n7,ann@example.org\n12345,\n,ann@example.org\n"))
    put(bucket, later, packed("Kunde,Kontakt,Land\n7,ann@example.org,\n12345,,\n,ann@example.org,\n8,,12345\n"))
    put(bucket, other, packed('{"Kunde":"7","Kontakt":"ann@example.org"}\n{"Kunde":"12345"}\n'))
    assert erase(bucket, places.raw_files(ANN, {}, known=known)) == [
        (True, (2, 3), 1),
        (True, (2, 3), 1),
        (True, (2,), 1),
    ]


def test_rows_lose_every_version_that_has_the_customer(bucket: Bucket) -> None:
    put(bucket, "quarantine/a", packed(OTHER), packed(ROW + OTHER), packed(OTHER + ROW))
    put(bucket, "quarantine/all", packed(OTHER), packed(ROW))
    put(bucket, "quarantine/deleted", packed(ROW), None)
    put(bucket, "quarantine/old", packed(ROW), packed(OTHER))
    put(bucket, "quarantine/none", packed(OTHER), None)
    put(bucket, "elsewhere", packed(ROW))
    assert erase(bucket, places.platform_rows(ANN, HEADERS), "quarantine/") == [
        (True, (2,), 2),
        (False, (1,), 1),
        (False, None, 2),
        (False, None, 1),
    ]
    assert contents(bucket) == [
        ("elsewhere", packed(ROW)),
        ("quarantine/a", packed(OTHER)),
        ("quarantine/a", packed(OTHER)),
        ("quarantine/all", None),  # what the object held before does not come up again
        ("quarantine/all", packed(OTHER)),
        ("quarantine/none", None),
        ("quarantine/none", packed(OTHER)),
        ("quarantine/old", packed(OTHER)),
    ]


def test_a_refused_file_stays_packed_or_plain_as_it_was(bucket: Bucket) -> None:
    put(bucket, "quarantine-files/a", b"7,Bob\n12345,Ann\n")
    put(bucket, "quarantine-files/b", packed("7,Bob\n12345,Ann\n"))
    assert erase(bucket, places.refused(ANN)) == [(True, (2,), 1), (True, (2,), 1)]
    assert [body for _, body in contents(bucket)] == [b"7,Bob\n", packed("7,Bob\n")]


def test_a_query_result_goes_as_a_whole(bucket: Bucket) -> None:
    put(bucket, "athena-results/a.csv", b'"customer_id"\n"12345"\n')
    put(bucket, "athena-results/b.csv", b'"customer_id"\n"7"\n')
    put(bucket, "athena-results/c", events(("7", "/", 3)))  # an UNLOAD: a copy, and no text
    put(bucket, "athena-results/d.csv", b'"url"\n"/?q=ann%40example.org"\n')
    assert erase(bucket, places.copies(ANN)) == [(False, (), 2)] * 3
    assert [key for key, _ in contents(bucket)] == ["athena-results/b.csv"]


def test_a_dropped_file_goes_when_it_was_taken_in(bucket: Bucket) -> None:
    put(bucket, "customers/a.csv", b"CustomerID\n12345\n")
    place = Place("landing", bucket, "", places.dropped(lambda content, body: False, ANN))
    assert places.find(place).waits == [
        "landing: s3://lake/customers/a.csv is not taken in yet: wait for the landing function"
    ]
    assert erase(bucket, places.dropped(lambda content, body: content == body, ANN)) == [(False, (), 2)]
    assert contents(bucket) == []


def test_a_failed_batch_goes_when_it_was_replayed(bucket: Bucket) -> None:
    data = "eyJ1c2VyX2lkIjoiMTIzNDUifQ=="  # {"user_id":"12345"}
    record = {"payload": json.dumps({"Records": [{"kinesis": {"data": data}}]})}
    put(bucket, "aws/lambda/a", json.dumps(record).encode())
    place = Place("failed batches", bucket, "aws/lambda/", places.failed_batches(ANN))
    assert "was not replayed" in places.find(place).waits[0]
    tags = {"TagSet": [{"Key": "replayed-at", "Value": "2026-01-01T00:00:00Z"}]}
    bucket._client.put_object_tagging(Bucket=bucket.name, Key="aws/lambda/a", Tagging=tags)
    assert erase(bucket, places.failed_batches(ANN)) == [(False, (), 2)]
    assert contents(bucket) == []


def test_the_past_of_a_table_is_forgotten(bucket: Bucket) -> None:
    put(bucket, "sales/data/a", b"1", b"2")
    put(bucket, "sales/data/b", b"1", None)
    put(bucket, "sales_hourly/data/a", b"1", b"2")
    assert bucket.forget("sales/") == 3
    assert contents(bucket) == [
        ("sales/data/a", b"2"),
        ("sales_hourly/data/a", b"2"),
        ("sales_hourly/data/a", b"1"),
    ]


def events(*rows: tuple[str | None, str, int]) -> bytes:
    users, urls, hours = zip(*rows, strict=True)
    times = [datetime(2026, 1, 1, hour, 30, tzinfo=UTC) for hour in hours]
    out = io.BytesIO()
    table = {"user_id": pa.array(users, pa.string()), "url": urls, "at": pa.array(times, pa.timestamp("us", "UTC"))}
    pq.write_table(pa.table(table), out)
    return out.getvalue()


def test_events_of_the_customer_go_and_their_hours_are_named() -> None:
    body = events(
        ("12345", "/", 3), (None, "/?mail=Ann@example.org", 5), ("7", "/?q=ann@example.org", 6), (None, "/12345", 7)
    )
    edit = columns.edit(body, "at", ANN)
    hours = [datetime(2026, 1, 1, hour, tzinfo=UTC).timestamp() for hour in (3, 5)]
    assert (edit.removed, edit.records, list(edit.hours), edit.empty) == (2, 4, hours, False)
    left, before = (pq.ParquetFile(io.BytesIO(one)).read() for one in (edit.content, body))
    assert left.schema.equals(before.schema)
    assert left["url"].to_pylist() == ["/?q=ann@example.org", "/12345"]
    assert columns.edit(edit.content, "at", ANN).removed == 0
    assert columns.edit(events(("12345", "/", 3)), "at", ANN).empty


def test_what_stays_gets_no_bounds_that_it_had_not() -> None:
    table = pq.ParquetFile(io.BytesIO(events(("12345", "/", 3), ("7", "/b@example.org", 4)))).read()
    for bounded in (["at"], ["at", "url"]):
        body = io.BytesIO()
        pq.write_table(table, body, write_statistics=bounded)
        left = columns.edit(body.getvalue(), "at", ANN)
        group = pq.ParquetFile(io.BytesIO(left.content)).metadata.row_group(0)
        found = [group.column(place) for place in range(group.num_columns)]
        assert sorted(one.path_in_schema for one in found if one.statistics) == bounded
        assert (b"b@example.org" in repr(group.column(1)).encode()) == ("url" in bounded)


def test_events_say_what_raw_says() -> None:
    said = [
        ("/?q=ann%40example.org", True),
        ("/search?q=Ann+Example", True),
        ("/account/12345", True),
        ("/product/12345", False),
        ("/?q=joann@example.org", False),
    ]
    for url, want in said:
        assert columns.edit(events((None, url, 3)), "at", ANN).removed == want, url
        assert ANN.in_fields({"url": url}) is want, url
        assert columns.edit(events(("7", url, 3)), "at", ANN).removed == 0, url


def test_processed_events_are_rewritten_as_they_are_stored(bucket: Bucket) -> None:
    put(bucket, "clicks/event_date=2026-01-01/a.parquet", events(("12345", "/", 3), ("7", "/", 4)))
    assert erase(bucket, places.clicks("at", ANN)) == [(True, 1, 1)]
    [(_, left)] = contents(bucket)
    assert pq.ParquetFile(io.BytesIO(left)).read()["user_id"].to_pylist() == ["7"]
