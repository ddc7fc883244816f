"""A whole erasure against an in-process AWS, with the tables played by a double."""

import gzip
import hashlib
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from lake import FreeLeases
from moto import mock_aws
from moto.core import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends

from dataplatform.contracts import Contracts
from dataplatform.erasure import readings
from dataplatform.erasure.person import Person
from dataplatform.erasure.run import BlockedError, Erasure
from dataplatform.erasure.search import Buckets
from dataplatform.erasure.versions import Bucket
from dataplatform.hours import iso
from dataplatform.reading import lines

LAYERS = ("landing", "raw", "processed", "curated", "artifacts", "discarded", "features")
HEADER = "CustomerID,Name,Email,BirthDate,Postcode,Country,UpdatedAt\n"
MINE = "12345.0,Ann Example,ann@example.org,,,France,2025-01-06T09:00:00Z\n"
OTHER = "777,Bob,bob@example.org,,,France,2025-01-06T09:00:00Z\n"
FOLDER = "ingest_date=2026-01-01/ingest_hour=10/"


class PlayedTables:
    """Tables that know the customer's name and note what they are asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def known_as(self, person: Person) -> Person:
        return person.known_as(["Ann Example"], ["ann@example.org"])

    def touched(self) -> list[SimpleNamespace]:
        ids = ("curated.customer_value", "processed.customers")
        return [SimpleNamespace(id=one, layer=one.split(".")[0], dataset=one.split(".")[1]) for one in ids]

    def name(self, contract: SimpleNamespace) -> str:
        return f"glue_catalog.{contract.id}"

    def recompute_clicks(self, hours: list[int], check: Any) -> None:
        self.asked.append(f"clicks {hours}")

    def unlearn(self, person: Person, visitors: set[str], check: Any) -> dict[str, int]:
        self.asked.append(f"features of {sorted(visitors)}")
        return {}

    def erase(self, person: Person, lost: set[str], check: Any) -> dict[str, int]:
        self.lost = lost
        self.asked.append("rows")
        return {"processed.customers": 2}

    def forget(self, contract: SimpleNamespace, bucket: Bucket) -> int:
        self.asked.append(f"{contract.id} in {bucket.name}")
        return 5


class NotedLedger:
    """A ledger that has some files."""

    def __init__(self, *digests: str) -> None:
        self._digests, self.marked = set(digests), []

    def digests(self, dataset: str) -> set[str]:
        return self._digests if dataset == "customers" else set()

    def unname(self, dataset: str, named: Any, by: str) -> int:
        return [named(key) for key in ("customers/a.csv", "customers/ann%40example.org.csv")].count(True)

    def mark_erased(self, *entry: Any, **more: Any) -> None:
        self.marked.append((*entry, more))


@contextmanager
def layers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """S3 with the buckets of a stack, which keep versions."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        for name in LAYERS:
            client.create_bucket(Bucket=name)
            client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        yield client


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    with layers(monkeypatch) as client:
        yield client


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def fill(client: Any) -> str:
    """Put the customer into most places; return the key of the raw file."""
    text = HEADER + OTHER + MINE
    key = f"customers/{FOLDER}{digest(text)}.csv.gz"
    row = json.dumps({"identity": "a:1", "payload": MINE.strip()}) + "\n"
    for bucket, name, body in (
        ("landing", "customers/a.csv", text.encode()),
        ("raw", key, gzip.compress(text.encode())),
        ("raw", f"quarantine/customers/reason=missing_field/{FOLDER}a.ndjson.gz", gzip.compress(row.encode())),
        ("raw", "assets/products/12345/a.txt", b"12345 pieces"),
        ("artifacts", "athena-results/a.csv", b'"12345"\n'),
        ("artifacts", "runs/customers/a.json", b"12345"),
    ):
        client.put_object(Bucket=bucket, Key=name, Body=body)
    return key


def erasure(client: Any, contracts: Contracts, ledger: NotedLedger, since: datetime | None = None) -> Erasure:
    def put(key: str, body: bytes) -> None:
        client.put_object(Bucket="artifacts", Key=key, Body=body)

    buckets = Buckets(*(Bucket(client, name) for name in LAYERS))
    return Erasure(buckets, PlayedTables(), contracts, "r1", ledger, FreeLeases(), put, since=since)


def keys(client: Any, bucket: str) -> list[str]:
    return sorted(one.key for one in Bucket(client, bucket).versions(""))


