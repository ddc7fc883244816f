"""Ledger, leases and objects against an in-process AWS."""

import functools
import io
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.dynamodb.models import DynamoDBBackend

from dataplatform.engine.lease import DynamoLeases, LeaseLostError
from dataplatform.engine.ledger import DynamoLedger, File
from dataplatform.engine.storage import S3Store
from dataplatform.engine.stream_hours import DynamoStreamHours, Evaluation
from dataplatform.hours import HOUR, Hours

_MOTO = threading.RLock()


def one_at_a_time(call: Callable[..., Any]) -> Callable[..., Any]:
    """Let moto evaluate a condition and write its item in one go, as DynamoDB does and moto's threads do not."""

    @functools.wraps(call)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        with _MOTO:
            return call(*args, **kwargs)

    return guarded


@pytest.fixture
def dynamo(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for write in ("put_item", "update_item", "delete_item"):
        monkeypatch.setattr(DynamoDBBackend, write, one_at_a_time(getattr(DynamoDBBackend, write)))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        resource = boto3.resource("dynamodb", region_name="eu-west-1")
        resource.create_table(
            TableName="files",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": "S"} for name in ("dataset", "file_id", "arrival")
            ],
            KeySchema=[
                {"AttributeName": "dataset", "KeyType": "HASH"},
                {"AttributeName": "file_id", "KeyType": "RANGE"},
            ],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "by_arrival",
                    "KeySchema": [
                        {"AttributeName": "dataset", "KeyType": "HASH"},
                        {"AttributeName": "arrival", "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "ALL"},
                }
            ],
        )
        resource.create_table(
            TableName="hours",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("dataset", "hour")],
            KeySchema=[
                {"AttributeName": "dataset", "KeyType": "HASH"},
                {"AttributeName": "hour", "KeyType": "RANGE"},
            ],
        )
        resource.create_table(
            TableName="leases",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "name", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "name", "KeyType": "HASH"}],
        )
        yield resource


def put(dynamo: Any, digest: str, arrival: str, **more: str | int) -> None:
    item = {"dataset": "sales", "file_id": digest, "arrival": arrival, "bucket": "raw", "key": digest, "format": "csv"}
    item["version"] = "v1"
    dynamo.Table("files").put_item(Item={**item, **more})


def test_a_mark_goes_unless_another_has_taken_its_place(dynamo: Any) -> None:
    def mark(hour: int, by: str, dataset: str = "clicks") -> None:
        item = {"dataset": dataset, "hour": f"2026-03-01T{hour:02d}:00:00Z", "written": by}
        dynamo.Table("hours").put_item(Item=item)

    hours = DynamoStreamHours("hours", dynamo)
    mark(9, "a")
    mark(10, "b")
    mark(10, "x", "other")
    seen = hours.waiting("clicks")
    nine, ten = (datetime(2026, 3, 1, hour, tzinfo=UTC) for hour in (9, 10))
    assert seen == {nine: "a", ten: "b"}
    mark(10, "c")
    hours.settle("clicks", seen)
    hours.settle("clicks", seen)
    assert hours.waiting("clicks") == {ten: "c"}
    assert len(hours.waiting("other")) == 1


def test_what_was_judged_of_an_hour_outlives_its_marks(dynamo: Any) -> None:
    hours = DynamoStreamHours("hours", dynamo)
    nine, ten, noon = (datetime(2026, 3, 1, hour, tzinfo=UTC) for hour in (9, 10, 12))
    assert hours.evaluated("clicks", [nine, noon]) == {}
    hours.note("clicks", {at: Evaluation("run-1", 0, 1_772_355_600_000_001) for at in (nine, ten)})
    hours.note("clicks", {ten: Evaluation("run-2", 1_772_355_600_000_001, 1_772_359_200_000_000)})
    hours.note("other", {noon: Evaluation("run-1", 0, 1)})
    dynamo.Table("hours").put_item(Item={"dataset": "clicks", "hour": "2026-03-01T10:00:00Z", "written": "a"})
    hours.settle("clicks", hours.waiting("clicks"))
    assert hours.evaluated("clicks", [nine, noon]) == {
        nine: Evaluation("run-1", 0, 1_772_355_600_000_001),
        ten: Evaluation("run-2", 1_772_355_600_000_001, 1_772_359_200_000_000),
    }
    assert hours.evaluated("clicks", [ten]).keys() == {ten}
    assert hours.evaluated("clicks", []) == {}
    assert not hours.waiting("clicks")


