"""The contracts as the jobs find them."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import duckdb
import pytest

from dataplatform.contracts import Contracts

PACKAGE = Path(__file__).resolve().parents[1] / "dataplatform"
ASK = "from dataplatform import contracts; print(contracts.load().hash)"


@pytest.mark.parametrize("place", ["contracts.json", "dataplatform/contracts.json"])
def test_the_bundle_is_found_in_the_library_archive(tmp_path: Path, place: str) -> None:
    archive = tmp_path / "library.zip"
    bundle = {"hash": "abc", "reasons": [{"code": "wrong_type"}], "pipelines": [], "contracts": {}}
    with zipfile.ZipFile(archive, "w") as packed:
        for path in sorted(PACKAGE.rglob("*.py")):
            packed.write(path, path.relative_to(PACKAGE.parent))
        packed.writestr(place, json.dumps(bundle))
    done = subprocess.run(
        [sys.executable, "-c", ASK],
        env={"PYTHONPATH": str(archive)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout.strip(), done.returncode) == ("abc", 0), done.stderr


def test_a_missing_bundle_says_so(tmp_path: Path) -> None:
    archive = tmp_path / "library.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for path in sorted(PACKAGE.rglob("*.py")):
            packed.write(path, path.relative_to(PACKAGE.parent))
    done = subprocess.run(
        [sys.executable, "-c", ASK],
        env={"PYTHONPATH": str(archive)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "contracts.json is not packed" in done.stderr


def test_features_and_what_is_computed_from_them_can_be_left_out(contracts: Contracts) -> None:
    base = contracts.without_features()
    more = ["curated.recommendations", "features.interactions", "features.model_runs", "features.products"]
    assert sorted(set(contracts.contracts) - set(base.contracts)) == more
    assert [one.id for one in contracts.iceberg("features")] == ["features.interactions", "features.products"]
    assert set(more) & {one.id for one in contracts.iceberg()} == set(more) - {"features.model_runs"}
    assert {one.layer for one in base.iceberg()} == {"processed", "curated"}


def test_units_and_event_times_follow_from_the_partitions(contracts: Contracts) -> None:
    assert contracts.get("curated.sales_hourly").unit == "hour"
    assert contracts.get("curated.sessions").unit == "day"
    assert contracts.get("processed.sales").event_time == "invoice_time"
    assert contracts.get("processed.clicks").event_time == "event_time"


def test_unknown_names_are_answered_with_the_known_ones(contracts: Contracts) -> None:
    with pytest.raises(LookupError, match=r"no pipeline 'x'.*clicks.*sales"):
        contracts.pipeline("x")
    with pytest.raises(LookupError, match=r"no contract 'raw\.x'"):
        contracts.get("raw.x")


def test_every_rule_is_sql_for_other_engines(contracts: Contracts) -> None:
    """What the jobs ask Spark is the standard's SQL: a consumer's tool asks DuckDB the same."""
    asked = 0
    for one in contracts.contracts.values():
        types = {"string": "varchar", "timestamp": "timestamptz", "binary": "blob"}
        named = {field.name: field.dataType.simpleString() for field in one.schema}
        columns = ", ".join(f'"{name}" {types.get(kind, _scalar(kind))}' for name, kind in named.items())
        lake = duckdb.connect()
        lake.execute(f"CREATE TABLE asked ({columns})")
        for rule in one.quality:
            if rule["kind"] == "expression":
                found = lake.execute(f"SELECT count(*) FROM asked WHERE NOT ({rule['expression']})").fetchone()
                assert found == (0,), rule["name"]
                asked += 1
    assert asked > 20


def _scalar(kind: str) -> str:
    return "varchar" if kind.startswith(("struct", "array", "map")) else kind
