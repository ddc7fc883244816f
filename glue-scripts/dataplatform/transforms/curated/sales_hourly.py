"""Sales by hour, product and country."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import DecimalType

from dataplatform.transforms.curated.newest import with_title
from dataplatform.transforms.kinds import CuratedTransform, RowCount

MONEY = DecimalType(18, 4)


def transform(source: DataFrame, products: DataFrame) -> DataFrame:
    """Add up the lines of each hour, product and country, beside the product's title in that hour."""
    return with_title(hourly(source), products, "stock_code", "hour_start")


def hourly(source: DataFrame) -> DataFrame:
    """Add up the lines of each hour, product and country.

    Revenue is sales less returns; adjustments are out of it and fees are counted by themselves.
    """
    line_type = F.col("line_type")
    hour = F.date_trunc("hour", "invoice_time").alias("hour_start")
    sold, returned = line_type == "sale", line_type == "return"
    return (
        source.groupBy(hour, "stock_code", "country", "country_code")
        .agg(
            _most_frequent("description").alias("description"),
            _different("invoice_no").alias("orders"),
            _different(F.when(~F.col("customer_imputed"), F.col("customer_id"))).alias("customers"),
            F.count("*").alias("lines"),
            pieces(sold).alias("units_sold"),
            (-pieces(returned)).alias("units_returned"),
            money(sold).alias("gross_revenue"),
            (-money(returned)).cast(MONEY).alias("returns_value"),
            money(sold | returned).alias("net_revenue"),
            money((sold | returned) & F.col("unit_price_imputed")).alias("imputed_revenue"),
            money(line_type == "fee").alias("fee_value"),
        )
        .select(
            "hour_start",
            "stock_code",
            "country",
            "country_code",
            "description",
            "orders",
            "customers",
            "lines",
            "units_sold",
            "units_returned",
            "gross_revenue",
            "returns_value",
            "net_revenue",
            "imputed_revenue",
            "fee_value",
        )
    )


def pieces(condition: Column) -> Column:
    """The pieces of the lines of a group that the condition is true for."""
    return F.sum(F.when(condition, F.col("quantity")).otherwise(F.lit(0))).cast("bigint")


def money(condition: Column) -> Column:
    """The total of the lines of a group that the condition is true for."""
    return F.sum(F.when(condition, F.col("line_total")).otherwise(F.lit(0).cast(MONEY))).cast(MONEY)


def _different(value: str | Column) -> Column:
    """How many values the rows of a group have.

    Two distinct counts of Spark's would multiply the rows by three and shuffle them all. A group's lines fit in memory.
    """
    return F.size(F.collect_set(value)).cast("bigint")


def _most_frequent(name: str) -> Column:
    """The value that most rows of the group have, the first in order among equals; null when none has one.

    Equal values lie beside each other once they are sorted, so a group of many values takes one look at each.
    Most groups have only one.
    """
    nothing = F.lit(None).cast("string")
    start = F.struct(nothing.alias("value"), F.lit(0).alias("times"), nothing.alias("best"), F.lit(0).alias("most"))
    counted = F.aggregate(F.sort_array(F.collect_list(name)), start, _counted)["best"]
    return F.when(F.min(name) == F.max(name), F.min(name)).otherwise(counted)


def _counted(so_far: Column, value: Column) -> Column:
    times = F.when(so_far["value"] == value, so_far["times"] + 1).otherwise(F.lit(1))
    more = times > so_far["most"]
    return F.struct(
        value.alias("value"),
        times.alias("times"),
        F.when(more, value).otherwise(so_far["best"]).alias("best"),
        F.when(more, times).otherwise(so_far["most"]).alias("most"),
    )


TRANSFORM = CuratedTransform(transform=transform, row_count=RowCount("lines"))