def test_an_erasure_from_the_request_to_the_account(client: Any, contracts: Contracts) -> None:
    key = fill(client)
    left = HEADER + OTHER + f"{lines.mark(digest(HEADER + OTHER + MINE))}\n"
    ledger = NotedLedger(digest(HEADER + OTHER + MINE))
    run = erasure(client, contracts, ledger)
    account = run.run("12345")

    assert keys(client, "landing") == []
    assert keys(client, "raw") == ["assets/products/12345/a.txt", key]
    assert keys(client, "artifacts") == ["audit/erasures/r1.json", "audit/erasures/r1.json", "runs/customers/a.json"]
    rewritten = client.get_object(Bucket="raw", Key=key)
    assert gzip.decompress(rewritten["Body"].read()).decode() == left
    received = digest(HEADER + OTHER + MINE)
    assert ledger.marked == [
        ("customers", received, rewritten["VersionId"], digest(left), {"request": "r1", "lines": 1})
    ]
    assert run.leases.held == ["glue_catalog.curated.customer_value", "glue_catalog.processed.customers"]
    assert run.tables.asked == [
        "features of []",
        "clicks []",
        "rows",
        "curated.customer_value in curated",
        "processed.customers in processed",
    ]
    assert account["places"]["raw.customers"] == {"objects": 1, "records": 1, "versionsRemoved": 1}
    assert account["places"]["landing"] == {"objects": 1, "records": 0, "versionsRemoved": 2}
    assert account["places"]["raw.quarantine"] == {"objects": 1, "records": 1, "versionsRemoved": 2}
    assert account["places"]["query results"]["objects"] == 1
    assert account["namesInLedger"] == 4, "one for each dataset of files, and of assets"
    assert account["tables"]["processed.customers"] == {"rows": 2, "versionsRemoved": 5}
    [entry] = [one for one in account["objects"] if one["place"] == "raw.customers"]
    assert (entry["before"], entry["after"], entry["records"]) == (received, digest(left), (2,))

    written = client.get_object(Bucket="artifacts", Key="audit/erasures/r1.json")["Body"].read().decode()
    assert json.loads(written)["state"] == "done"
    for word in ("12345", "Ann Example", "ann@example.org"):
        assert word not in written, "the account names nobody"


def bodies(client: Any) -> dict[tuple[str, str], bytes]:
    """The objects that there are, by bucket and name, without the account."""
    found = {}
    for bucket in LAYERS:
        for one in client.list_objects_v2(Bucket=bucket).get("Contents", []):
            if not one["Key"].startswith("audit/"):
                found[bucket, one["Key"]] = client.get_object(Bucket=bucket, Key=one["Key"])["Body"].read()
    return found


def test_what_a_restore_brings_back_is_erased_again(client: Any, contracts: Contracts) -> None:
    """The drill of docs/erasure.md, "After a restore": a copy from before it of every object, then the same erasure."""
    fill(client)
    copy = bodies(client)
    ledger = NotedLedger(digest(HEADER + OTHER + MINE))
    erasure(client, contracts, ledger).run("12345")
    erased, versions = bodies(client), keys(client, "raw")
    for (bucket, key), body in copy.items():
        client.put_object(Bucket=bucket, Key=key, Body=body)
    assert bodies(client) == copy, "the customer is back"
    account = erasure(client, contracts, ledger).run("12345")
    assert (account["state"], account["places"]["raw.customers"]["records"]) == ("done", 1)
    assert bodies(client) == erased
    assert sorted(set(keys(client, "raw"))) == versions, "and in no older version"
    assert ledger.marked[0][3] == ledger.marked[1][3], "the file is what it was after the first"


def test_what_models_learn_from_goes_before_what_tells_who_the_visitor_was(client: Any, contracts: Contracts) -> None:
    clicks = pa.table(
        {
            "user_id": ["12345", None, "777"],
            "visitor_id": ["v1", "v1", "v2"],
            "event_time": [datetime(2026, 1, 1, 10, tzinfo=UTC)] * 3,
        }
    )
    body = io.BytesIO()
    pq.write_table(clicks, body)
    client.put_object(Bucket="processed", Key="clicks/event_date=2026-01-01/a.parquet", Body=body.getvalue())
    for key in ("training/r1/full/interactions/a.parquet", "batch/r1/recommendations.parquet", "model_runs/r1.json"):
        client.put_object(Bucket="features", Key=key, Body=b"an older version")
        client.put_object(Bucket="features", Key=key, Body=b"a version")
    run = erasure(client, contracts, NotedLedger())
    account = run.run("12345")
    hour = int(datetime(2026, 1, 1, 10, tzinfo=UTC).timestamp())
    assert run.tables.asked[:3] == ["features of ['v1']", f"clicks [{hour}]", "rows"]
    assert keys(client, "features") == ["model_runs/r1.json"] * 2
    assert account["places"]["files of runs, training"] == {"objects": 1, "records": 0, "versionsRemoved": 3}
    assert account["places"]["files of runs, batch"] == {"objects": 1, "records": 0, "versionsRemoved": 3}


