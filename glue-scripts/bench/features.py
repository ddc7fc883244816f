"""The features job on generated events: both tables published, all files of a training job written.

What it makes as of the later time is added up and compared with DuckDB's answer to the same question in SQL.

    DATAPLATFORM_JARS=folder python bench/features.py [--events 5000000]
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import duckdb
from pyspark.sql import SparkSession

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from lake import FolderStore, FreeLeases

from dataplatform import contracts as contracts_module
from dataplatform import session
from dataplatform.arguments import FeaturesArguments, Lake
from dataplatform.contracts import Contracts
from dataplatform.engine import ddl
from dataplatform.engine.spark import jvm
from dataplatform.stages.features import Features
from dataplatform.transforms.pseudonyms import Secret

CONTRACTS = Path(__file__).resolve().parents[2] / "build" / "glue" / "contracts.json"
CUT, AS_OF = datetime(2026, 3, 24, tzinfo=UTC), datetime(2026, 3, 31, tzinfo=UTC)
BUDGET_SECONDS = 180  # seconds, for five million events on two cores

# A month of events. One visitor in three signs in at times, one event in 200 is delivered twice, one in four is of no product.
EVENTS = """
COPY (
  WITH drawn AS (
    SELECT i, (i * 7919) % {visitors} AS visitor, (i * 104729 + i // 977) % 100 AS kind,
      TIMESTAMPTZ '2026-03-01 00:00:00+00' + to_milliseconds(CAST(i * (30 * 86400000.0 / {events}) AS BIGINT)) AS event_time
    FROM (SELECT unnest([i, CASE WHEN i % 200 = 0 THEN i END]) AS i FROM range({events}) AS r(i)) WHERE i IS NOT NULL
  )
  SELECT 'shard-' || i % 4 AS shard, CAST(i AS VARCHAR) AS sequence_number, CAST(0 AS INTEGER) AS ordinal,
    'e' || i AS event_id, event_time AS arrival_time, event_time, 'v' || visitor AS visitor_id,
    CASE WHEN visitor % 3 = 0 AND kind % 5 = 0 THEN 'c' || visitor // 3 END AS user_id,
    CASE WHEN kind < 60 THEN 'product_view' WHEN kind < 70 THEN 'add_to_cart' WHEN kind < 72 THEN 'remove_from_cart'
      WHEN kind < 75 THEN 'purchase' ELSE 'page_view' END AS event_type,
    CASE WHEN kind < 75 THEN 'p' || (visitor * 31 + i % 37 * 541) % {products} END AS product_id,
    visitor % 50 = 0 AS is_bot, CAST(event_time AS DATE) AS event_date, hour(event_time) AS event_hour
  FROM drawn
) TO '{folder}' (FORMAT parquet, PARTITION_BY (event_date, event_hour))
"""
SALES = """
COPY (
  SELECT 'c' || i * 31 % ({visitors} // 3) AS customer_id, 'P' || (i * 97) % {products} AS stock_code,
    CASE WHEN i % 20 = 0 THEN 'return' ELSE 'sale' END AS line_type,
    TIMESTAMPTZ '2026-03-01 00:00:00+00' + to_seconds(CAST(i * (30 * 86400.0 / {lines}) AS BIGINT)) AS invoice_time
  FROM range({lines}) AS r(i)
) TO '{file}' (FORMAT parquet)
"""
PRODUCTS = """
COPY (
  SELECT 'P' || i AS product_id, TIMESTAMPTZ '2026-01-01 00:00:00+00' AS valid_from, 'PRODUCT ' || i AS title,
    'kind ' || i % 40 AS category, CAST(1 + i % 997 / 10.0 AS DECIMAL(12, 4)) AS price
  FROM range({products}) AS r(i)
) TO '{file}' (FORMAT parquet)
"""
SUMS = """
WITH events AS (
  SELECT DISTINCT ON (event_id) * FROM read_parquet('{folder}/*/*/*.parquet')
), people AS (SELECT * FROM events WHERE NOT is_bot), signed AS (
  SELECT visitor_id, min(user_id) AS customer FROM people WHERE user_id IS NOT NULL GROUP BY ALL HAVING min(user_id) = max(user_id)
), happened AS (
  SELECT coalesce(customer, visitor_id) AS party, upper(product_id) AS product, event_type AS kind
  FROM people LEFT JOIN signed USING (visitor_id)
  WHERE product_id IS NOT NULL AND event_type <> 'page_view' AND (customer IS NULL OR event_type <> 'purchase')
  UNION ALL SELECT customer_id, stock_code, line_type FROM read_parquet('{sales}')
), added AS (
  SELECT count(*) FILTER (kind = 'product_view') AS views, count(*) FILTER (kind IN ('purchase', 'sale')) AS purchases,
    greatest(0, count(*) FILTER (kind = 'add_to_cart') - count(*) FILTER (kind = 'remove_from_cart')) AS carts,
    count(*) FILTER (kind = 'return') AS returns
  FROM happened GROUP BY party, product
)
SELECT count(*), sum(views), sum(carts), sum(purchases), sum(returns), sum(greatest(0, views + 3.0 * carts + 5 * purchases - 5 * returns))
FROM added
"""
FOUND = "SELECT count(*), sum(views), sum(carts), sum(purchases), sum(returns), sum(weight) FROM read_parquet('{folder}/*.parquet')"


@contextmanager
def spark_with_tables(root: Path) -> Iterator[SparkSession]:
    """A session on two cores whose catalog is a folder."""
    jars = sorted(Path(os.environ["DATAPLATFORM_JARS"]).glob("iceberg-spark-runtime-3.5_2.12-*.jar"))
    catalog = "spark.sql.catalog.glue_catalog"
    made = (
        SparkSession.builder.master("local[2]")
        .config("spark.jars", str(jars[0]))
        .config("spark.driver.memory", "4g")
        # The default collector works beside the job, on the two cores that the job needs.
        .config("spark.driver.extraJavaOptions", "-XX:+UseParallelGC")
        .config("spark.sql.shuffle.partitions", "8")  # four a core, as the local platform has few, too
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.local.dir", str(root / "scratch"))
        .config("spark.sql.extensions", "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions")
        .config(catalog, "org.apache.iceberg.spark.SparkCatalog")
        .config(f"{catalog}.type", "hadoop")
        .config(f"{catalog}.warehouse", str(root / "tables"))
        .getOrCreate()
    )
    made.sparkContext.setLogLevel("ERROR")
    session.settle(made)
    yield made
    made.stop()


def fill(spark: SparkSession, contracts: Contracts, lake: Lake, files: dict[str, Path]) -> None:
    """Make the tables and put the files' rows into them; what a file does not have is null."""
    for one in (*files, "processed.assets", "features.interactions", "features.products"):
        contract = contracts.get(one)
        name = lake.table(contract.layer, contract.dataset)
        spark.sql(f"CREATE NAMESPACE IF NOT EXISTS {name.rsplit('.', 1)[0]}")
        columns = ", ".join(f"`{field.name}` {field.dataType.simpleString()}" for field in contract.schema)
        spark.sql(f"CREATE TABLE {name} ({columns}) USING iceberg TBLPROPERTIES ('format-version' = '2')")
        ddl.apply(spark, name, contract)
        if one in files:
            rows = spark.read.schema(contract.schema).parquet(str(files[one]))
            rows.select(*contract.names).sortWithinPartitions(contract.partitions[0].column).writeTo(name).append()


def features(spark: SparkSession, contracts: Contracts, lake: Lake) -> tuple[float, float]:
    """Run the job; return how long it took, and the time of processors that it used, in seconds."""
    args = FeaturesArguments("features", "bench", lake, "leases", "bench", "", CUT, AS_OF, {})
    start, start_cpu = time.perf_counter(), cpu(spark)
    Features(spark, args, contracts, FreeLeases(), FolderStore(), Secret(1, b"of this bench")).run()
    return time.perf_counter() - start, cpu(spark) - start_cpu


def cpu(spark: SparkSession) -> float:
    """The time of processors that Spark's process has used."""
    used = jvm(spark).java.lang.ProcessHandle.current().info().totalCpuDuration().get()
    return float(used.toMillis()) / 1000


def answer(query: str) -> Sequence[str]:
    """The one row of a query, as texts."""
    return [str(float(value)) for value in duckdb.execute(query).fetchall()[0]]


def main() -> None:
    """Generate, run, compare, print shares of what is promised; fail when what was made differs."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=5_000_000)
    events = parser.parse_args().events
    sizes = {"events": events, "visitors": max(100, events // 25), "products": 20_000, "lines": max(100, events // 20)}
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        root = Path(name)
        lake = Lake(
            raw=(root / "raw").as_uri(),
            processed=(root / "processed").as_uri(),
            curated=(root / "curated").as_uri(),
            artifacts=(root / "artifacts").as_uri(),
            processed_database="processed",
            curated_database="curated",
            features=(root / "features").as_uri(),
            features_database="features",
        )
        clicks, sales, products = root / "processed" / "clicks", root / "sales.parquet", root / "products.parquet"
        clicks.parent.mkdir()
        duckdb.execute("SET threads = 2; SET TimeZone = 'UTC'")
        duckdb.execute(EVENTS.format(folder=clicks, **sizes))
        duckdb.execute(SALES.format(file=sales, **sizes))
        duckdb.execute(PRODUCTS.format(file=products, **sizes))
        contracts = contracts_module.parse(CONTRACTS.read_text(encoding="utf-8"))
        with spark_with_tables(root) as spark:
            fill(spark, contracts, lake, {"processed.sales": sales, "processed.products": products})
            took, used = features(spark, contracts, lake)
        want = answer(SUMS.format(folder=clicks, sales=sales))
        got = answer(FOUND.format(folder=root / "features" / "training" / "bench" / "full" / "interactions"))
        if got != want:
            raise SystemExit(f"interactions differ:\n  job    {got}\n  duckdb {want}")
    budget = BUDGET_SECONDS * events / 5_000_000
    print(f"bench features {took:.1f} s ratio={took / budget:.2f}")
    print(f"bench features-cpu {used:.1f} s ratio={used / budget:.2f}")


if __name__ == "__main__":
    main()
