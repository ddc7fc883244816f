"""Small files as shops really export them, each in a lake of its own, and what is right to come of them.

``cases/files/README.md`` says why. A folder is one run: its files arrive in one hour, a minute apart.
"""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import Platform
from landing import content, examine, land, quarantined
from pyspark.sql import functions as F

from dataplatform.counts import Counts

CASES = Path(__file__).parent / "cases" / "files"
EXPECTED: dict[str, dict[str, Any]] = json.loads((CASES / "expected.json").read_text())


def test_every_case_is_known() -> None:
    assert {path.name for path in CASES.iterdir()} - {"README.md", "expected.json"} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_the_case_comes_out_as_is_right(platform: Platform, name: str) -> None:
    expected, case = EXPECTED[name], CASES / name
    files = {path.name: content(path) for path in ([case] if case.is_file() else sorted(case.iterdir()))}
    dataset = next((one for one in ("products", "customers") if one in name), "sales")
    refused = expected.get("landing", {})
    found = dict(zip(files, examine(dataset, list(files.values())), strict=True))
    assert {file: said["reason"] for file, said in found.items() if said["reason"]} == refused
    names = _landed(platform, dataset, {file: text for file, text in files.items() if file not in refused})
    if not names:
        return
    hour = "2011-12-10T10:00:00Z" if dataset == "sales" else "2025-06-03T10:00:00Z"
    report = platform.process(hour, dataset).run()
    apart = quarantined(platform, dataset)
    rows = _texts(platform, dataset)
    if expected["quarantine"] is not None:
        reasons = {(names[key[:64]], int(key[65:])): reason for key, (reason, _) in apart.items()}
        wanted = {(one["file"], one["line"]): one["reason"] for one in expected["quarantine"]}
        assert {at: "*" if wanted.get(at) == "*" else reason for at, reason in reasons.items()} == wanted
    assert report.datasets[dataset] == Counts(*expected["counts"], 0)
    for want in expected["rows"]:
        one = next(iter(want.items()))
        mine = [row for row in rows if row[one[0]] == one[1]]
        assert [{column: row[column] for column in want} for row in mine] == [want] * len(mine)
        assert mine, want
    platform.curate(hour, dataset).run()


def _landed(platform: Platform, dataset: str, files: Mapping[str, bytes]) -> dict[str, str]:
    """Land files a minute apart; return the name of each digest."""
    first = datetime.fromisoformat("2011-12-10T09:00:00Z" if dataset == "sales" else "2025-06-03T09:00:00Z")
    names: dict[str, str] = {}
    for number, (file, text) in enumerate(files.items()):
        names |= land(platform, dataset, {file: text}, f"{first + timedelta(minutes=number):%Y-%m-%dT%H:%M:%SZ}")
    return names


def _texts(platform: Platform, dataset: str) -> list[dict[str, str | None]]:
    """The processed rows as text of Spark; times as UTC, whatever the machine's zone."""
    table = platform.table(f"processed.{dataset}")
    return [row.asDict() for row in table.select([F.col(name).cast("string") for name in table.columns]).collect()]
