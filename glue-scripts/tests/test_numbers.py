"""Numbers in text: every writing says what the plain one does, and what has two readings says nothing."""

from decimal import Decimal

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from dataplatform.transforms import verdict
from dataplatform.transforms.processed import numbers

SHORT = ["0", "6", "-6", "007", "-0", "123456789", "2.55", "-11062.06", "0.0001", "99999999.9999", "12."]
LONG = ["+6", "6.0", "1e2", ".5", "2147483648", "1234567890", "0.00005", "0.00004999999999", "99999999.99995", "9" * 39]
NONE = ["", "-", "six", "6\n", "1e999", "0x1", "6d", "6L", "NaN"]

POUNDS = {
    "1,234.50": "1234.50",
    "1.234,50": "1234.50",
    "1 234,50": "1234.50",
    "1\u00a0234,50": "1234.50",
    "1\u202f234,50": "1234.50",
    "1\u20091234": None,
    "1'234.50": "1234.50",
    "1\u2019234.50": "1234.50",
    "12,34,567.5": "1234567.5",
    "1,234,567": "1234567",
    "1.234.567": "1234567",
    "1.234.567,8": "1234567.8",
    "2,5": "2.5",
    "2,55": "2.55",
    "2,5500": "2.55",
    "0,125": "0.125",
    "1234,567": "1234.567",
    "1,234": None,
    "1,23,4": None,
    "1,234,56": None,
    "1.234,567.8": None,
    "\u00a33.25": "3.25",
    "3.25 \u00a3": "3.25",
    "\u00a3 1,234.50": "1234.50",
    "GBP 3.25": "3.25",
    "3.25gbp": "3.25",
    "\u20ac3.25": None,
    "\u00a5300": None,
    "3.25 USD": None,
    "(7.25)": "-7.25",
    "(\u00a37.25)": "-7.25",
    "\u00a3(7.25)": "-7.25",
    "-\u00a37.25": "-7.25",
    "\u00a3-7.25": "-7.25",
    "7.25-": "-7.25",
    "7.25 -": "-7.25",
    "5.-": None,
    "5,-": None,
    "'-7.25": "-7.25",
    '="7.25"': "7.25",
    "\u22127.25": "-7.25",
    "\u20137.25": "-7.25",
    "'7.25'": "7.25",
    '"7.25"': "7.25",
    "\uff17\uff0e\uff12\uff15": "7.25",
    "\uff081\uff0c234.5\uff09": "-1234.5",
    "1\u3000234": "1234",
    "-": None,
    "--": None,
    "- 7.25": "-7.25",
    "--7.25": None,
    "(-7.25)": None,
    "(7.25": None,
    "7.25)": None,
    "-7.25-": None,
    "''7": None,
    "\u0661\u0662": None,
    "1_000": None,
    "5%": None,
    "9" * 70 + "-": None,
}
PIECES = {
    "1,000": 1000,
    "1,000,000": 1000000,
    "1 000": 1000,
    "1.000": 1,
    "0,500": None,
    "1,5": None,
    "2,0": 2,
    "(3)": -3,
    "3-": -3,
    "'-3": -3,
    "\u22123": -3,
    "1.5E1": 15,
    "1e3": 1000,
    "1.55E1": None,
    "1e-3": None,
    "1e99": None,
    "\u00a33": None,
}


def test_both_plain_ways_say_the_same(spark: SparkSession) -> None:
    texts = spark.createDataFrame([(text,) for text in SHORT + LONG + NONE], "text string")
    slow_money = F.expr(f"try_cast(IF(text RLIKE r'{numbers._MONEY}', text, NULL) AS DECIMAL(38, 10))")
    slow_pieces = F.expr(
        f"try_cast(IF(text RLIKE r'{numbers._PIECES}' OR text RLIKE r'{numbers._PIECES_BY_EXPONENT}', text, NULL) "
        "AS DECIMAL(38, 0))"
    )
    read = texts.select(
        "text",
        numbers.money("text").alias("money"),
        numbers.pieces("text").alias("pieces"),
        slow_money.alias("slow_money"),
        slow_pieces.alias("slow_pieces"),
    )
    assert dict(read.dtypes) | {"money": "decimal(38,10)", "pieces": "bigint"} == dict(read.dtypes)
    differ = read.where("NOT money <=> slow_money OR NOT pieces <=> slow_pieces")
    assert [row["text"] for row in differ.collect()] == []
    assert {row["text"] for row in read.where("money IS NULL AND pieces IS NULL").collect()} == {*NONE, "9" * 39}


@pytest.mark.parametrize("currency", ["GBP", "EUR"])
def test_writings_of_money(spark: SparkSession, currency: str) -> None:
    own, other = ("\u00a3", "\u20ac") if currency == "GBP" else ("\u20ac", "\u00a3")
    swapped = str.maketrans("\u00a3\u20ac", own + other)
    wanted = {
        text.translate(swapped).replace("GBP", currency).replace("gbp", currency.lower()): amount and Decimal(amount)
        for text, amount in POUNDS.items()
    }
    texts = spark.createDataFrame([(text,) for text in wanted], "text string")
    read = numbers.with_money(texts, "text", "amount", F.lit(currency))
    got = read.select("text", "amount", numbers.normalized({"Price": "amount"})).collect()
    assert {row[0]: row[1] for row in got} == wanted
    marks = {text: amount and "Price" for text, amount in wanted.items()}
    assert {row[0]: row[2] for row in got} == marks


def test_writings_of_pieces(spark: SparkSession) -> None:
    texts = spark.createDataFrame([(text,) for text in PIECES], "text string")
    assert dict(numbers.with_pieces(texts, "text", "pieces").select("text", "pieces").collect()) == PIECES


def test_a_price_that_is_not_zero_never_becomes_it(spark: SparkSession) -> None:
    texts = {"4.44E-16": True, "-1e-40": True, "0.00000000001": True, "0,00000000001": True, "0.00004": True}
    texts |= dict.fromkeys(("0", "0.00", "0E-5", "-0,00", "0.00005", "\u00a30.00", ""), False)
    frame = spark.createDataFrame([(text, None, None) for text in texts], "text string, reason string, error string")
    pounds = F.lit("GBP")
    read = numbers.with_money(frame, "text", "amount", pounds)
    evaluated = verdict.give(read, numbers.money_checks("text", "amount", pounds))
    assert {row["text"]: row["reason"] == "invalid_value" for row in evaluated.collect()} == texts
