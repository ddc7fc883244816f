"""The job whose classes the archive holds: a small day of the platform, in miniature."""

from pyspark import SparkContext
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

TABLE = "glue_catalog.training.lines"
COLUMNS = "id bigint, k int, price decimal(12,4), at timestamp, day date, name string"


def main() -> None:
    """Read and write what the platform's jobs do, then wait until Java has written the archive."""
    spark = SparkSession.builder.getOrCreate()
    rows = spark.range(200).select(
        "id",
        (F.col("id") % 7).cast("int").alias("k"),
        (F.col("id") * F.lit("1.25").cast("decimal(4,2)")).cast("decimal(12,4)").alias("price"),
        F.timestamp_seconds(F.lit(1_700_000_000) + F.col("id") * 60).alias("at"),
        F.lit("2023-11-14").cast("date").alias("day"),
        F.sha2(F.concat_ws("|", "id", F.lit("x")), 256).alias("name"),
    )
    for fmt in ("json", "csv", "parquet"):
        rows.write.mode("overwrite").format(fmt).option("compression", "gzip").save(f"s3://training/{fmt}")
    read = spark.read.schema(COLUMNS)
    together = read.json("s3://training/json").unionByName(read.csv("s3://training/csv"))
    together = together.unionByName(read.parquet("s3://training/parquet"))
    together.dropDuplicates(["id"]).createOrReplaceTempView("source")

    spark.sql(
        f"CREATE TABLE {TABLE} ({COLUMNS}) USING iceberg PARTITIONED BY (days(at)) "
        "LOCATION 's3://training/lines' TBLPROPERTIES ('format-version'='2', 'write.wap.enabled'='true')"
    )
    spark.sql(f"ALTER TABLE {TABLE} WRITE ORDERED BY at")
    merge = (
        f"MERGE INTO {TABLE} t USING source s ON t.id = s.id "
        "WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *"
    )
    spark.sql(merge)
    spark.sql(f"ALTER TABLE {TABLE} CREATE OR REPLACE BRANCH audit")
    spark.conf.set("spark.wap.branch", "audit")
    spark.sql(merge)
    spark.table(TABLE).where("k > 1").writeTo(TABLE).overwritePartitions()
    spark.conf.unset("spark.wap.branch")
    spark.sql("CALL glue_catalog.system.fast_forward('training.lines', 'main', 'audit')")
    spark.sql(f"ALTER TABLE {TABLE} DROP BRANCH audit")
    spark.sql(
        f"SELECT k, count(*), sum(price), max(at), sum(sum(price)) OVER (ORDER BY k), "
        f"percentile_approx(price, 0.5) FROM {TABLE} GROUP BY k"
    ).collect()
    spark.sql(f"SELECT * FROM {TABLE}.snapshots").collect()

    java = SparkContext._gateway.proc
    spark.stop()
    java.stdin.close()  # ends Java, which writes the archive then
    java.wait()


if __name__ == "__main__":
    main()
