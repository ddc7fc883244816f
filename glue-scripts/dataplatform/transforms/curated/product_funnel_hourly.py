"""How far visitors got with each product, by hour."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import DecimalType

from dataplatform.transforms.curated.newest import with_title
from dataplatform.transforms.kinds import CuratedTransform, RowCount

STEPS = ("product_view", "add_to_cart", "remove_from_cart", "purchase")


def viewed() -> Column:
    """Whether an event is a person's view of a product."""
    return (F.col("event_type") == "product_view") & _by_a_person()


def _by_a_person() -> Column:
    return F.col("product_id").isNotNull() & ~F.col("is_bot")


def transform(source: DataFrame, products: DataFrame) -> DataFrame:
    """Count the steps of each hour and product; rates are null where there is nothing to divide by."""
    hourly = (
        source.where(_by_a_person() & F.col("event_type").isin(*STEPS))
        .groupBy(F.date_trunc("hour", "event_time").alias("hour_start"), "product_id")
        .agg(
            _count("product_view").alias("views"),
            _count("add_to_cart").alias("carts"),
            _count("remove_from_cart").alias("removals"),
            _count("purchase").alias("purchases"),
            F.sum(F.when(F.col("event_type") == "purchase", units()).otherwise(F.lit(0))).alias("units"),
            revenue().alias("revenue"),
            F.countDistinct("visitor_id").alias("visitors"),
        )
        .select(
            "hour_start",
            "product_id",
            "views",
            "carts",
            "removals",
            "purchases",
            "units",
            "revenue",
            "visitors",
            (F.col("carts") / F.when(F.col("views") > 0, F.col("views"))).alias("view_to_cart"),
            (F.col("purchases") / F.when(F.col("carts") > 0, F.col("carts"))).alias("cart_to_purchase"),
        )
    )
    return with_title(hourly, products, "product_id", "hour_start")


def units() -> Column:
    """How many pieces an event is about: one unless it says otherwise."""
    return F.coalesce(F.col("quantity"), F.lit(1)).cast("bigint")


def revenue() -> Column:
    """The value of the purchases of a group; a purchase without a price adds nothing."""
    value = (F.col("price").cast(DecimalType(12, 4)) * units().cast(DecimalType(10, 0))).cast(DecimalType(22, 4))
    bought = F.when((F.col("event_type") == "purchase") & F.col("price").isNotNull(), value)
    return F.coalesce(F.sum(bought), F.lit(0)).cast(DecimalType(18, 2))


def _count(event_type: str) -> Column:
    return F.count_if(F.col("event_type") == event_type)


TRANSFORM = CuratedTransform(transform=transform, row_count=RowCount("views", viewed))