def test_a_file_of_which_rows_went_since_it_was_listed_waits(dynamo: Any) -> None:
    ledger = DynamoLedger("files", dynamo)
    put(dynamo, "a", "2010-12-01T09:10:00Z", merged_at="2010-12-01T10:00:00Z", processed_at="2010-12-01T10:00:00Z")
    hours = Hours.parse("2010-12-01T10:00:00Z")

    def listed() -> File:
        return ledger.files("sales", hours)[0]

    before = listed()
    ledger.mark_taken("sales", [before], 2**62)
    first = listed()
    assert (before.processed, first.processed, first.merged, first.taken_from) == (True, False, True, (2**62,))
    ledger.mark_taken("sales", [first], 7)
    for stale in (before, first, replace(first, taken_from=())):
        ledger.mark_processed("sales", [stale])
        assert (listed().processed, listed().taken_from) == (False, (2**62, 7))
    ledger.mark_processed("sales", [listed()])
    assert (listed().processed, listed().taken_from) == (True, ())
    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        ledger.mark_processed("sales", [replace(first, digest="nothing has this one")])


def test_a_file_put_apart_is_in_no_other_list(dynamo: Any) -> None:
    ledger = DynamoLedger("files", dynamo)
    put(dynamo, "a", "2010-12-01T09:10:00Z", merged_at="2010-12-01T10:00:00Z", processed_at="2010-12-01T10:00:00Z")
    put(dynamo, "b", "2010-12-01T09:10:00Z")
    file = ledger.files("sales", Hours.parse("2010-12-01T10:00:00Z"))[0]
    ledger.mark_apart("sales", file, "ArithmeticException")
    assert digests(ledger, "2010-12-01T10:00:00Z") == ["b"]
    assert [one.digest for one in ledger.unprocessed("sales")] == ["b"]
    at = datetime(2010, 12, 1, 9, tzinfo=UTC)
    assert [one.digest for one in ledger.arrived("sales", at, at + HOUR)] == ["b"]
    [apart] = ledger.apart("sales")
    assert (apart.digest, apart.apart, bool(apart.apart_at)) == ("a", "ArithmeticException", True)
    assert (apart.merged, apart.processed) == (True, False), "curated still has its lines"
    item = dynamo.Table("files").get_item(Key={"dataset": "sales", "file_id": "a"})["Item"]
    assert item["quarantine_reason"] == "unreadable"
    ledger.mark_merged("sales", [apart], {})
    ledger.mark_withdrawn("sales", [apart])
    ledger.mark_refused("sales", [apart], "run-1")
    [apart] = ledger.apart("sales")
    assert (apart.merged, apart.refused_by) == (False, "run-1")


def digests(ledger: DynamoLedger, hours: str) -> list[str]:
    return [file.digest for file in ledger.files("sales", Hours.parse(hours))]


def test_an_instant_takes_its_hour_and_unprocessed_late_arrivals(dynamo: Any) -> None:
    put(dynamo, "late", "2010-11-30T05:00:00Z")
    put(dynamo, "old", "2010-11-30T06:00:00Z", processed_at="2010-11-30T07:00:00Z")
    put(dynamo, "again", "2010-12-01T09:10:00Z", processed_at="2010-12-01T10:00:00Z")
    put(dynamo, "first", "2010-12-01T09:00:00Z")
    put(dynamo, "next", "2010-12-01T10:00:00Z")
    ledger = DynamoLedger("files", dynamo)
    assert digests(ledger, "2010-12-01T10:00:00Z") == ["late", "first", "again"]
    assert digests(ledger, "2010-12-01T09:00:00Z/2010-12-01T10:00:00Z") == ["first", "again"]


def test_a_rewritten_file_keeps_its_identity_and_names_its_new_version(dynamo: Any) -> None:
    put(dynamo, "one", "2010-12-01T09:00:00Z", data_records=7)
    ledger = DynamoLedger("files", dynamo)
    assert ledger.digests("sales") == {"one"}
    for version in ("v2", "v3"):
        ledger.mark_erased("sales", "one", version, "digest of the rest", request=f"by-{version}", lines=2)
    [file] = ledger.files("sales", Hours.parse("2010-12-01T10:00:00Z"))
    assert (file.digest, file.version, file.records, file.erased) == ("one", "v3", 7, 4)
    assert not file.bare_marks
    put(dynamo, "older", "2010-12-01T09:00:00Z", records=7)
    in_hour = ledger.files("sales", Hours.parse("2010-12-01T10:00:00Z"))
    assert [one.records for one in in_hour if one.digest == "older"] == [None]
    item = dynamo.Table("files").get_item(Key={"dataset": "sales", "file_id": "one"})["Item"]
    assert item["content_digest"] == "digest of the rest"
    assert [(one["request"], one["lines"]) for one in item["erasures"]] == [("by-v2", 2), ("by-v3", 2)]
    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        ledger.mark_erased("sales", "unknown", "v2", "", request="a", lines=1)


