"""What each customer or visitor did with each product before a time."""

from collections.abc import Callable
from datetime import datetime

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from dataplatform.transforms.features.as_of import instant
from dataplatform.transforms.kinds import FeatureTransform
from dataplatform.transforms.processed import identifiers, letters
from dataplatform.transforms.processed.identifiers import GUEST

CUSTOMER, VISITOR = "customer", "visitor"
# What one of each says about taste. A return takes a purchase away.
WEIGHTS = {"views": 1.0, "carts": 3.0, "purchases": 5.0, "returns": -5.0}
_STEPS = {"product_view": "views", "add_to_cart": "carts", "remove_from_cart": "removals", "purchase": "purchases"}
_LINES = {"sale": "purchases", "return": "returns"}
_KINDS = ("views", "carts", "removals", "purchases", "returns")
_KEY = ("party_key", "party_kind", "product_id")
# What of a click is looked at, so that nobody reads the rest.
CLICK = ("visitor_id", "user_id", "product_id", "event_type", "event_time", "is_bot")


def transform(
    clicks: DataFrame,
    sales: DataFrame,
    as_of: datetime,
    since: datetime | None = None,
    *,
    keyed: Callable[[DataFrame], DataFrame],
) -> DataFrame:
    """Add up clicks and order lines before ``as_of``; with ``since``, only those from then on.

    Clicks are taken once an event. Who a visitor is follows from what happened before ``as_of``, too.
    """
    happened = _of_clicks(clicks.where(F.col("event_time") < instant(as_of)), keyed).unionByName(
        _of_sales(keyed(sales.where(F.col("invoice_time") < instant(as_of))))
    )
    if since is not None:
        happened = happened.where(F.col("time") >= instant(since))
    counts = [F.count_if(F.col("kind") == kind).alias(kind) for kind in _KINDS]
    added = (
        happened.groupBy(*_KEY)
        .agg(
            *counts,
            F.max("time").alias("last_time"),
            F.max(F.when(F.col("kind") == "purchases", F.col("time"))).alias("last_purchase"),
        )
        .withColumn("carts", F.greatest(F.col("carts") - F.col("removals"), F.lit(0).cast("bigint")))
    )
    weight = sum((F.lit(value) * F.col(name) for name, value in WEIGHTS.items()), F.lit(0.0))
    return added.select(
        instant(as_of).alias("as_of"),
        *_KEY,
        *WEIGHTS,
        F.greatest(weight, F.lit(0.0)).alias("weight"),
        "last_time",
        "last_purchase",
    )


def _of_clicks(clicks: DataFrame, keyed: Callable[[DataFrame], DataFrame]) -> DataFrame:
    """Steps with a product by people. A customer's purchases are order lines; counted here, they would count twice."""
    people = clicks.where(~F.col("is_bot"))
    steps = people.where(F.col("product_id").isNotNull() & F.col("event_type").isin(*_STEPS)).select(
        "visitor_id", letters.code(F.col("product_id")).alias("product_id"), _named(_STEPS, "event_type"), "event_time"
    )
    return (
        steps.join(_customers(people, keyed), "visitor_id", "left")
        .where(F.col("customer").isNull() | (F.col("kind") != "purchases"))
        .select(
            F.coalesce("customer", "visitor_id").alias("party_key"),
            F.when(F.col("customer").isNull(), VISITOR).otherwise(CUSTOMER).alias("party_kind"),
            "product_id",
            "kind",
            F.col("event_time").alias("time"),
        )
    )


def _customers(people: DataFrame, keyed: Callable[[DataFrame], DataFrame]) -> DataFrame:
    """The customer that a visitor signed in as; one who did so as several is none of them."""
    signed = identifiers.read(people.where(F.col("user_id").isNotNull()), {}, {"customer_id": "user_id"})
    return (
        keyed(signed.where(~identifiers.nobody("customer_id")))
        .withColumnRenamed("customer_key", "customer")
        .groupBy("visitor_id")
        .agg(F.min("customer").alias("customer"), F.max("customer").alias("_last"))
        .where(F.col("customer") == F.col("_last"))
        .drop("_last")
    )


def _of_sales(sales: DataFrame) -> DataFrame:
    """Order lines of customers that are known: the guests cannot be told apart."""
    return sales.where((F.col("customer_id") != GUEST) & F.col("line_type").isin(*_LINES)).select(
        F.col("customer_key").alias("party_key"),
        F.lit(CUSTOMER).alias("party_kind"),
        F.col("stock_code").alias("product_id"),
        _named(_LINES, "line_type"),
        F.col("invoice_time").alias("time"),
    )


def _named(names: dict[str, str], column: str) -> Column:
    name = F.lit(None).cast("string")
    for value, kind in names.items():
        name = F.when(F.col(column) == value, F.lit(kind)).otherwise(name)
    return name.alias("kind")


TRANSFORM = FeatureTransform(transform=transform, pseudonymous=True)
