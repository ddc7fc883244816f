"""Visits: a visitor's events without a pause of more than 30 minutes, within one UTC day."""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from dataplatform.transforms.curated.product_funnel_hourly import revenue
from dataplatform.transforms.kinds import CuratedTransform, RowCount

GAP_MINUTES = 30
SEPARATOR = "\u001f"


def transform(source: DataFrame) -> DataFrame:
    """Cut each visitor's day into sessions.

    A session ends at midnight so that a date can be recomputed from its own events alone. Its id is a hash of the
    identity of its first event, and of nothing of the visitor: the same events always give the same id.
    """
    number = F.length("sequence_number")
    order = F.struct("event_time", "arrival_time", "shard", number, "sequence_number", "ordinal")
    day = Window.partitionBy("visitor_id", "event_date").orderBy("_order")
    previous = F.lag("event_time").over(day)
    paused = previous.isNull() | (F.col("event_time") > previous + F.expr(f"INTERVAL {GAP_MINUTES} MINUTES"))
    dated = source.withColumn("event_date", F.to_date("event_time")).withColumn("_order", order)
    return (
        dated.withColumn("_starts", paused.cast("int"))
        .withColumn("_session", F.sum("_starts").over(day))
        .groupBy("visitor_id", "event_date", "_session")
        .agg(
            F.min(F.struct("_order", "shard", "sequence_number", "ordinal")).alias("_first"),
            F.min("event_time").alias("started_at"),
            F.max("event_time").alias("ended_at"),
            F.count("*").alias("events"),
            _count("page_view").alias("page_views"),
            _count("product_view").alias("product_views"),
            _count("add_to_cart").alias("carts"),
            _count("purchase").alias("purchases"),
            revenue().alias("revenue"),
            F.min_by("url_path", "_order").alias("landing_path"),
            F.max_by("url_path", "_order").alias("exit_path"),
            *[F.min_by(name, "_order").alias(name) for name in _FROM_FIRST],
            F.max("is_bot").alias("is_bot"),
        )
        .select(
            F.sha2(F.concat_ws(SEPARATOR, "_first.shard", "_first.sequence_number", "_first.ordinal"), 256).alias(
                "session_id"
            ),
            "visitor_id",
            "event_date",
            "started_at",
            "ended_at",
            (F.unix_seconds("ended_at") - F.unix_seconds("started_at")).alias("duration_seconds"),
            "events",
            "page_views",
            "product_views",
            "carts",
            "purchases",
            "revenue",
            "landing_path",
            "exit_path",
            *_FROM_FIRST,
            "is_bot",
            (F.col("purchases") > 0).alias("is_converted"),
        )
    )


_FROM_FIRST = ("referrer_host", "utm_source", "utm_medium", "utm_campaign")


def _count(event_type: str) -> Column:
    return F.count_if(F.col("event_type") == event_type)


TRANSFORM = CuratedTransform(transform=transform, row_count=RowCount("events"))
