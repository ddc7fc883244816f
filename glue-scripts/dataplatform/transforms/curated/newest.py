"""Which of several versions counts, now and at an earlier time."""

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from dataplatform.transforms.processed import letters

# Of versions with one valid_from the one that arrived last counts.
ORDER = ("valid_from", "arrival_time", "file_digest", "line_number")


def newest(versions: DataFrame, key: str) -> DataFrame:
    """Return the newest version of each key, beside ``versions``, their number, and ``first_valid``."""
    return (
        versions.groupBy(key)
        .agg(
            F.max_by(F.struct(*versions.columns), F.struct(*ORDER)).alias("_newest"),
            F.count("*").alias("versions"),
            F.min("valid_from").alias("first_valid"),
        )
        .select("_newest.*", "versions", "first_valid")
    )


def with_title(rows: DataFrame, products: DataFrame, product: str, hour: str) -> DataFrame:
    """Add ``product_title``: the product's title at the end of the row's hour, null when it had none yet.

    It follows from the versions valid by then, so what the catalog says later changes no earlier hour.
    """
    versions = products.select(
        F.col("product_id").alias("_product"),
        F.col("valid_from").alias("_at"),
        F.struct(*ORDER).alias("_version"),
        F.col("title").alias("product_title"),
    )
    ends = F.col(hour) + F.expr("INTERVAL 1 HOUR")
    asking = rows.withColumns({"_product": letters.code(F.col(product)), "_at": ends, "_asks": F.lit(True)})
    # One look at each in order of time, so that neither many versions nor many hours of a product multiply. What is
    # valid from the end of an hour comes after the rows of that hour, which have no version.
    in_order = Window.partitionBy("_product").orderBy("_at", F.col("_version").asc_nulls_first())
    until = in_order.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    latest = F.last("product_title", ignorenulls=True).over(until)
    both = asking.unionByName(versions, allowMissingColumns=True).withColumn("product_title", latest)
    return both.where("_asks").drop("_product", "_at", "_asks", "_version")
