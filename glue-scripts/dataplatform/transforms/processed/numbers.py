"""Numbers in text: money, and quantities of pieces.

Digits and exponent are bounded before any cast. A decimal of a huge exponent is computed in full, which takes minutes,
or is more than the machine's own numbers hold, which ends the job.
"""

from decimal import Decimal

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import DecimalType

from dataplatform.transforms.verdict import Check

MONEY = DecimalType(12, 4)
# Nearly all is short. It fits what the machine computes with, where decimals of 38 digits take many times as long.
_SHORT_MONEY = r"^-?[0-9]{1,8}(?:[.][0-9]{1,4})?\z"
_SHORT_PIECES = r"^-?[0-9]{1,9}\z"
# They end with \z: Java's $ passes over a line end, and U+0085 or U+2028 is one.
_MONEY = r"^[+-]?(?:[0-9]{1,28}(?:[.][0-9]{0,30})?|[.][0-9]{1,30})(?:[eE][+-]?[0-9]{1,2})?\z"
_OF_ANY_LENGTH = r"^[+-]?(?:[0-9]+(?:[.][0-9]*)?|[.][0-9]+)(?:[eE][+-]?[0-9]{1,2})?\z"
# What rounds to the ends of MONEY: beyond, and a price that is not zero but would become it.
_TOO_LARGE = Decimal("99999999.99995")
_TOO_SMALL = Decimal("0.00005")

_PIECES = r"^[+-]?[0-9]{1,38}(?:[.]0{1,30})?\z"
_WHOLE = r"^[+-]?[0-9]+(?:[.]0+)?\z"
_TOO_MANY = 2**31


def money(field: str) -> Column:
    """The amount in a field, not rounded yet; null when it is empty or cannot be read."""
    short = f"CAST(try_cast({field} AS {MONEY.simpleString()}) AS DECIMAL(38, 10))"
    return F.expr(
        f"CASE WHEN {field} RLIKE r'{_SHORT_MONEY}' THEN {short} "
        f"WHEN {field} RLIKE r'{_MONEY}' THEN try_cast({field} AS DECIMAL(38, 10)) END"
    )


def money_checks(field: str, amount: str) -> list[Check]:
    """Return the checks that a column holds the field's amount and fits MONEY. An empty field is no mistake."""
    size = F.abs(amount)
    unreadable = (F.col(field) != "") & F.col(amount).isNull()
    return [
        (unreadable & ~F.col(field).rlike(_OF_ANY_LENGTH), "wrong_type", field),
        (unreadable | (size >= F.lit(_TOO_LARGE)) | ((size < F.lit(_TOO_SMALL)) & (size != 0)), "invalid_value", field),
    ]


def pieces(field: str) -> Column:
    """The whole number in a field, a long; null when it cannot be read or is none."""
    return F.expr(
        f"CASE WHEN {field} RLIKE r'{_SHORT_PIECES}' THEN try_cast({field} AS BIGINT) "
        f"WHEN {field} RLIKE r'{_PIECES}' THEN try_cast(try_cast({field} AS DECIMAL(38, 0)) AS BIGINT) END"
    )


def pieces_checks(field: str, number: str) -> list[Check]:
    """Return the checks that a column holds the field's number and fits an int."""
    unreadable = F.col(number).isNull()
    return [
        (unreadable & ~F.col(field).rlike(_WHOLE), "wrong_type", field),
        (unreadable | (F.abs(number) >= _TOO_MANY), "invalid_value", field),
    ]
