"""The sales transforms on generated lines, against DuckDB doing the same SQL in the same run.

Both read the same Parquet file of raw fields and write the same rows as Parquet: typed, cleaned, deduplicated, classified,
and added up by hour, product and country. The sums of both must be equal.

    python bench/transforms.py [--lines 5000000]
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from dataplatform import session
from dataplatform.reading import lines
from dataplatform.transforms.curated import sales_hourly
from dataplatform.transforms.processed import sales
from dataplatform.transforms.processed.countries import CODES

HEADER = ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country")

COLUMNS = (
    *("line_key", "file_digest", "line_number", "arrival_time", "invoice_no", "stock_code", "description", "quantity"),
    *(
        "invoice_time",
        "unit_price",
        "unit_price_imputed",
        "normalized",
        "customer_id",
        "customer_imputed",
        "country",
        "country_code",
    ),
    *("line_type", "line_total", "is_return", "event_date", "event_hour", "day_of_week", "is_weekend"),
)

# One line in 200 repeats an earlier one, one in 40 cancels, one in 100 is a fee, one in 4 has no customer.
GENERATE = """
COPY (
  SELECT repeat('f', 64) AS file_digest, i + 1 AS line_number, TIMESTAMPTZ '2011-12-31 00:00:00+00' AS arrival_time,
    CASE WHEN j % 40 = 0 THEN 'C' ELSE '' END || (500000 + j // 15) AS "InvoiceNo",
    CASE WHEN j % 100 = 0 THEN 'POST' ELSE (20000 + (j * 7919) % 4000) || CASE WHEN j % 5 = 0 THEN 'a' ELSE '' END END AS "StockCode",
    CASE WHEN j % 100 = 0 THEN ' POSTAGE ' ELSE ' PRODUCT ' || (j * 7919) % 4000 || ' ' END AS "Description",
    CASE WHEN j % 40 = 0 THEN '-' ELSE '' END || (1 + j % 24) AS "Quantity",
    strftime(TIMESTAMP '2010-12-01 08:00:00' + to_seconds(CAST((j // 15) % 31000000 AS BIGINT)), '%Y-%m-%d %H:%M:%S') AS "InvoiceDate",
    CASE WHEN j % 150 = 0 THEN '0.0' ELSE CAST(CAST(0.10 + (j % 997) / 100.0 AS DECIMAL(12, 2)) AS VARCHAR) END AS "UnitPrice",
    CASE WHEN j % 4 = 0 THEN '' ELSE (12000 + j % 5000) || '.0' END AS "CustomerID",
    CASE j % 20 WHEN 0 THEN 'Germany' WHEN 1 THEN 'France' WHEN 2 THEN 'EIRE' WHEN 3 THEN 'Channel Islands' ELSE 'United Kingdom' END AS "Country"
  FROM (SELECT i, CASE WHEN i % 200 = 199 THEN i - 100 ELSE i END AS j FROM range({lines}) AS r(i))
) TO '{path}' (FORMAT parquet)
"""

PROCESSED = """
COPY (
  WITH trimmed AS (
    SELECT file_digest, line_number, arrival_time, {trimmed} FROM read_parquet('{path}')
  ), typed AS (
    SELECT file_digest, line_number, arrival_time, false AS unit_price_imputed, NULL::VARCHAR AS normalized,
      "InvoiceNo" AS invoice_no, upper("StockCode") AS stock_code, nullif("Description", '') AS description,
      CASE WHEN regexp_full_match("Quantity", '[+-]?[0-9]+([.]0+)?') THEN CAST("Quantity" AS INTEGER) END AS quantity,
      timezone('UTC', timezone('Europe/London', strptime("InvoiceDate", '%Y-%m-%d %H:%M:%S'))) AS invoice_time,
      TRY_CAST("UnitPrice" AS DECIMAL(12, 4)) AS unit_price,
      CASE WHEN regexp_replace("CustomerID", '[.]0$', '') = '' THEN 'guest' ELSE regexp_replace("CustomerID", '[.]0$', '') END AS customer_id,
      "CustomerID" = '' AS customer_imputed, "Country" AS country, code AS country_code
    FROM trimmed LEFT JOIN codes ON name = lower("Country")
  ), keyed AS (
    SELECT *, sha256(concat_ws(chr(31), invoice_no, stock_code, coalesce(description, ''), quantity, epoch_us(invoice_time),
      unit_price, customer_id, country)) AS line_key
    FROM typed
  ), classified AS (
    SELECT *, invoice_no LIKE 'C%' OR quantity < 0 AS is_return,
      CASE WHEN unit_price = 0 THEN 'adjustment' WHEN stock_code IN ({fees}) THEN 'fee'
        WHEN invoice_no LIKE 'C%' OR quantity < 0 THEN 'return' ELSE 'sale' END AS line_type,
      CAST(quantity * unit_price AS DECIMAL(18, 4)) AS line_total, CAST(invoice_time AS DATE) AS event_date,
      hour(invoice_time) AS event_hour, isodow(invoice_time) AS day_of_week, isodow(invoice_time) >= 6 AS is_weekend
    FROM keyed
  )
  SELECT * FROM classified
  QUALIFY row_number() OVER (PARTITION BY line_key ORDER BY arrival_time, file_digest, line_number) = 1
) TO '{out}' (FORMAT parquet, COMPRESSION zstd)
"""

HOURLY = """
COPY (
  SELECT date_trunc('hour', invoice_time) AS hour_start, stock_code, country, country_code,
    mode(description) AS description, count(DISTINCT invoice_no) AS orders,
    count(DISTINCT CASE WHEN NOT customer_imputed THEN customer_id END) AS customers, count(*) AS lines,
    CAST(sum(CASE WHEN line_type = 'sale' THEN quantity ELSE 0 END) AS BIGINT) AS units_sold,
    CAST(-sum(CASE WHEN line_type = 'return' THEN quantity ELSE 0 END) AS BIGINT) AS units_returned,
    sum(CASE WHEN line_type = 'sale' THEN line_total ELSE 0 END) AS gross_revenue,
    -sum(CASE WHEN line_type = 'return' THEN line_total ELSE 0 END) AS returns_value,
    sum(CASE WHEN line_type IN ('sale', 'return') THEN line_total ELSE 0 END) AS net_revenue,
    sum(CASE WHEN line_type = 'fee' THEN line_total ELSE 0 END) AS fee_value
  FROM read_parquet('{out}') GROUP BY ALL
) TO '{hourly}' (FORMAT parquet, COMPRESSION zstd)
"""

# What must be equal: the rows and the sums of both tables.
SUMS = {
    "processed": "count(*), sum(quantity), sum(line_total), count(country_code), sum(event_hour), sum(day_of_week), "
    "count(DISTINCT line_key), min(line_key), max(line_key), min(customer_id), max(stock_code), "
    "sum(CASE WHEN is_return THEN 1 ELSE 0 END), sum(CASE WHEN is_weekend THEN 1 ELSE 0 END), "
    "sum(CASE WHEN line_type = 'fee' THEN line_total ELSE 0 END), sum(CASE WHEN customer_imputed THEN 1 ELSE 0 END)",
    "hourly": "count(*), sum(lines), sum(orders), sum(customers), sum(units_sold), sum(units_returned), "
    "sum(gross_revenue), sum(returns_value), sum(net_revenue), sum(fee_value), min(description), max(description)",
}


def with_spark(spark: SparkSession, source: Path, folder: Path) -> None:
    """Clean, deduplicate and add up with the platform's own transforms."""
    raw = spark.read.parquet(str(source)).withColumns(
        {name: F.lit(None).cast("string") for name in ("payload", "reason", "error")}
    )
    cleaned = sales.clean(lines.trimmed(raw, HEADER)).where(F.col("reason").isNull())
    equal = Window.partitionBy("line_key").orderBy(*lines.ORDER)
    kept = cleaned.withColumn("_rank", F.row_number().over(equal)).where(F.col("_rank") == 1)
    _write(kept.select(*COLUMNS), folder / "processed")
    _write(sales_hourly.hourly(spark.read.parquet(str(folder / "processed"))), folder / "hourly")


def with_duckdb(source: Path, folder: Path) -> None:
    """The same in SQL."""
    out, hourly = folder / "processed.parquet", folder / "hourly.parquet"
    trimmed = ", ".join(
        f"trim(coalesce(\"{name}\", ''), ' ' || chr(9) || chr(10) || chr(13)) AS \"{name}\"" for name in HEADER
    )
    fees = ", ".join(f"'{code}'" for code in sales.FEES)
    with duckdb.connect() as base:
        base.execute("SET threads = 2; SET TimeZone = 'UTC'")
        names = [list(CODES), list(CODES.values())]
        base.execute("CREATE TABLE codes AS SELECT unnest(?) AS name, unnest(?) AS code", names)
        base.execute(PROCESSED.format(path=source, out=out, trimmed=trimmed, fees=fees))
        base.execute(HOURLY.format(out=out, hourly=hourly))


def _write(frame: DataFrame, folder: Path) -> None:
    frame.write.mode("overwrite").option("compression", "zstd").parquet(str(folder))


def _timed(action: Callable[[], None]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def _sums(pattern: str, table: str) -> list[str]:
    return [
        str(value) for value in duckdb.execute(f"SELECT {SUMS[table]} FROM read_parquet('{pattern}')").fetchall()[0]
    ]


def main() -> None:
    """Generate, run both, compare, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--lines", type=int, default=5_000_000)
    number = parser.parse_args().lines
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        source = folder / "raw.parquet"
        duckdb.execute("SET TimeZone = 'UTC'")
        duckdb.execute(GENERATE.format(lines=number, path=source))
        duck = _timed(lambda: with_duckdb(source, folder))
        spark = session.start("bench")
        spark.sparkContext.setLogLevel("ERROR")
        ours = _timed(lambda: with_spark(spark, source, folder))
        spark.stop()
        for table in SUMS:
            mine, theirs = _sums(f"{folder}/{table}/*.parquet", table), _sums(f"{folder}/{table}.parquet", table)
            if mine != theirs:
                raise SystemExit(f"{table} differs:\n  spark  {mine}\n  duckdb {theirs}")
    ratio = duck / ours
    print(f"bench sales-transforms {ours:.1f} s ratio={ratio:.3f}")
    print(f"bench sales-transforms-rate {number / ours:.0f} lines/s ratio={ratio:.3f}")


if __name__ == "__main__":
    main()
