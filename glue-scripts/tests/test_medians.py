"""Medians of prices over many days, held against a look at each price for each line."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from statistics import median

import pytest
from frames import frame
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import DataType, DateType, DecimalType, StringType, StructField, StructType, TimestampType

from dataplatform.transforms.processed import medians

DAYS = 30
LINE = ("stock_code", "event_date", "arrival_time")
TYPES = (StringType(), DateType(), TimestampType())
SAID = {"line_key": StringType(), "unit_price": DecimalType(12, 4)}
FIRST = date(2010, 11, 25)

Line = tuple[str, date, datetime]
Price = tuple[str, Decimal, str, date, datetime]  # the line's key and price, then as of a line


def medians_of(spark: SparkSession, bare: Iterable[Line], priced: Iterable[Price]) -> dict[Line, Decimal]:
    bare_frame, priced_frame = (
        frame(
            spark, _schema({**said, **dict(zip(LINE, TYPES, strict=True))}), [(*row[:-1], str(row[-1])) for row in rows]
        )
        for said, rows in (({}, bare), (SAID, priced))
    )
    found = medians.of(bare_frame, priced_frame, DAYS, LINE).withColumn("at", F.unix_seconds("arrival_time")).collect()
    return {
        (row["stock_code"], row["event_date"], datetime.fromtimestamp(row["at"], UTC)): row["median_price"]
        for row in found
    }


def one_by_one(bare: Iterable[Line], priced: Iterable[Price]) -> dict[Line, Decimal]:
    found = {}
    for code, day, arrival in bare:
        since = min(day, arrival.date()) - timedelta(days=DAYS)
        prices = {
            key: price
            for key, price, product, at, known in priced
            if product == code and 1 <= (day - at).days <= DAYS and known <= arrival and known.date() >= since
        }
        if prices:
            found[code, day, arrival] = median(prices.values()).quantize(Decimal("0.0001"), ROUND_HALF_UP)
    return found


@pytest.mark.parametrize("seed", range(4))
def test_medians_are_those_of_the_prices_one_by_one(spark: SparkSession, seed: int) -> None:
    """Lines that say the same came once or in several files, some of which were not there yet, or too old by then."""
    random = Random(seed)
    values = [Decimal(random.randrange(1, 10 ** random.randrange(1, 13))).scaleb(-4) for _ in range(2 + 10 * seed)]
    arrivals = [
        datetime.combine(FIRST + timedelta(days=random.randrange(90)), datetime.min.time(), UTC)
        + timedelta(seconds=random.randrange(86_400))
        for _ in range(6)
    ]

    def day() -> date:
        return FIRST + timedelta(days=random.randrange(90))

    priced: list[Price] = []
    for number in range(500):
        said = f"k{number}", random.choice(values), random.choice("AAB"), day()
        priced += [(*said, random.choice(arrivals)) for _ in range(random.choice((1, 1, 1, 2, 3)))]
    bare = sorted({(random.choice("AABC"), day(), random.choice(arrivals)) for _ in range(150)})
    got = medians_of(spark, bare, priced)
    assert got == one_by_one(bare, priced)
    assert 30 < len(got) < len(bare)


def test_the_largest_prices_have_an_exact_median(spark: SparkSession) -> None:
    arrival = datetime(2010, 12, 2, tzinfo=UTC)
    ends = [Decimal("99999999.9998"), Decimal("99999999.9999"), Decimal("0.0001"), Decimal("0.0002")]
    priced = [
        (f"{code}{number}", price, code, date(2010, 12, 1), arrival)
        for code, pair in zip("AB", (ends[:2], ends[2:]), strict=True)
        for number, price in enumerate(pair)
    ]
    bare = [(code, date(2010, 12, 2), arrival) for code in "AB"]
    assert list(medians_of(spark, bare, priced).values()) == [ends[1], ends[3]]


def _schema(types: dict[str, DataType]) -> StructType:
    return StructType([StructField(name, kind) for name, kind in types.items()])
