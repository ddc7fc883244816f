"""Odd lines and shapes from a seed, through landing's check and the jobs, against a plain reading of the contracts.

A seed of its own in each run; DATAPLATFORM_ODD_SEED repeats one, DATAPLATFORM_ODD_LINES says how many lines a dataset.
What they cost is mostly that of the six runs of a dataset: tens of seconds on two busy cores before a line.
"""

import logging
import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from random import Random, SystemRandom
from typing import Any

import odd_lines
import plain_reading
import pytest
from conftest import Platform, lake_of
from landing import land, quarantined
from plain_records import records
from pyspark.sql import SparkSession

from dataplatform.contracts import Contracts
from dataplatform.counts import Counts
from dataplatform.transforms.processed import customers, products, sales

LOG = logging.getLogger(__name__)

SEED = int(os.environ.get("DATAPLATFORM_ODD_SEED") or SystemRandom().randrange(10**6))
LINES = int(os.environ.get("DATAPLATFORM_ODD_LINES") or 2000)
# How much longer odd lines may take than as many ordinary ones.
SLOWEST = 3.0

SAID = {
    "sales": sales.SAID,
    "products": products.SAID,
    "customers": customers.SAID,
}

Expected = tuple[dict[str, dict[str, Any]], dict[str, str], Counts]


@pytest.mark.parametrize("dataset", list(odd_lines.SOURCES))
def test_odd_lines_are_read_as_the_contract_says(
    spark: SparkSession, contracts: Contracts, tmp_path: Path, dataset: str
) -> None:
    random = Random(f"{dataset} {SEED}")
    ordinary = odd_lines.files(dataset, random, LINES, odd=False)
    files = odd_lines.files(dataset, random, LINES)
    LOG.info("%s: seed %d, %d lines in %d files", dataset, SEED, LINES, len(files))
    with lake_of(spark, contracts, tmp_path / "ordinary") as platform:
        _land(platform, dataset, ordinary)
        usual = _run(platform, dataset, -1, 1)[1]
    with lake_of(spark, contracts, tmp_path / "odd") as platform:
        _land(platform, dataset, files)
        rows, reasons, counts = _expected(platform, contracts, dataset, files)
        found, took = _run(platform, dataset, -1, 1)
        assert _differences(_reasons(platform, dataset), reasons) == {}, f"seed {SEED}"
        assert _differences(_rows(platform, dataset), rows) == {}, f"seed {SEED}"
        assert found == counts
        mains = platform.mains()
        assert _run(platform, dataset, -1, 1)[0] == counts
        assert platform.mains() == mains, "a second run changes nothing"
        once = _tables(platform, contracts, dataset)
    with lake_of(spark, contracts, tmp_path / "parts") as platform:
        _land(platform, dataset, files)
        for first, last in ((0, 1), (-1, 0), (0, 1)):
            _run(platform, dataset, first, last)
        assert _tables(platform, contracts, dataset) == once, f"seed {SEED}"
    LOG.info("%s: %.1f s for odd lines, %.1f s for as many ordinary ones", dataset, took, usual)
    assert took < SLOWEST * usual


def _hour(dataset: str, later: int) -> str:
    hour = datetime.fromisoformat(odd_lines.SOURCES[dataset].arrival) + timedelta(hours=later)
    return f"{hour:%Y-%m-%dT%H:%M:%SZ}"


def _land(platform: Platform, dataset: str, files: list[bytes]) -> None:
    """Every other file arrives an hour before the others."""
    for later in (-1, 0):
        some = {str(number): file for number, file in enumerate(files) if -(number % 2) == later}
        if some:
            land(platform, dataset, some, _hour(dataset, later))


def _run(platform: Platform, dataset: str, first: int, last: int) -> tuple[Counts, float]:
    hours = f"{_hour(dataset, first)}/{_hour(dataset, last)}"
    start = time.perf_counter()
    report = platform.process(hours, dataset).run()
    platform.curate(hours, dataset).run()
    return report.datasets[dataset], time.perf_counter() - start