def test_a_name_that_a_source_gave_goes(dynamo: Any) -> None:
    for name in ("ann", "bob"):
        put(dynamo, name, "2010-12-01T09:00:00Z", source_key=f"sales/{name}@example.org.csv", note="x")
    ledger = DynamoLedger("files", dynamo)
    assert [ledger.unname("sales", lambda key: "ann@" in key, "(named)") for _ in range(2)] == [1, 0]
    items = {item["file_id"]: item for item in dynamo.Table("files").scan()["Items"]}
    assert {name: item["source_key"] for name, item in items.items()} == {
        "ann": "sales/(named)",
        "bob": "sales/bob@example.org.csv",
    }
    assert items["ann"]["note"] == "x"


def test_every_page_of_the_ledger_is_read(dynamo: Any) -> None:
    for number in range(30):
        put(dynamo, f"{number:02d}", f"2010-12-01T09:00:{number:02d}Z", source_key="x" * 60_000)
    assert len(digests(DynamoLedger("files", dynamo), "2010-12-01T10:00:00Z")) == 30


def test_marks_are_set_once(dynamo: Any) -> None:
    put(dynamo, "a", "2010-12-01T09:00:00Z", processed_at="2010-12-01T10:00:00Z")
    put(dynamo, "b", "2010-12-01T09:00:00Z")
    ledger = DynamoLedger("files", dynamo)
    files = ledger.files("sales", Hours.parse("2010-12-01T10:00:00Z"))
    ledger.mark_merged("sales", files, {"b": 2})
    ledger.mark_processed("sales", files)
    items = {item["file_id"]: item for item in dynamo.Table("files").scan()["Items"]}
    assert items["a"]["processed_at"] == "2010-12-01T10:00:00Z"
    assert "merged_at" in items["a"]
    assert items["b"]["processed_at"] > "2020"
    found = ledger.files("sales", Hours.parse("2010-12-01T10:00:00Z"))
    assert all(file.merged and file.processed for file in found)
    assert [file.duplicates for file in found] == [0, 2]
    ledger.mark_merged("sales", found, {"a": 1})
    again = ledger.files("sales", Hours.parse("2010-12-01T10:00:00Z"))
    assert [file.duplicates for file in again] == [1, 0]
    assert [file.merged_at for file in again] == [file.merged_at for file in found]


def leases(dynamo: Any, owner: str, duration: float = 60, patience: float = 10) -> DynamoLeases:
    return DynamoLeases("leases", owner, dynamo, duration, patience)


def test_a_held_lease_is_waited_for_and_given_up_in_the_end(dynamo: Any) -> None:
    with (
        leases(dynamo, "one").hold(["t"]),
        pytest.raises(TimeoutError, match="lease t was not free"),
        leases(dynamo, "two", patience=0.3).hold(["t"]),
    ):
        pass
    with leases(dynamo, "two").hold(["t"]):
        assert dynamo.Table("leases").get_item(Key={"name": "t"})["Item"]["owner"] == "two"
    assert not dynamo.Table("leases").scan()["Items"]


def test_only_one_publisher_at_a_time(dynamo: Any) -> None:
    inside: list[int] = []
    most: list[int] = []

    def publish(owner: str) -> None:
        with leases(dynamo, owner).hold(["b", "a"]):
            inside.append(1)
            most.append(len(inside))
            time.sleep(0.05)
            inside.pop()

    threads = [threading.Thread(target=publish, args=(str(number),)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1, 1, 1, 1]


def test_an_expired_lease_is_taken_and_its_old_holder_finds_out(dynamo: Any) -> None:
    with leases(dynamo, "one", duration=0.3).hold(["t"]) as check:
        check()
        dynamo.Table("leases").put_item(Item={"name": "t", "owner": "two", "expires_at": int(time.time()) + 60})
        time.sleep(0.4)
        with pytest.raises(LeaseLostError):
            check()
    assert dynamo.Table("leases").get_item(Key={"name": "t"})["Item"]["owner"] == "two"


def test_a_retry_of_the_same_run_takes_its_own_lease(dynamo: Any) -> None:
    dynamo.Table("leases").put_item(Item={"name": "t", "owner": "one", "expires_at": int(time.time()) + 60})
    with leases(dynamo, "one", patience=0.1).hold(["t"]):
        pass


def test_objects_are_put_listed_and_deleted(dynamo: Any) -> None:
    client = boto3.client("s3", region_name="us-east-1")
    client.create_bucket(Bucket="raw")
    store = S3Store(client)
    for name in ("a", "b", "c"):
        store.put(f"s3://raw/q/{name}", io.BytesIO(b"x"), storage_class="INTELLIGENT_TIERING")
    assert client.list_objects_v2(Bucket="raw")["Contents"][0]["StorageClass"] == "INTELLIGENT_TIERING"
    assert list(store.list("s3://raw/q/", after="s3://raw/q/a")) == ["s3://raw/q/b", "s3://raw/q/c"]
    store.delete(["s3://raw/q/b", "s3://raw/q/none"])
    assert list(store.list("s3://raw/q/", after="s3://raw/q/")) == ["s3://raw/q/a", "s3://raw/q/c"]
