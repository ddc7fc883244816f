"""An export of one customer: what an erasure would take, and nothing changed."""

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from test_erasure_everywhere import EVENTS, NUMBER, digest, plant
from test_erasure_run import LAYERS, PlayedTables, erasure, layers

from dataplatform.contracts import Contracts
from dataplatform.erasure.export import Export
from dataplatform.erasure.person import Person
from dataplatform.erasure.search import Buckets
from dataplatform.erasure.versions import Bucket


class ShownTables(PlayedTables):
    """Tables with one row of the customer."""

    def held(self, person: Person, lost: set[str]) -> Iterator[tuple[Any, Any]]:
        row = SimpleNamespace(toLocalIterator=lambda: iter([json.dumps({"customer_id": person.number})]))
        yield SimpleNamespace(id="processed.customers"), SimpleNamespace(toJSON=lambda: row)

    def learnt(self, person: Person, visitors: set[str]) -> Iterator[tuple[Any, Any]]:
        yield from ()


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    with layers(monkeypatch) as client:
        yield client


def content(client: Any) -> dict[str, str]:
    """All versions of all objects, by digest."""
    found = {}
    for bucket in LAYERS:
        of_bucket = Bucket(client, bucket)
        found |= {f"{bucket}/{one.key}@{one.id}": digest(of_bucket.read(one)) for one in of_bucket.versions("")}
    return found


def test_what_an_erasure_would_take_is_what_an_export_shows(client: Any, contracts: Contracts) -> None:
    ledger, _ = plant(client)
    before, results = content(client), dict[str, bytes]()
    buckets = Buckets(*(Bucket(client, name) for name in LAYERS))
    manifest = Export(buckets, ShownTables(), contracts, "x1", results.__setitem__).run(NUMBER)
    assert content(client) == before, "nothing is changed"
    assert set(results) == {f"exports/x1/{name}" for name in [*manifest["files"], "manifest.json"]}
    assert (manifest["state"], manifest["waiting"], manifest["problems"]) == ("done", [], [])

    account = erasure(client, contracts, ledger).run(NUMBER)
    assert {name: one["objects"] for name, one in manifest["places"].items()} == {
        name: one["objects"] for name, one in account["places"].items()
    }
    for name, erased in account["places"].items():
        shown = manifest["places"][name]
        # Equal records, and those that only lose a name, count otherwise.
        assert (shown["records"] > 0) is (erased["records"] > 0 and name != "quarantined files"), name
        assert shown["asAWhole"] == (0 if shown["records"] else erased["objects"]), name

    def lines(name: str) -> list[Any]:
        return [json.loads(line) for line in results[f"exports/x1/{name}.jsonl"].splitlines()]

    shown = [json.loads(one["record"]["payload"]) for one in lines("raw.clicks")[:3]]
    assert shown == EVENTS[:3]
    customers = [one["record"] for one in lines("raw.customers")]
    assert {"CustomerID": NUMBER, "Name": "x"}.items() <= customers[0].items()
    assert lines("table-processed.customers") == [{"customer_id": NUMBER}]
    shown = [body.decode() for body in results.values() if body.startswith(b"{")]
    for word in ('"777"', "joann@example.org", '"112345"', "b@example.org"):
        assert [body for body in shown if word in body] == [], "of somebody else"
    assert erasure(client, contracts, ledger).run(NUMBER)["state"] == "done"


def test_what_stands_in_an_erasures_way_makes_an_export_incomplete(client: Any, contracts: Contracts) -> None:
    record = {"captureData": {"endpointInput": {"data": NUMBER}}}
    client.put_object(Bucket="features", Key="capture/live/a.jsonl", Body=json.dumps(record).encode())
    batch = {"payload": json.dumps({"Records": [{"kinesis": {"data": "eyJ1c2VyX2lkIjoiMTIzNDUifQ=="}}]})}
    client.put_object(Bucket="discarded", Key="aws/lambda/a", Body=json.dumps(batch).encode())
    client.put_object(Bucket="processed", Key="clicks/event_date=2026-01-01/b.parquet", Body=b"PAR1 and nothing else")
    results = dict[str, bytes]()
    buckets = Buckets(*(Bucket(client, name) for name in LAYERS))
    manifest = Export(buckets, ShownTables(), contracts, "x1", results.__setitem__).run(NUMBER)
    assert manifest["state"] == "incomplete"
    assert len(manifest["waiting"]) == len(manifest["problems"]) == 1
    assert manifest["places"]["what an endpoint was asked"] == {"objects": 1, "records": 0, "asAWhole": 1}


def test_an_asset_is_shown_itself(client: Any, contracts: Contracts) -> None:
    client.put_object(Bucket="raw", Key="assets/customers/12345/a.txt", Body=b"a portrait")
    results = dict[str, bytes]()
    buckets = Buckets(*(Bucket(client, name) for name in LAYERS))
    manifest = Export(buckets, ShownTables(), contracts, "x1", results.__setitem__).run(NUMBER)
    assert "assets/1-0-a.txt" in manifest["files"]
    assert results["exports/x1/assets/1-0-a.txt"] == b"a portrait"
