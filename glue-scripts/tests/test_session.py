"""Settings that the code's meaning rests on."""

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

ROWS = 30_000  # several batches of Iceberg's columnar reader


def test_a_file_of_many_batches_is_read_as_it_was_written(spark: SparkSession) -> None:
    table = "glue_catalog.session.many"
    spark.sql("CREATE NAMESPACE IF NOT EXISTS glue_catalog.session")
    made = spark.range(ROWS).select("id", F.concat(F.lit("name "), F.col("id") % 7).alias("name"))
    made.coalesce(1).writeTo(table).using("iceberg").create()
    for _ in range(3):
        read = spark.table(table)
        assert (
            read.groupBy("name")
            .agg(F.sum("id").alias("ids"))
            .exceptAll(made.groupBy("name").agg(F.sum("id").alias("ids")))
            .isEmpty()
        )
        assert read.count() == ROWS