def test_what_stands_in_the_way_is_told_before_anything_changes(client: Any, contracts: Contracts) -> None:
    fill(client)
    before = {name: keys(client, name) for name in LAYERS}
    run = erasure(client, contracts, NotedLedger())
    with pytest.raises(BlockedError, match="nothing was changed: landing: .* is not taken in yet"):
        run.run("12345")
    assert {name: keys(client, name) for name in LAYERS} == before
    assert run.tables.asked == []


def test_of_what_was_written_since_a_moment_only_that_goes_and_no_copy_of_others(
    client: Any, contracts: Contracts
) -> None:
    """A verification's canaries: neither older data nor anybody's results are read or lost for them."""
    text = HEADER + OTHER + MINE
    for bucket, name, body in (
        ("landing", "customers/old.csv", text.encode()),
        ("landing", "customers/new.csv", text.encode()),
        ("artifacts", "exports/r0/manifest.json", b'"12345"'),
        ("artifacts", "athena-results/a.csv", b'"12345"'),
        ("features", "training/r1/a.parquet", b"PAR1"),
    ):
        client.put_object(Bucket=bucket, Key=name, Body=body)
    moment = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    old = s3_backends[DEFAULT_ACCOUNT_ID]["aws"].get_object("landing", "customers/old.csv")
    old.last_modified = (moment - timedelta(seconds=1)).replace(tzinfo=None)
    account = erasure(client, contracts, NotedLedger(digest(text)), moment).run("12345")
    assert keys(client, "landing") == ["customers/old.csv"]
    assert set(keys(client, "artifacts")) >= {"exports/r0/manifest.json", "athena-results/a.csv"}
    assert keys(client, "features") == ["training/r1/a.parquet"]
    assert (account["since"], account["namesInLedger"], account["state"]) == (iso(moment), 0, "done")


def test_a_customer_nobody_knows_is_an_empty_account(client: Any, contracts: Contracts) -> None:
    client.put_object(Bucket="raw", Key=f"customers/{FOLDER}a.csv.gz", Body=gzip.compress(HEADER.encode()))
    account = erasure(client, contracts, NotedLedger()).run("9")
    assert all(place == {"objects": 0, "records": 0, "versionsRemoved": 0} for place in account["places"].values())
    assert account["objects"] == []


def test_the_folders_are_those_of_the_functions() -> None:
    layout = (Path(__file__).resolve().parents[2] / "lambdas" / "internal" / "layout" / "layout.go").read_text()
    assert '"quarantine/"' in layout
    assert '"quarantine-files/"' in layout


def events(*rows: tuple[str, int, str | None, str]) -> bytes:
    """Processed clicks: sequence numbers, ordinals, users, addresses of pages."""
    sequences, ordinals, users, urls = zip(*rows, strict=True)
    table = pa.table(
        {
            "shard": ["s"] * len(rows),
            "sequence_number": sequences,
            "ordinal": pa.array(ordinals, pa.int32()),
            "user_id": pa.array(users, pa.string()),
            "url": urls,
            "event_time": [datetime(2026, 1, 1, 10, tzinfo=UTC)] * len(rows),
        }
    )
    body = io.BytesIO()
    pq.write_table(table, body)
    return body.getvalue()


def raw_clicks(*rows: tuple[str, int, dict[str, Any]]) -> bytes:
    said = [
        {"shard": "s", "sequence_number": sequence, "ordinal": ordinal, "payload": json.dumps(payload)}
        for sequence, ordinal, payload in rows
    ]
    return gzip.compress("".join(json.dumps(one) + "\n" for one in said).encode())


