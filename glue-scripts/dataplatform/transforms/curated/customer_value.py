"""What each customer has bought so far."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from dataplatform.transforms.curated.sales_hourly import MONEY, money, pieces
from dataplatform.transforms.kinds import CuratedTransform, RowCount
from dataplatform.transforms.processed.identifiers import GUEST


def transform(source: DataFrame) -> DataFrame:
    """Add up the lines of each customer as sales_hourly adds up those of an hour.

    Lines without a customer number cannot be told apart: they are one row, so that the totals are those of all sales.
    """
    line_type = F.col("line_type")
    sold, returned = line_type == "sale", line_type == "return"
    return (
        source.groupBy("customer_key")
        .agg(
            _latest("country").alias("country"),
            _latest("country_code").alias("country_code"),
            F.count("*").alias("lines"),
            F.countDistinct(F.when(sold, F.col("invoice_no"))).alias("orders"),
            pieces(sold).alias("units_sold"),
            (-pieces(returned)).alias("units_returned"),
            money(sold).alias("gross_revenue"),
            (-money(returned)).cast(MONEY).alias("returns_value"),
            money(sold | returned).alias("net_revenue"),
            F.min(F.when(sold, F.col("invoice_time"))).alias("first_purchase"),
            F.max(F.when(sold, F.col("invoice_time"))).alias("last_purchase"),
        )
        .select(
            "customer_key",
            (F.col("customer_key") == GUEST).alias("is_guest"),
            "country",
            "country_code",
            "lines",
            "orders",
            "units_sold",
            "units_returned",
            "gross_revenue",
            "returns_value",
            "net_revenue",
            "first_purchase",
            "last_purchase",
        )
    )


def _latest(name: str) -> Column:
    # Lines of one second are told apart by what they say, so that every run takes the same one.
    return F.max_by(name, F.struct("invoice_time", "line_key"))


TRANSFORM = CuratedTransform(transform=transform, row_count=RowCount("lines"), pseudonymous=True)
