"""Revenue by country, asked by PyAthena in three ways. Usage: python by_pyathena.py outputs.json

outputs.json is what `pulumi stack output --json` prints.
"""

import json
import sys
from decimal import Decimal
from pathlib import Path

import pandas as pd
from pyathena import connect
from pyathena.pandas.cursor import PandasCursor
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL

OUTPUTS = json.loads(Path(sys.argv[1]).read_text())
REGION, GROUP = OUTPUTS["region"], OUTPUTS["workgroups"]["data-scientists"]
DATABASE = OUTPUTS["databases"]["curated"]
# Who only reads needs no result location: the workgroup has one.
ATHENA = connect(region_name=REGION, work_group=GROUP, schema_name=DATABASE)
SQL = "SELECT country, net_revenue FROM sales_hourly WHERE hour_start >= date '2024-03-01' ORDER BY net_revenue DESC"


def rows() -> list[tuple[str | None, Decimal]]:
    """By a cursor: money is a Decimal, null is None."""
    return ATHENA.cursor().execute(SQL).fetchall()


def frame() -> pd.DataFrame:
    """By PandasCursor, which keeps money a Decimal, where pandas.read_sql makes it a float; an empty text is null."""
    return ATHENA.cursor(PandasCursor).execute(SQL).as_pandas()


def engine_rows() -> list[tuple[str | None, Decimal]]:
    """By SQLAlchemy, for tools that want a URL. The statement's values are bound, never written into it."""
    url = URL.create(
        "awsathena+rest",
        host=f"athena.{REGION}.amazonaws.com",
        port=443,
        database=DATABASE,
        query={"work_group": GROUP},
    )
    statement = text(
        "SELECT country, net_revenue FROM sales_hourly WHERE net_revenue > :least ORDER BY net_revenue DESC"
    )
    with create_engine(url).connect() as connection:
        return [tuple(row) for row in connection.execute(statement, {"least": 1})]


if __name__ == "__main__":
    print("rows", rows())
    print("frame", frame().to_dict("records"))
    print("engine", engine_rows())
