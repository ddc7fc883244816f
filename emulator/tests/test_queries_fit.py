"""Saved queries and views are held against the contracts before anything runs: a misspelt name is found in a second."""

import json
from pathlib import Path

import pytest

from local.trial import queries

ROOT = Path(__file__).resolve().parents[2]
TABLES = {
    "curated.days": {
        "columns": [{"name": "Day", "physical": "date"}, {"name": "units_sold", "physical": "bigint"}],
        "pathColumns": [],
    },
    "processed.lines": {
        "columns": [{"name": "day", "physical": "date"}, {"name": "price", "physical": "decimal(12,4)"}],
        "pathColumns": [],
    },
}


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELECT day, sum(units_sold) AS units FROM {curated}.days GROUP BY day ORDER BY units", ""),
        ("WITH a AS (SELECT day AS at FROM {curated}.days) SELECT at FROM a JOIN {processed}.lines ON day = at", ""),
        # Names that the query gives hide none that the table lacks.
        ("SELECT sum(unit_sold) AS unit_sold FROM {curated}.days", "'unit_sold' cannot be resolved"),
        ("SELECT sum(units_sold) AS units FROM {curated}.days WHERE units > 1", "'units' cannot be resolved"),
        ("SELECT d.price FROM {curated}.days AS d JOIN {processed}.lines AS l ON l.day = d.day", "'price' cannot be"),
        ("SELECT day FROM {curated}.months", "there is no curated.months"),
        ("SELECT day FROM {curated}.days WHERE", "SYNTAX_ERROR"),
    ],
)
def test_a_name_is_that_of_a_column(tmp_path: Path, query: str, said: str) -> None:
    folder = tmp_path / "sql"
    (folder / "views").mkdir(parents=True)
    (folder / "views" / "one.sql").write_text(f"-- Says something.\n{query}\n")
    found = list(queries.problems(json.dumps({"contracts": TABLES}), folder))
    assert len(found) == (1 if said else 0), found
    if said:
        assert found[0].startswith(f"{tmp_path.name}/sql/views/one.sql: ")
        assert said in found[0]


def test_every_query_and_view_asks_for_what_there_is() -> None:
    bundle = ROOT / "build" / "glue" / "contracts.json"
    assert bundle.is_file(), "build it first"
    assert list(queries.problems(bundle.read_text(), ROOT / "analytics" / "sql")) == []
