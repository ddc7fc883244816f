"""Groups of customers: that they add up, and that none is small."""

import random
from collections import Counter
from itertools import combinations
from typing import Any

from conftest import Platform
from pyspark.sql import SparkSession
from test_curated import recorded
from test_master_runs import HOURS, land

from dataplatform import quality
from dataplatform.contracts import Contracts
from dataplatform.transforms.curated import customer_groups


def test_no_group_is_so_small_that_somebody_is_recognized(spark: SparkSession, contracts: Contracts) -> None:
    """Of whatever customers there are, each is counted once, and in no group of fewer than the contract says."""
    contract = contracts.get("curated.customer_groups")
    countries = [("France", "FR"), ("United Kingdom", "GB"), ("Narnia", None), ("Malta", "MT")]
    for seed, number in ((1, 3), (2, 40), (3, 600)):
        draw = random.Random(seed)
        rows = []
        for customer in range(number):
            country, code = draw.choices(countries, (4, 8, 1, 0.05))[0]
            birth = draw.choice([None, *(f"{year}-05-05" for year in (1950, 1980, 1990, 2009))])
            postcode = draw.choice([None, "SW1A 1AA", "M1 1AA", "B1 1AA", f"{draw.choice('XYZ')}{customer} 1AA"])
            for version in range(draw.choice((1, 1, 2))):
                found = ("k", "f", 1, "2026-01-01T00:00:00", "A. Name", None, birth, postcode, country, code)
                rows.append((str(customer), f"2025-06-0{version + 1}T00:00:00", *found))
        made = customer_groups.transform(recorded(spark, contracts, rows))
        table = quality.conform(made, contract)
        quality.audit(table, contract, table, {})
        groups = [row.asDict() for row in table.collect()]
        assert sum(one["customers"] for one in groups) == number
        assert sum(one["versions"] for one in groups) == len(rows)
        shared = ("country", "country_code", "age_band", "postcode_area")
        for size in range(1, len(shared) + 1):  # whoever knows only some of it
            for names in combinations(shared, size):
                counted = Counter[tuple[Any, ...]]()
                for one in groups:
                    counted[tuple(one[name] for name in names)] += one["customers"]
                said = {group: few for group, few in counted.items() if set(group) - {"withheld", None}}
                assert all(few >= customer_groups.SMALLEST for few in said.values()), (seed, names, said)
        if number > 500:  # something is left to be asked
            assert {one["postcode_area"] for one in groups} > {"SW", "M", "B", "unknown", "withheld"}
            assert sum(one["customers"] for one in groups if one["country"] == "withheld") < number / 20


def test_the_smallest_group_is_that_of_the_contract(contracts: Contracts) -> None:
    rules = {rule["name"]: rule for rule in contracts.get("curated.customer_groups").quality}
    assert f"customers >= {customer_groups.SMALLEST} " in str(rules["no_small_groups"])


def test_groups_follow_whoever_comes_and_goes(platform: Platform) -> None:
    """A run with one more customer computes the groups of all: who comes may make a group large enough."""

    def customer(number: int, born: str) -> str:
        return f"{number},Ann Example,ann@example.org,{born},M1 1AA,United Kingdom,2010-11-01T00:00:00Z\n"

    def groups() -> dict[tuple[str, str], int]:
        rows = platform.table("curated.customer_groups").collect()
        return {(row["age_band"], row["postcode_area"]): row["customers"] for row in rows}

    old = [customer(number, "1950-01-01") for number in range(1, 6)]
    land(platform, "customers", "2010-12-01T06:10:00Z", *old, *(customer(n, "1990-01-01") for n in range(6, 10)))
    platform.run(HOURS[0], "customers")
    assert groups() == {("55_64", "M"): 5, ("withheld", "withheld"): 4}
    land(platform, "customers", "2010-12-01T07:10:00Z", customer(10, "1990-01-01"))
    platform.run(HOURS[1], "customers")
    assert groups() == {("55_64", "M"): 5, ("18_24", "M"): 5}
