"""The examples give what the emulator's Athena has, in each client's own way."""

from __future__ import annotations

import json
import os
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from emulator.tests.athena_lake import JSON_SERDE, OUTPUT, Lake

FOLDER = Path(__file__).parent
HUGE = "9007199254740993.0001"  # a float takes it for 9007199254740994


@pytest.fixture(scope="module")
def outputs(server: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a stack whose curated layer is one small table."""
    lake = Lake(server.client)
    lake.put_json(
        "sales_hourly/a.gz",
        [
            {"hour_start": "2024-03-01 10:00:00", "country": "France", "net_revenue": HUGE},
            {"hour_start": "2024-03-01 11:00:00", "country": None, "net_revenue": "12.5"},
            {"hour_start": "2024-02-01 11:00:00", "country": "Spain", "net_revenue": "0.5"},
        ],
    )
    columns = {"hour_start": "timestamp", "country": "string", "net_revenue": "decimal(38,4)"}
    lake.table("sales_hourly", JSON_SERDE, columns)
    configuration = {"EnforceWorkGroupConfiguration": True, "ResultConfiguration": {"OutputLocation": OUTPUT}}
    lake.athena.create_work_group(Name="scientists", Configuration=configuration)
    path = tmp_path_factory.mktemp("stack") / "outputs.json"
    said = {
        "region": "eu-west-1",
        "workgroups": {"data-scientists": "scientists"},
        "databases": {"curated": "lake"},
    }
    path.write_text(json.dumps(said))
    return path


def printed(example: str, outputs: Path, server: Any) -> dict[str, str]:
    """What an example prints, by the first word of each line."""
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "eu-west-1"}
    done = subprocess.run(
        [os.environ["CLIENTS_PYTHON"], FOLDER / example, outputs],
        env={"PATH": os.environ["PATH"], "AWS_ENDPOINT_URL": server.endpoint, **keys},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return dict(line.split(" ", 1) for line in done.stdout.splitlines())


def test_pyathena(server: Any, outputs: Path) -> None:
    said = printed("by_pyathena.py", outputs, server)
    rows = [("France", Decimal(HUGE)), (None, Decimal("12.5000"))]
    assert said["rows"] == said["engine"] == str(rows)
    assert HUGE in said["frame"]


def test_awswrangler(server: Any, outputs: Path) -> None:
    assert HUGE in printed("by_awswrangler.py", outputs, server)["frame"]