def _expected(platform: Platform, contracts: Contracts, dataset: str, files: list[bytes]) -> Expected:
    """The rows by key, the reasons by identity and the counts that a plain reading of the files comes to."""
    header = contracts.get(f"raw.{dataset}").header
    read: list[tuple[tuple, dict[str, Any] | str]] = []  # place in the order of lines, and the row or the reason
    for content in files:
        digest = sha256(content).hexdigest()
        arrival = datetime.fromisoformat(platform.ledger.items[digest].arrival)
        taken_apart = records(content, header)
        assert len(taken_apart) == platform.ledger.items[digest].records, "landing counts other records"
        for number, (given, reason) in enumerate(taken_apart, 1):
            read.append(((arrival, digest, number), reason or _row(dataset, given, arrival)))
    read.sort(key=lambda one: one[0])
    known = [(place[0], row) for place, row in read if isinstance(row, dict)] if dataset == "sales" else []
    rows, reasons = {}, {}
    for (arrival, digest, number), row in read:
        whole = _completed(row, arrival, known) if known and isinstance(row, dict) else row
        if isinstance(whole, str):
            reasons[f"{digest}:{number}"] = whole
        else:
            place = {"arrival_time": arrival, "file_digest": digest, "line_number": number}
            rows.setdefault(whole["line_key"], whole | place)
    quarantined_lines = len(reasons)
    duplicates = len(read) - len(rows) - quarantined_lines
    return rows, reasons, Counts(len(read), len(rows), duplicates, quarantined_lines, 0)


def _row(dataset: str, given: Mapping[str, str | None], arrival: datetime) -> dict[str, Any] | str:
    try:
        row = plain_reading.READ[dataset](given, arrival)
    except plain_reading.BadError as error:
        return error.args[0]
    return {**row, "line_key": sha256("\x1f".join(_said(row[name]) for name in SAID[dataset]).encode()).hexdigest()}


def _said(value: Any) -> str:
    """A value as a key has it: times as microseconds, prices with four decimals."""
    if isinstance(value, datetime):
        return str((value - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1))
    return "" if value is None else f"{value:.4f}" if isinstance(value, Decimal) else str(value)


def _completed(
    row: dict[str, Any], arrival: datetime, known: list[tuple[datetime, dict[str, Any]]]
) -> dict[str, Any] | str:
    """The sale, without a price with the median of those that were known, of the product's 30 days before its day."""
    try:
        if plain_reading.in_range(row)["unit_price"] is not None:
            return row
        prices = {
            other["line_key"]: other["unit_price"]
            for since, other in known
            if other["stock_code"] == row["stock_code"]
            and since <= arrival
            and (min(row["event_date"], arrival.date()) - since.date()).days <= 30
            and 1 <= (row["event_date"] - other["event_date"]).days <= 30
            and (other["unit_price"] or 0) > 0
        }
        plain_reading.require(bool(prices), "price_not_imputable")
        imputed = {"unit_price": plain_reading.median(list(prices.values())), "unit_price_imputed": True}
        return plain_reading.in_range(plain_reading.priced(row | imputed))
    except plain_reading.BadError as error:
        return error.args[0]


def _reasons(platform: Platform, dataset: str) -> dict[str, str]:
    return {identity: reason for identity, (reason, _) in quarantined(platform, dataset).items()}


def _rows(platform: Platform, dataset: str) -> dict[str, dict[str, Any]]:
    found = {}
    for row in platform.table(f"processed.{dataset}").collect():
        found[row["line_key"]] = {
            # The driver's machine is in another zone: PySpark gives local times.
            name: value.astimezone(UTC) if isinstance(value, datetime) else value
            for name, value in row.asDict().items()
        }
    return found


def _tables(platform: Platform, contracts: Contracts, dataset: str) -> dict[str, list[tuple]]:
    pipeline = contracts.pipeline(dataset)
    return {name: platform.rows(name) for name in (pipeline.processed, *pipeline.curated)}


def _differences(found: Mapping[str, Any], expected: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """What is not as expected, by key: the first few are enough to see why."""
    differing = [key for key in sorted({*found, *expected}) if found.get(key) != expected.get(key)]
    return {key: (found.get(key), expected.get(key)) for key in differing[:5]}
