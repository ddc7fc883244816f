"""Revenue by country, asked by awswrangler. Usage: python by_awswrangler.py outputs.json"""

import json
import sys
from pathlib import Path

import awswrangler as wr
import pandas as pd

OUTPUTS = json.loads(Path(sys.argv[1]).read_text())


def frame() -> pd.DataFrame:
    """Without ctas_approach=False it makes a table in the database that it reads, where readers may make none."""
    return wr.athena.read_sql_query(
        "SELECT country, net_revenue FROM sales_hourly WHERE hour_start >= date(:since) ORDER BY net_revenue DESC",
        database=OUTPUTS["databases"]["curated"],
        workgroup=OUTPUTS["workgroups"]["data-scientists"],
        ctas_approach=False,
        params={"since": "2024-03-01"},
    )


if __name__ == "__main__":
    print("frame", frame().to_dict("records"))
