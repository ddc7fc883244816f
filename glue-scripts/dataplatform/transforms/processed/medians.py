"""The median of what a product cost in the days before a line, for each of the lines that lack a price."""

from decimal import Decimal

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F
from pyspark.sql.types import DecimalType

from dataplatform.transforms.processed.numbers import MONEY

# Prices are sorted as whole numbers of the smallest unit: numbers that the machine knows, where decimals are objects.
_UNIT = Decimal(1).scaleb(-MONEY.scale)


def of(bare: DataFrame, priced: DataFrame, days: int, line: tuple[str, str, str]) -> DataFrame:
    """Return ``bare``, which has each of the ``line`` columns' values once, with ``median_price`` where there is one.

    ``line`` names the product, the day and the arrival, in bare and in ``priced``; a price counts from one to ``days``
    days before the line's day, if it was known when the line arrived. Lines that say the same have one ``line_key``
    and count once. What arrived more than ``days`` before the line's day, or before the line did, is too old.
    """
    product, day, arrival = line
    mine = priced.join(F.broadcast(bare.select(product).distinct()), product, "left_semi")
    daily = _daily(mine, *line).withColumn("_span", _span(F.col("price_date"), days))
    spans = F.explode(F.array(_span(F.col(day), days), _span(F.col(day), days) - 1))
    since = F.date_sub(F.least(day, F.to_date(arrival)), days).cast("timestamp")
    asked = bare.withColumns({"_span": spans, "_since": since})
    near = (
        daily.join(F.broadcast(asked), [product, "_span"])
        .where(F.date_diff(day, "price_date").between(1, days))
        .where(F.col("known_since").between(F.col("_since"), F.col(arrival)))
        .where(F.col("known_anew").isNull() | (F.col("known_anew") > F.col(arrival)))
    )
    gathered = near.groupBy(*line).agg(F.sort_array(F.flatten(F.collect_list("_prices"))).alias("_prices"))
    return gathered.select(*line, _median("_prices").alias("median_price"))


def _daily(priced: DataFrame, product: str, day: str, arrival: str) -> DataFrame:
    """Gather the prices of a product and day by the arrival of their lines and by the next of one that says the same.

    So each counts once at any time: with the last of its lines that have arrived by then. A day's prices are held
    against up to ``days`` days, all together and without their lines.
    """
    again = F.lead(arrival).over(Window.partitionBy("line_key").orderBy(arrival))
    by = [column.alias(name) for name, column in (("price_date", F.col(day)), ("known_since", F.col(arrival)))]
    units = (F.col("unit_price") / F.lit(_UNIT)).cast("bigint")
    known_prices = priced.select(product, *by, again.alias("known_anew"), units.alias("_price"))
    held = known_prices.groupBy(product, "price_date", "known_since", "known_anew")
    return held.agg(F.collect_list("_price").alias("_prices"))


def _span(day: Column, days: int) -> Column:
    """The number of a span of days: a line is held against its own and the one before, not against all there are."""
    return F.floor(F.unix_date(day) / days)


def _median(prices: str) -> Column:
    """The median of sorted prices: the mean of the two in the middle, rounded half up."""
    count = F.size(prices)
    low, high = (F.element_at(prices, F.floor(place).cast("int")) for place in ((count + 1) / 2, count / 2 + 1))
    return (F.floor((low + high + 1) / 2).cast(DecimalType(MONEY.precision, 0)) * F.lit(_UNIT)).cast(MONEY)
