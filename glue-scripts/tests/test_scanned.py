"""What a query about one day reads of a table that holds a year, against what raw holds of that year."""

import re
from datetime import date, timedelta
from pathlib import Path

import pyarrow.parquet as pq
from conftest import REPOSITORY, Platform
from lake import path_of
from pyiceberg.expressions import And, GreaterThanOrEqual, LessThan
from pyiceberg.table import StaticTable
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from dataplatform.engine.iceberg import Table
from dataplatform.transforms.curated import sales_hourly

FIRST = date(2025, 1, 1)
DAYS = 365
ASKED = date(2025, 6, 18)
# About a gigabyte of raw a year. Every day is alike, so one is made in full; the others have to be there and no more.
LINES_A_DAY = 250_000
LINES_OF_OTHER_DAYS = 40
LINES_AN_INVOICE = 20
PRODUCTS = 3000
MEGABYTES_A_GIGABYTE = 1.0


def order_lines(spark: SparkSession, day: Column, lines: int) -> DataFrame:
    """Sales in opening hours: few products sell most, one country buys nearly everything."""
    number = spark.range(0, lines, 1, 2).withColumn("invoice", F.floor(F.col("id") / LINES_AN_INVOICE))

    def drawn(of: str, salt: int, below: int) -> Column:
        return F.pmod(F.xxhash64(of, F.lit(salt)), F.lit(below))

    product = (F.pow(drawn("id", 1, 100_000) / 100_000, 2) * PRODUCTS).cast("int")
    abroad = F.concat(F.lit("Country "), drawn("invoice", 4, 37))
    country = F.when(drawn("invoice", 3, 100) < 90, "United Kingdom").otherwise(abroad)
    return number.select(
        F.format_string("5%06d", "invoice").alias("invoice_no"),
        F.format_string("%05d", F.lit(20000) + product).alias("stock_code"),
        F.format_string("DESCRIPTION OF PRODUCT %05d", F.lit(20000) + product).alias("description"),
        (drawn("id", 5, 12) + 1).cast("int").alias("quantity"),
        F.timestamp_seconds(F.unix_timestamp(day) + 7 * 3600 + drawn("invoice", 2, 13 * 3600)).alias("invoice_time"),
        (F.pmod(product, F.lit(900)) / 100 + 0.42).cast("decimal(12,4)").alias("unit_price"),
        F.lit(False).alias("unit_price_imputed"),
        F.format_string("1%04d", drawn("invoice", 6, 4300)).alias("customer_id"),
        F.lit(False).alias("customer_imputed"),
        country.alias("country"),
        F.when(country == "United Kingdom", "GB").alias("country_code"),
        F.when(drawn("invoice", 7, 50) == 0, "return").otherwise("sale").alias("line_type"),
    ).withColumn("line_total", (F.col("quantity") * F.col("unit_price")).cast("decimal(18,4)"))


def write_raw(lines: DataFrame, folder: Path) -> int:
    """The lines as the source writes them, gzip-compressed as raw keeps them; the bytes of all files."""
    time = F.date_format("invoice_time", "M/d/yyyy H:mm")
    raw = lines.select(
        "invoice_no", "stock_code", "description", "quantity", time, "unit_price", "customer_id", "country"
    )
    raw.write.option("compression", "gzip").csv(folder.as_uri())
    return sum(file.stat().st_size for file in folder.glob("*.csv.gz"))


def test_hourly_revenue_of_a_day_reads_little_of_a_year(platform: Platform, tmp_path: Path) -> None:
    lines = order_lines(platform.spark, F.lit(f"{ASKED} 00:00:00"), LINES_A_DAY).persist()
    raw = DAYS * write_raw(lines, tmp_path / "raw")
    others = order_lines(
        platform.spark,
        F.concat(F.date_add(F.lit(FIRST), F.pmod(F.col("id"), F.lit(DAYS)).cast("int")), F.lit(" 00:00:00")),
        DAYS * LINES_OF_OTHER_DAYS,
    )
    name = platform.make("curated.sales_hourly")
    contract = platform.contracts.contracts["curated.sales_hourly"]
    hourly = sales_hourly.hourly(lines.unionByName(others.where(F.to_date("invoice_time") != F.lit(ASKED))))
    rows = hourly.withColumn("product_title", F.initcap("description")).select(*contract.names).persist()
    rows.writeTo(name).append()

    # Planned by PyIceberg as an engine does, by the bounds that the table's metadata has of each file. Read are the
    # columns that the statement names, compressed, as the files' own footers say; footers and metadata are not counted.
    location = path_of(str(Table(platform.spark, name).handle.location()))
    metadata = max(location.glob("metadata/*.metadata.json"), key=lambda file: int(re.findall(r"\d+", file.name)[0]))
    statement = (
        (REPOSITORY / "analytics" / "sql" / "hourly_revenue.sql").read_text(encoding="utf-8").split("SELECT", 1)[1]
    )
    asked = And(
        GreaterThanOrEqual("hour_start", f"{ASKED}T00:00:00+00:00"),
        LessThan("hour_start", f"{ASKED + timedelta(days=1)}T00:00:00+00:00"),
    )
    table = StaticTable.from_metadata(metadata.as_uri())
    assert table.inspect.files().num_rows >= DAYS
    files = [path_of(task.file.file_path) for task in table.scan(row_filter=asked).plan_files()]
    columns = {column for column in contract.names if re.search(rf"\({column}\)|\b{column},", statement)}
    assert columns == {"hour_start", "units_sold", "gross_revenue", "returns_value"}
    scanned = found = 0
    for file in files:
        footer = pq.read_metadata(file)
        found += footer.num_rows
        for group in range(footer.num_row_groups):
            chunks = [footer.row_group(group).column(index) for index in range(footer.num_columns)]
            scanned += sum(chunk.total_compressed_size for chunk in chunks if chunk.path_in_schema in columns)

    assert found == rows.where(F.to_date("hour_start") == F.lit(ASKED)).count() > 0, "the day's rows and no others"
    ratio = (scanned / 1e6) / (raw / 1e9)
    said = f"{scanned} bytes of {found} rows in {len(files)} files, {raw} bytes of raw: {ratio:.2f} MB a GB"
    assert 0 < ratio <= MEGABYTES_A_GIGABYTE, said
