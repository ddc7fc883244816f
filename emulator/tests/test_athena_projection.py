"""Which partitions a projected table has, by the objects that there are."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.services.athena.projection import Projection, plain, projected

DATE = {"type": "date", "format": "yyyy-MM-dd", "range": "2024-01-01,NOW+1DAY"}
HOUR = {"type": "integer", "range": "0,23", "digits": "2"}


def table(template: str = "", **columns: dict[str, str]) -> dict[str, Any]:
    parameters = {f"projection.{name}.{key}": value for name, of in columns.items() for key, value in of.items()}
    parameters |= {"projection.enabled": "true", "owner": "us"}
    if template:
        parameters["storage.location.template"] = template
    return {
        "Parameters": parameters,
        "PartitionKeys": [{"Name": name, "Type": "string"} for name in columns],
        "StorageDescriptor": {"Location": "s3://lake/events/"},
    }


@pytest.mark.parametrize(
    ("key", "want"),
    [
        ("events/day=2024-03-01/hour=07/a.gz", [["2024-03-01", "07"]]),
        ("events/day=2024-03-01/hour=00/b/c.gz", [["2024-03-01", "00"]]),
        ("events/day=2024-03-01/hour=7/a.gz", []),  # hours have two digits
        ("events/day=2024-03-01/hour=24/a.gz", []),
        ("events/day=2023-12-31/hour=07/a.gz", []),  # before the range
        ("events/day=2999-01-01/hour=07/a.gz", []),  # after tomorrow
        ("events/day=today/hour=07/a.gz", []),
        ("events/day=2024-03-01/hour=07", []),  # no object of the folder
    ],
)
def test_a_partition_is_where_an_object_is_and_the_ranges_reach(key: str, want: list[list[str]]) -> None:
    assert Projection(table(day=DATE, hour=HOUR)).values([key, "events/other"]) == want


def test_a_template_says_where_partitions_lie() -> None:
    made = Projection(table("s3://other/x/${kind}-of-${day}", kind={"type": "enum", "values": "red, blue"}, day=DATE))
    assert (made.bucket, made.prefix) == ("other", "x/")
    keys = ["x/red-of-2024-03-01/a", "x/red-of-2024-03-01/b", "x/green-of-2024-03-01/a"]
    assert made.values(keys) == [["red", "2024-03-01"]]
    partition = made.partition(["red", "2024-03-01"])
    assert partition["StorageDescriptor"]["Location"] == "s3://other/x/red-of-2024-03-01/"
    assert not made.has(["green", "2024-03-01"])


def test_partitions_are_counted_that_a_filter_leaves() -> None:
    kinds = {"type": "enum", "values": "red, blue"}
    days = {"type": "date", "format": "yyyy-MM-dd", "range": "2024-01-01,2024-02-29"}
    made = Projection(table(kind=kinds, day=days, hour=HOUR))

    def holds(condition: str, values: list[str]) -> bool:
        return {"(day >= '2024-02-28')": values[1] >= "2024-02-28", "(hour = '07 AND (day')": values[2] == "07"}[
            condition
        ]

    assert made.count("", holds) == 2 * 60 * 24
    assert made.count("(day >= '2024-02-28')", holds) == 2 * 2 * 24
    assert made.count("(day >= '2024-02-28') AND (hour = '07 AND (day')", holds) == 2 * 2


def test_days_are_made_at_the_table_s_steps() -> None:
    months = {"type": "date", "format": "yyyy-MM", "range": "2023-11,2024-02"}
    weeks = {
        "type": "date",
        "format": "yyyyMMdd",
        "range": "20240101,20240116",
        "interval": "1",
        "interval.unit": "WEEKS",
    }
    made = Projection(table(month=months, week=weeks))
    assert made.has(["2024-01", "20240108"])
    assert made.has(["2024-02", "20240115"])
    assert not made.has(["2024-03", "20240108"])
    assert not made.has(["2024-01", "20240109"])


def test_a_table_without_its_projection_keeps_the_rest() -> None:
    made = table("s3://other/${day}", day=DATE)
    assert projected(made)
    assert plain(made)["Parameters"] == {"owner": "us"}
    assert not projected(plain(made))
    assert not projected(table(tenant={"type": "injected"}))