def test_what_raw_loses_processed_and_quarantine_lose_and_the_other_way_round(
    client: Any, contracts: Contracts
) -> None:
    text = HEADER + OTHER + "777,x,y,,,France,2025-01-06T09:00:00Z\n" + ",Ann Example,,,,France,2025-01-06T09:00:00Z\n"
    file_key = f"customers/{FOLDER}{digest(text)}.csv.gz"
    apart = [{"identity": f"{digest(text)}:{line}", "payload": "not what raw has"} for line in (1, 2, 3)]
    apart[1]["payload"] = '{"mail":"ann%40example.org"}'  # the row says more than the line
    clicks, row_key = f"clicks/{FOLDER}a.ndjson.gz", f"quarantine/customers/reason=x/{FOLDER}a.ndjson.gz"
    more, less = {"url": "/?q=ann%40example.org"}, {"url": "/"}
    for bucket, name, body in (
        ("raw", file_key, gzip.compress(text.encode())),
        ("raw", row_key, gzip.compress("".join(json.dumps(one) + "\n" for one in apart).encode())),
        ("raw", clicks, raw_clicks(("1", 0, more), ("1", 1, less), ("2", 0, less), ("3", 0, less))),
        (
            "processed",
            clicks,
            events(("1", 0, None, "/"), ("1", 1, None, "/"), ("2", 0, "12345", "/"), ("3", 0, None, "/")),
        ),
    ):
        client.put_object(Bucket=bucket, Key=name, Body=body)
    run = erasure(client, contracts, NotedLedger(digest(text)))
    account = run.run("12345")

    marked = f"{lines.mark(digest(text))}\n"
    assert gzip.decompress(client.get_object(Bucket="raw", Key=file_key)["Body"].read()).decode() == (
        HEADER + OTHER + marked * 2
    )
    left = gzip.decompress(client.get_object(Bucket="raw", Key=row_key)["Body"].read()).decode()
    assert [json.loads(line)["identity"] for line in left.splitlines()] == [f"{digest(text)}:1"]
    left = gzip.decompress(client.get_object(Bucket="raw", Key=clicks)["Body"].read()).decode()
    assert [json.loads(line)["sequence_number"] + str(json.loads(line)["ordinal"]) for line in left.splitlines()] == [
        "11",
        "30",
    ]
    table = pq.ParquetFile(io.BytesIO(client.get_object(Bucket="processed", Key=clicks)["Body"].read())).read()
    assert list(zip(table["sequence_number"].to_pylist(), table["ordinal"].to_pylist(), strict=True)) == [
        ("1", 1),
        ("3", 0),
    ]
    assert run.tables.lost == {f"{digest(text)}:2", f"{digest(text)}:3", "s:1:0", "s:2:0"}
    assert account["state"] == "done"


def test_which_records_of_a_stream_were_stored_stays_known(client: Any, contracts: Contracts) -> None:
    key = f"clicks/{FOLDER}shardId-0-1-2.ndjson.gz"
    client.put_object(Bucket="raw", Key=key, Body=raw_clicks(("1", 0, {"user_id": "12345"})))
    erasure(client, contracts, NotedLedger()).run("12345")
    assert gzip.decompress(client.get_object(Bucket="raw", Key=key)["Body"].read()) == b""
    assert keys(client, "raw") == [key], "no older version"


def test_an_object_that_cannot_be_looked_through_is_named_and_all_others_are_erased(
    client: Any, contracts: Contracts, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = fill(client)
    monkeypatch.setattr(readings, "LIMIT", 100_000)
    names = ("quarantine-files/customers/a", "quarantine-files/customers/ann@example.org")
    for name in names:
        client.put_object(Bucket="raw", Key=name, Body=gzip.compress(bytes(200_000)))
    client.put_object(Bucket="processed", Key="clicks/event_date=2026-01-01/b.parquet", Body=b"PAR1 and nothing else")
    account = erasure(client, contracts, NotedLedger(digest(HEADER + OTHER + MINE))).run("12345")

    assert account["state"] == "incomplete"
    assert [(one["object"], one["error"]) for one in account["problems"]] == [
        ("s3://processed/clicks/event_date=2026-01-01/b.parquet", "ArrowInvalid"),
        ("s3://raw/quarantine-files/customers/a", "TooLargeError"),
        ("s3://raw/(named the customer)", "TooLargeError"),
    ]
    assert MINE not in gzip.decompress(client.get_object(Bucket="raw", Key=key)["Body"].read()).decode()
    assert keys(client, "landing") == []
