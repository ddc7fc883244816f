"""Numbers in text: short ones are read by another way than long ones, and say the same."""

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from dataplatform.transforms.processed import numbers

SHORT = ["0", "6", "-6", "007", "-0", "123456789", "2.55", "-11062.06", "0.0001", "99999999.9999", "12."]
LONG = ["+6", "6.0", "1e2", ".5", "2147483648", "1234567890", "0.00005", "0.00004999999999", "99999999.99995", "9" * 39]
NONE = ["", "-", "six", "6 ", "6\n", "1e999", "0x1", "6d", "6L", "NaN"]


def test_both_ways_say_the_same(spark: SparkSession) -> None:
    texts = spark.createDataFrame([(text,) for text in SHORT + LONG + NONE], "text string")
    slow_money = F.expr(f"try_cast(IF(text RLIKE r'{numbers._MONEY}', text, NULL) AS DECIMAL(38, 10))")
    slow_pieces = F.expr(f"try_cast(IF(text RLIKE r'{numbers._PIECES}', text, NULL) AS DECIMAL(38, 0))")
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
