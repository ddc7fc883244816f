"""One customer in every prefix that any role may write, in every form that a producer can send: none is left."""

import base64
import bz2
import gzip
import hashlib
import importlib.util
import io
import json
import re
import tarfile
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from odd_lines import CASES
from test_erasure_readings import aggregated, snappy, zstd
from test_erasure_run import LAYERS, NotedLedger, erasure, layers

from dataplatform.contracts import Contracts
from dataplatform.erasure.assets import Assets
from dataplatform.erasure.person import Person
from dataplatform.erasure.tables import Tables

REPOSITORY = Path(__file__).resolve().parents[2]
WRITTEN = json.loads((CASES / "written_prefixes.json").read_text(encoding="utf-8"))
NUMBER, NAME, EMAIL = "12345", "Ann Example", "ann@example.org"
# Where no role writes what names a customer; docs/erasure.md says so, and for how long what is there stays.
LEFT = {
    "artifacts/audit/": "erasures, which name nobody",
    "artifacts/lineage/": "what came of what, by digests",
    "artifacts/runs/": "counts",
    "features/feature-store/": "of products",
    "features/model_runs/": "measures of models",
    "features/products/": "of products",
}


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    with layers(monkeypatch) as client:
        yield client


@pytest.fixture(scope="module")
def holds() -> ModuleType:
    """The scan of the whole platform's self-check, which knows nothing of how an erasure reads."""
    spec = importlib.util.spec_from_file_location("holds", REPOSITORY / "e2e" / "everywhere" / "holds.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_prefix_that_a_role_may_write_is_looked_at_or_said_not_to_be(client: Any, contracts: Contracts) -> None:
    run = erasure(client, contracts, NotedLedger())
    everywhere = (*run.of_assets(Assets(person())), *run.places(person()), *run.copies(person()))
    searched = [f"{one.bucket.name}/{one.prefix}" for one in everywhere]
    touched = Tables(None, None, contracts).touched()
    tables = [f"{one.layer}/{one.dataset}/" for one in touched]
    for prefix in WRITTEN:
        folder = prefix.removesuffix("_$folder$").rstrip("/") + "/"
        where = [one for one in (*searched, *tables, *LEFT) if folder.startswith(one)]
        assert where, f"{prefix}: an erasure does not look there"
    for left in LEFT:
        assert any(prefix.startswith(left) for prefix in WRITTEN), f"{left}: nobody writes there"


URL = "https://shop.example"
EVENTS: list[dict[str, Any]] = [
    *({"user_id": text} for text in (NUMBER, f"{NUMBER}.0", "1.2345E+04", f'="{NUMBER}"', f"'{NUMBER}")),
    *({"user_id": text} for text in (int(NUMBER), "\uff11\uff12\uff13\uff14\uff15")),
    *({name: NUMBER} for name in ("CustomerNumber", "customer no", "uid")),
    {"url": f"{URL}/?mail=ann%40example.org"},
    {"url": f"{URL}/?mail=ann%2540example.org"},
    {"url": f"{URL}/?m={base64.b64encode(EMAIL.encode()).decode()}"},
    {"url": f"{URL}/?m={base64.urlsafe_b64encode(f'mail {EMAIL} now'.encode()).decode()}"},
    {"url": f"{URL}/search?q=Ann+Example"},
    {"url": f"{URL}/search?q=ANN%20EXAMPLE#top"},
    {"url": f"{URL}/account/{NUMBER}/orders"},
    {"url": f"{URL}/?customer_id={NUMBER}", "user_id": None},
    {"search_term": f" {NAME} "},
    {"referrer": "https://mail.example/?to=Ann@Example.org"},
    {"utm_term": EMAIL, "user_id": ""},
    {"items": [{"note": f"for {EMAIL}"}]},
]
# What processed has of an event.
COLUMNS = ("user_id", "url", "search_term", "referrer", "utm_term")
STORED = [one for one in EVENTS if set(one) <= set(COLUMNS)]
OTHERS = [
    {"user_id": "777", "url": f"{URL}/product/{NUMBER}"},
    {"user_id": None, "url": f"{URL}/?q=joann@example.org", "product_id": NUMBER},
    {"user_id": "112345", "search_term": "Ann Example's other"},
]
HEAD = "CustomerID,Name,Email,BirthDate,Postcode,Country,UpdatedAt\n"
LINES = [
    *(f"{text},x,,,,France,2025\n" for text in (NUMBER, f"{NUMBER}.00", f'"{NUMBER},0"', "1.2345e4", f"'{NUMBER}")),
    f",{NAME},,,,France,2025\n",
    f",x,<{EMAIL}>,,,France,2025\n",
    f',"ANN  EXAMPLE",mailto:{EMAIL},,,France,2025\n',
    f"too,few,{EMAIL}\n",
    f"and,too,many,{NUMBER},5,6,7,8,9\n",
    ",x,,,,ann%40example.org,2025\n",
]
OTHER_LINES = [f"777,Bob,b@example.org,{NUMBER},,France,2025\n", "123456,x,,,,France,2025\n"]
SHIFTED = [f"{NAME},{NUMBER},{EMAIL},,,France,2025", f"x{NAME},,,{EMAIL},,{NUMBER},"]


def archive(content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("xl/sharedStrings.xml", content)
    return out.getvalue()


def packed(text: str) -> list[bytes]:
    """A text in every packing and encoding that a file may come in."""
    plain = text.encode()
    return [
        *(plain, gzip.compress(plain), gzip.compress(plain)[:-8], bz2.compress(plain), archive(plain)),
        *(text.encode(name) for name in ("utf-16", "utf-16-le", "utf-32")),
        *(base64.b64encode(plain), base64.b64encode(gzip.compress(plain)), gzip.compress(text.encode("utf-16"))),
        *(zstd(plain), snappy(plain), aggregated(b"{}", plain), aggregated(gzip.compress(plain))[:-9]),
        *(b"\x1f\x8b" + plain, plain.replace(b"\n", b"\r"), gzip.compress(plain) + gzip.compress(plain)),
    ]


def rows(payloads: list[str | bytes], quarantine: str = "", shard: str = "s") -> bytes:
    """Rows of raw clicks, or of a quarantine with identities that begin so."""
    said = []
    for number, payload in enumerate(payloads, 1):
        text = (
            {"payload": payload} if isinstance(payload, str) else {"payload_base64": base64.b64encode(payload).decode()}
        )
        named = {"shard": shard, "sequence_number": f"{number}", "ordinal": 0}
        said.append(({"identity": f"{quarantine}:{number}"} if quarantine else named) | text)
    return gzip.compress("".join(json.dumps(one) + "\n" for one in said).encode(), mtime=0)


def columns(events: list[dict[str, Any]], first: int) -> bytes:
    """Processed clicks."""
    table = {
        name: pa.array([None if one.get(name) is None else str(one[name]) for one in events], pa.string())
        for name in COLUMNS
    }
    table |= {
        "shard": pa.array(["p"] * len(events)),
        "sequence_number": pa.array([f"{first + place}" for place in range(len(events))]),
        "ordinal": pa.array([0] * len(events), pa.int32()),
        "event_time": pa.array([datetime(2026, 1, 1, 10, tzinfo=UTC)] * len(events), pa.timestamp("us", "UTC")),
    }
    out = io.BytesIO()
    pq.write_table(pa.table(table), out, write_statistics=["event_time"])
    return out.getvalue()


def person() -> Person:
    return Person.of(NUMBER, [NAME], [EMAIL])


def digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


class Planted:
    """What is planted: the bodies in which nobody is the customer, and the files that the ledger knows."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.others: dict[tuple[str, str], bytes] = {}
        self.known: set[str] = set()

    def put(self, bucket: str, key: str, body: bytes, other: bool = False) -> None:
        self.client.put_object(Bucket=bucket, Key=key, Body=body)
        if other:
            self.others[bucket, key] = body


WHEN = "ingest_date=2026-01-01/ingest_hour=10"


def plant(client: Any) -> tuple[NotedLedger, dict[tuple[str, str], bytes]]:
    """Put the customer everywhere, beside others; return the ledger, and the bodies in which nobody is the customer."""
    planted = Planted(client)
    events, clean = [json.dumps(one) for one in EVENTS], [json.dumps(one) for one in OTHERS]
    broken: list[str | bytes] = [f'{{"user_id":"{NUMBER}", ', *packed(events[0]), *packed(events[10])[:3], *SHIFTED]
    plant_clicks(planted, events, clean, broken)
    for dataset in ("customers", "sales", "products"):
        plant_files(planted, dataset, events, clean, broken)
    plant_assets(planted)
    plant_results(planted, events)
    return NotedLedger(*planted.known), planted.others


def plant_clicks(planted: Planted, events: list[str], clean: list[str], broken: list[str | bytes]) -> None:
    put = planted.put
    put("raw", f"clicks/{WHEN}/a.ndjson.gz", rows([*events, *clean, *broken]))
    put("raw", f"clicks/{WHEN}/b.ndjson.gz", rows(list(clean), shard="t"), other=True)
    put("processed", "clicks/event_date=2026-01-01/a.parquet", columns([*STORED, *OTHERS], 1000))
    put("processed", "clicks/event_date=2026-01-01/b.parquet", columns(OTHERS, 2000), other=True)


def plant_files(planted: Planted, dataset: str, events: list[str], clean: list[str], broken: list[str | bytes]) -> None:
    put = planted.put
    head = HEAD if dataset == "customers" else "InvoiceNo,Name,Email,A,B,CustomerID,C\n"
    named = [f"1,{NAME},,,,,x\n", f"2,x,<{EMAIL}>,,,,x\n", f"3,x,y,,,{NUMBER}.0,x\n"]
    mine = LINES if dataset == "customers" else named
    for name, lines in (("a", [*mine, *OTHER_LINES]), ("b", OTHER_LINES)):
        body = (head + "".join(lines)).encode()
        planted.known.add(digest(body))
        put("raw", f"{dataset}/{WHEN}/{digest(body)}.csv.gz", gzip.compress(body, mtime=0), other=name == "b")
        if name == "b":  # a dropped file is a copy: it goes for a number that may be the customer's
            body = (head + OTHER_LINES[1]).encode()
        put("landing", f"{dataset}/{name}.csv", body, other=name == "b")
        put("landing", f"{dataset}/{name}.csv.gz", gzip.compress(body, mtime=0), other=name == "b")
    body = ("[" + ",".join([*events[:10], *clean]) + "]").encode()
    put("raw", f"{dataset}/{WHEN}/{digest(body)}.json.gz", gzip.compress(body, mtime=0))
    texts: list[str | bytes] = [*(one.rstrip("\n") for one in LINES), *events, *broken]
    put("raw", f"quarantine/{dataset}/reason=x/{WHEN}/a.ndjson.gz", rows(texts, "q"))
    put("raw", f"quarantine/{dataset}/reason=x/{WHEN}/b.ndjson.gz", rows(list(clean), "r"), other=True)
    for place, body in enumerate(packed("".join([HEAD, *LINES, *OTHER_LINES]))):
        put("raw", f"quarantine-files/{dataset}/{digest(body)}", body)
        put("landing", f"{dataset}/{place}", body)
    for place, body in enumerate(packed(HEAD + OTHER_LINES[1])):
        put("raw", f"quarantine-files/{dataset}/other-{place}", body, other=True)


def plant_assets(planted: Planted) -> None:
    put = planted.put
    for place, body in enumerate(packed(f"A portrait of {NAME}, {EMAIL}.\n")):
        put("raw", f"assets/products/{place}/about.txt", body)
        put("processed", f"thumbnails/{digest(body)}/256.jpg", f"as if it said {NAME}".encode())
    for place, body in enumerate(packed(f"Product {NUMBER}, joann@example.org\n")):
        put("raw", f"assets/products/{place}/other.txt", body, other=True)
        put("processed", f"thumbnails/{digest(body)}/256.jpg", b"small", other=True)
    row = {"version_id": "v", "state": "present"}
    for name, other in ((f"customers/{NUMBER}/a.jpg", False), (f"products/{NUMBER}/a.jpg", True)):
        body = gzip.compress(json.dumps(row | {"object_key": f"assets/{name}"}).encode(), mtime=0)
        put("raw", f"assets-rows/{WHEN}/{digest(body)}.ndjson.gz", body, other=other)


def plant_results(planted: Planted, events: list[str]) -> None:
    """Put the customer into what comes of rows: refusals, queries' results, batches that were given up, features."""
    put = planted.put
    source = {
        "identity": "w:0",
        "source": f"s3://landing/customers/{EMAIL}.csv?versionId=1",
        "error": f"columns: {NAME}",
    }
    put("raw", f"quarantine/customers/reason=y/{WHEN}/a.ndjson.gz", gzip.compress(json.dumps(source).encode()))
    for place, body in enumerate(
        [*packed(f'"customer_id"\n"{NUMBER}"\n'), *packed(f'"url"\n"{EVENTS[10]["url"]}"\n'), columns(STORED, 1)]
    ):
        for people in ("analysts", "engineers"):
            put("artifacts", f"athena-results/{people}/{place}", body)
    put("artifacts", "athena-results/analysts/other.csv", b'"customer_id"\n"777"\n', other=True)
    for place, body in enumerate(packed(events[10])):
        record = {"kinesis": {"data": base64.b64encode(body).decode()}}
        put("discarded", f"aws/lambda/{place}", json.dumps({"payload": json.dumps({"Records": [record]})}).encode())
        tags = {"TagSet": [{"Key": "replayed-at", "Value": "2026-01-01T00:00:00Z"}]}
        planted.client.put_object_tagging(Bucket="discarded", Key=f"aws/lambda/{place}", Tagging=tags)
    asked = json.dumps(
        {"captureData": {"endpointInput": {"data": base64.b64encode(f'{{"customerId":"{NUMBER}"}}'.encode()).decode()}}}
    )
    put("features", "capture/live/a.jsonl", asked.encode())
    for name in ("training", "batch"):
        put("features", f"{name}/r1/a", b"a file of a run that is over")


def test_a_customer_who_is_everywhere_is_nowhere_afterwards(
    client: Any, contracts: Contracts, holds: ModuleType
) -> None:
    ledger, others = plant(client)
    before = scan(client, holds)
    planted = {name.split("/")[0] + "/" + name.split("/")[1] for name in before}
    assert len(before) > 150
    for prefix in WRITTEN:
        bucket, folder = prefix.split("/")[:2]
        if not any(prefix.startswith(one) for one in LEFT) and bucket in {"landing", "raw", "discarded"} | {
            "features"
        } & {folder}:
            assert f"{bucket}/{folder}" in planted, f"nothing was planted in {prefix}"
    account = erasure(client, contracts, ledger).run(NUMBER)
    assert (account["state"], account.get("problems")) == ("done", [])
    assert scan(client, holds) == []
    for (bucket, key), body in others.items():
        assert key in {one["Key"] for one in client.list_objects_v2(Bucket=bucket)["Contents"]}, f"{bucket}/{key}"
        assert client.get_object(Bucket=bucket, Key=key)["Body"].read() == body, f"{bucket}/{key}"
    left = gzip.decompress(
        client.get_object(Bucket="raw", Key="clicks/ingest_date=2026-01-01/ingest_hour=10/a.ndjson.gz")["Body"].read()
    )
    assert [json.loads(json.loads(line)["payload"]) for line in left.splitlines()] == OTHERS
    for word in (NUMBER, NAME.casefold(), EMAIL):
        assert word not in json.dumps(account).casefold(), "the account names nobody"


def test_a_model_that_learnt_of_the_customer_is_told_and_stays(client: Any, contracts: Contracts) -> None:
    with_customer, without = io.BytesIO(), io.BytesIO()
    for out, key in ((with_customer, person().key), (without, "0" * 64)):
        with tarfile.open(fileobj=out, mode="w:gz") as model:
            content = key.encode("utf-32-le")  # as numpy has texts
            entry = tarfile.TarInfo("names.npz")
            entry.size = len(content)
            model.addfile(entry, io.BytesIO(content))
    client.put_object(Bucket="features", Key="models/a/model.tar.gz", Body=with_customer.getvalue())
    client.put_object(Bucket="features", Key="models/b/model.tar.gz", Body=without.getvalue())
    account = erasure(client, contracts, NotedLedger()).run(NUMBER)
    assert account["state"] == "incomplete"
    [problem] = account["problems"]
    assert problem["object"] == "s3://features/models/a/model.tar.gz"
    assert problem["error"] == "a model that learnt of the customer: train another, then delete this version"


def scan(client: Any, holds: ModuleType) -> list[str]:
    """The versions of objects, by name, that still hold the customer."""
    found = []
    for bucket in LAYERS:
        pages = client.get_paginator("list_object_versions").paginate(Bucket=bucket)
        for one in (version for page in pages for version in page.get("Versions", [])):
            body = client.get_object(Bucket=bucket, Key=one["Key"], VersionId=one["VersionId"])["Body"].read()
            if is_in(body, holds):
                found.append(f"{bucket}/{one['Key']}")
    return sorted(found)


# 12345 is of products, too: by itself it is the customer's where it is a value by that name.
_NAMES = "user_id|customer_?(?:no|number|id)|uid"
_VALUE = re.compile(
    rf"""(?:{_NAMES})["=:\s\\]+{NUMBER}\b|account/{NUMBER}\b|customers/{NUMBER}\b|^["'=]*(?:{NUMBER}(?:[.,]0+)?|1\.2345e4)["']*,x,""",
    re.IGNORECASE | re.MULTILINE,
)
_NAMED = re.compile(rf"(?<![\w.+-]){re.escape(EMAIL)}|{person().key}|{NAME.casefold()}(?!')")


def is_in(body: bytes, holds: ModuleType) -> bool:
    """Whether bytes hold the customer, to the eye of a reader who knows the forms."""
    text, _ = holds.decode(body)
    return bool(_NAMED.search(text.casefold()) or _VALUE.search(text.casefold()))
