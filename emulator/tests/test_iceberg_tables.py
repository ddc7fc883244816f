"""Glue's Iceberg tables: first metadata, and two writers that race."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

Clients = Callable[[str], Any]

BUCKET = "iceberg-lake"


@pytest.fixture(scope="module", autouse=True)
def shop(server: Any) -> None:
    """The bucket and the database of the tests' tables."""
    server.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    server.client("glue").create_database(DatabaseInput={"Name": "shop"})


def create(client: Clients, name: str, iceberg: dict[str, str], **changes: Any) -> None:
    descriptor = {
        "Location": f"s3://{BUCKET}/{name}",
        "Columns": [
            {"Name": "id", "Type": "bigint", "Comment": "the line"},
            {"Name": "price", "Type": "decimal(12,4)"},
            {"Name": "tags", "Type": "array<string>"},
            {"Name": "at", "Type": "timestamp"},
        ],
    }
    table = {"Name": name, "StorageDescriptor": descriptor, **changes}
    client("glue").create_table(DatabaseName="shop", TableInput=table, OpenTableFormatInput={"IcebergInput": iceberg})


def test_create_writes_metadata(client: Clients) -> None:
    create(client, "lines", {"MetadataOperation": "CREATE", "Version": "2"}, Parameters={"owner": "shop"})
    table = client("glue").get_table(DatabaseName="shop", Name="lines")["Table"]
    location = table["Parameters"].pop("metadata_location")
    assert table["Parameters"] == {"table_type": "ICEBERG", "owner": "shop"}
    assert (table["TableType"], table["VersionId"]) == ("EXTERNAL_TABLE", "1")
    assert location.startswith(f"s3://{BUCKET}/lines/metadata/00000-")

    body = client("s3").get_object(Bucket=BUCKET, Key=location.removeprefix(f"s3://{BUCKET}/"))
    metadata = json.loads(body["Body"].read())
    assert (metadata["format-version"], metadata["location"]) == (2, f"s3://{BUCKET}/lines")
    assert metadata["schemas"][0]["fields"] == [
        {"id": 1, "name": "id", "type": "long", "required": False, "doc": "the line"},
        {"id": 2, "name": "price", "type": "decimal(12, 4)", "required": False},
        {
            "id": 3,
            "name": "tags",
            "type": {"type": "list", "element-id": 5, "element": "string", "element-required": False},
            "required": False,
        },
        {"id": 4, "name": "at", "type": "timestamp", "required": False},
    ]
    assert metadata["last-column-id"] == 5


@pytest.mark.parametrize(
    ("give", "want"),
    [
        (({"MetadataOperation": "CREATE", "Version": "7"}, {}), "version 7 is not supported"),
        (
            ({"MetadataOperation": "CREATE"}, {"PartitionKeys": [{"Name": "day", "Type": "date"}]}),
            "PartitionKeys cannot be set",
        ),
        (({"MetadataOperation": "CREATE"}, {"StorageDescriptor": {"Columns": []}}), "must be an s3:// location"),
        (
            (
                {"MetadataOperation": "CREATE"},
                {
                    "StorageDescriptor": {
                        "Location": f"s3://{BUCKET}/x",
                        "Columns": [{"Name": "a", "Type": "texty"}],
                    }
                },
            ),
            "column a: unknown type 'texty'",
        ),
        (
            ({"MetadataOperation": "CREATE"}, {"StorageDescriptor": {"Location": "s3://absent/x", "Columns": []}}),
            "does not exist",
        ),
    ],
)
def test_create_refuses(client: Clients, give: tuple[Any, Any], want: str) -> None:
    iceberg, changes = give
    with pytest.raises(ClientError, match=want) as caught:
        create(client, "refused", iceberg, **changes)
    assert caught.value.response["Error"]["Code"] == "InvalidInputException"


def test_create_twice(client: Clients) -> None:
    create(client, "twice", {"MetadataOperation": "CREATE"})
    with pytest.raises(ClientError, match="already exists"):
        create(client, "twice", {"MetadataOperation": "CREATE"})
    written = client("s3").list_objects_v2(Bucket=BUCKET, Prefix="twice/")
    assert written["KeyCount"] == 1


def test_racing_writers_each_commit_once(client: Clients) -> None:
    """Writers that read, wait for each other, and then update: one wins a round."""
    create(client, "raced", {"MetadataOperation": "CREATE"})
    writers, rounds = 4, 5
    barrier = threading.Barrier(writers)
    outcomes: list[str] = []

    def write(number: int) -> None:
        glue = client("glue")
        for turn in range(rounds):
            read = glue.get_table(DatabaseName="shop", Name="raced")["Table"]
            barrier.wait()
            try:
                glue.update_table(
                    DatabaseName="shop",
                    TableInput={"Name": "raced", "Parameters": {"by": f"{turn}-{number}"}},
                    SkipArchive=True,
                    VersionId=read["VersionId"],
                )
                outcomes.append("committed")
            except glue.exceptions.ConcurrentModificationException:
                outcomes.append("refused")
            barrier.wait()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("committed") == rounds
    assert outcomes.count("refused") == rounds * (writers - 1)
    glue = client("glue")
    assert glue.get_table(DatabaseName="shop", Name="raced")["Table"]["VersionId"] == str(rounds + 1)
    kept = glue.get_table_versions(DatabaseName="shop", TableName="raced")["TableVersions"]
    assert [version["VersionId"] for version in kept] == [str(rounds + 1)]


def test_update_without_version_is_not_locked(client: Clients) -> None:
    create(client, "unlocked", {"MetadataOperation": "CREATE"})
    glue = client("glue")
    for _ in range(2):
        glue.update_table(DatabaseName="shop", TableInput={"Name": "unlocked"})
    assert len(glue.get_table_versions(DatabaseName="shop", TableName="unlocked")["TableVersions"]) == 3
