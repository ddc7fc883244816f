"""Which of several versions counts, now and at an earlier time."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

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
    history = products.groupBy("product_id").agg(
        F.sort_array(F.collect_list(F.struct(*ORDER, "title"))).alias("_history")
    )
    valid = F.filter("_history", lambda version: version["valid_from"] < F.col(hour) + F.expr("INTERVAL 1 HOUR"))
    joined = rows.withColumn("_product", F.upper(product)).join(
        history.withColumnRenamed("product_id", "_product"), "_product", "left"
    )
    return joined.withColumn("product_title", _last(valid)["title"]).drop("_product", "_history")


def _last(values: Column) -> Column:
    return F.when(F.size(values) > 0, F.element_at(values, -1))
