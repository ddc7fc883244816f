"""Numbers in text: money, and quantities of pieces, in every writing that can be read without doubt.

The plain writing is read first, and nearly all is plain. What is not is brought to it: currency, sign and marks that
group digits. What has two meanings is no number. Digits and exponent are bounded before any cast: a decimal of a huge
exponent is computed in full, which takes minutes, or is more than the machine's own numbers hold, which ends the job.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import DecimalType

from dataplatform.transforms.processed.absent import no_amount
from dataplatform.transforms.verdict import Check
from dataplatform.transforms.white_space import APOSTROPHES, HYPHENS, WHITE_SPACE

MONEY = DecimalType(12, 4)
# The signs of the currencies that contracts know.
SIGNS = {"GBP": "\u00a3", "EUR": "\u20ac", "USD": "$"}
_OWN_SIGNS = {code: f"(?:[{sign}]|(?i:{code}))" for code, sign in SIGNS.items()}
_OTHER_SIGNS = {
    code: [rf"[\p{{Sc}}&&[^{sign}]]", *(f"(?i:{other})" for other in SIGNS if other != code)]
    for code, sign in SIGNS.items()
}
# Before or behind the digits, within brackets or not.
_BESIDE = r"^([-+(]{{0,2}}) ?{0} ?| ?{0}(?=[-)]{{0,2}}\z)"

# Nearly all is short. It fits what the machine computes with, where decimals of 38 digits take many times as long.
_SHORT_MONEY = r"^-?[0-9]{1,8}(?:[.][0-9]{1,4})?\z"
_SHORT_PIECES = r"^-?[0-9]{1,9}\z"
# They end with \z: Java's $ passes over a line end, and U+0085 or U+2028 is one.
_MONEY = r"^[+-]?(?:[0-9]{1,28}(?:[.][0-9]{0,30})?|[.][0-9]{1,30})(?:[eE][+-]?[0-9]{1,2})?\z"
_OF_ANY_LENGTH = r"^[+-]?(?:[0-9]+(?:[.][0-9]*)?|[.][0-9]+)(?:[eE][+-]?[0-9]{1,2})?\z"
# What rounds to the ends of MONEY: beyond, and a price that is not zero but would become it.
_TOO_LARGE = Decimal("99999999.99995")
_TOO_SMALL = Decimal("0.00005")
# The column of ten decimals has lost it already: what a spreadsheet's sum that should be zero leaves, 4.44E-16.
_NOT_ZERO = "^[^eE]*[1-9]"

_PIECES = r"^[+-]?[0-9]{1,38}(?:[.]0{0,30})?\z"
_PIECES_BY_EXPONENT = r"^[+-]?[0-9]{1,20}(?:[.][0-9]{0,10})?[eE][+]?[0-9]{1,2}\z"
_WHOLE = r"^[+-]?[0-9]+(?:[.]0*)?\z"
_TOO_MANY = 2**31

# No amount that fits is longer, whatever stands around it.
_LONGEST = 64
# Minus signs, the spaces and apostrophes that group digits, and what stands in numbers in full width.
_SPACES = "".join(sign for sign in WHITE_SPACE if not sign.isascii())
_FULL_WIDTH = "\uff10\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19\uff0e\uff0c\uff0b\uff0d\uff08\uff09"
_LOOK_ALIKES = HYPHENS + _SPACES + APOSTROPHES + _FULL_WIDTH
_PLAIN_SIGNS = "-" * len(HYPHENS) + " " * len(_SPACES) + "'" * len(APOSTROPHES) + "0123456789.,+-()"
# An apostrophe or ="" keeps a spreadsheet from reading what follows as a formula or a number. Some guard the guard, and
# some programs quote text within its quotes.
GUARDS = r"^'?=\"'?([^\"]*)\"\z|^[\"']{1,3}([^\"']*)[\"']{1,3}\z|^'(?=[^'])"
UNGUARDED = "$1$2"
# "5.-" is five francs, and no minus.
_SIGN_BEHIND = r"^[(]([^-+()]+)[)]\z|^([^-+()]*[^-+() .,]) ?-\z"
# With two kinds of marks, or one kind several times, there is one reading. A single one before three digits groups
# them or does not.
_COMMAS_GROUP = r"^[+-]?[0-9]{1,3}(?:(?:,[0-9]{2,3})*,[0-9]{3}[.][0-9]*|(?:,[0-9]{3}){2,})\z"
_POINTS_GROUP = r"^[+-]?[0-9]{1,3}(?:(?:[.][0-9]{3})+,[0-9]+|(?:[.][0-9]{3}){2,})\z"
_SPACES_GROUP = r"^[+-]?[0-9]{1,3}(?:(?: [0-9]{3})+|(?:'[0-9]{3})+)(?:[.,][0-9]+)?\z"
_COMMA_IS_DECIMAL = r"^[+-]?(?:[0-9]*,(?:[0-9]{1,2}|[0-9]{4,})|(?:0|[0-9]{4,}),[0-9]{3})\z"
_COMMA_GROUPS_PIECES = r"^[+-]?[1-9][0-9]{0,2},[0-9]{3}\z"


def with_money(lines: DataFrame, field: str, column: str, currency: Column) -> DataFrame:
    """Add the amount in a field, not rounded yet, as a column; null when there is none or it cannot be read.

    ``currency`` is the code of what it is in, whose sign or code may stand beside it.
    """
    return _with_number(lines, field, column, money, bare=lambda text: _bare(text, currency), groups="(?!)")


def with_pieces(lines: DataFrame, field: str, column: str) -> DataFrame:
    """Add the whole number in a field, a long, as a column; null when there is none or it cannot be read."""
    return _with_number(lines, field, column, pieces, bare=lambda text: text, groups=_COMMA_GROUPS_PIECES)


def normalized(columns: Mapping[str, str]) -> Column:
    """Name the fields whose columns' numbers were read from another writing than the plain one; null without any."""
    names = [
        F.when(F.col(column).isNotNull() & F.col(_plain(column)).isNotNull(), F.lit(field))
        for field, column in columns.items()
    ]
    return F.when(F.coalesce(*names).isNotNull(), F.concat_ws(",", *names))


def money(field: str) -> Column:
    """The amount in a field of the plain writing; null when it has another or is empty."""
    short = f"CAST(try_cast({field} AS {MONEY.simpleString()}) AS DECIMAL(38, 10))"
    return F.expr(
        f"CASE WHEN {field} RLIKE r'{_SHORT_MONEY}' THEN {short} "
        f"WHEN {field} RLIKE r'{_MONEY}' THEN try_cast({field} AS DECIMAL(38, 10)) END"
    )


def money_checks(field: str, amount: str, currency: Column) -> list[Check]:
    """Return the checks that a column holds the field's amount and fits MONEY. An absent one is no mistake."""
    size = F.abs(amount)
    unreadable = F.col(amount).isNull() & ~no_amount(F.col(field))
    lost = (size < F.lit(_TOO_SMALL)) & ((size != 0) | F.col(field).rlike(_NOT_ZERO))
    other = F.rlike(field, _by_currency(currency, lambda code: "|".join(_OTHER_SIGNS[code]), r"\p{Sc}"))
    return [
        (unreadable & ~F.col(field).rlike(_OF_ANY_LENGTH) & ~other, "wrong_type", field),
        (unreadable | (size >= F.lit(_TOO_LARGE)) | lost, "invalid_value", field),
    ]


def pieces(field: str) -> Column:
    """The whole number in a field of the plain writing, a long; null when it has another or is none."""
    exact = f"try_cast({field} AS DECIMAL(38, 10))"
    return F.expr(
        f"CASE WHEN {field} RLIKE r'{_SHORT_PIECES}' THEN try_cast({field} AS BIGINT) "
        f"WHEN {field} RLIKE r'{_PIECES}' THEN try_cast(try_cast({field} AS DECIMAL(38, 0)) AS BIGINT) "
        f"WHEN {field} RLIKE r'{_PIECES_BY_EXPONENT}' AND {exact} = floor({exact}) THEN try_cast({exact} AS BIGINT) END"
    )


def pieces_checks(field: str, number: str) -> list[Check]:
    """Return the checks that a column holds the field's number and fits an int."""
    unreadable = F.col(number).isNull()
    return [
        (unreadable & no_amount(F.col(field)), "missing_field", field),
        (unreadable & ~F.col(field).rlike(_WHOLE), "wrong_type", field),
        (unreadable | (F.abs(number) >= _TOO_MANY), "invalid_value", field),
    ]


def _plain(column: str) -> str:
    return f"{column}_plain"


def _with_number(
    lines: DataFrame,
    field: str,
    column: str,
    read: Callable[[str], Column],
    *,
    bare: Callable[[Column], Column],
    groups: str,
) -> DataFrame:
    # Steps of their own: for nearly all rows the first leaves the others nothing to do but to see that.
    plain = _plain(column)
    odd = F.col(column).isNull() & (F.col(field) != "") & (F.length(field) <= _LONGEST)
    return (
        lines.withColumn(column, read(field))
        .withColumn(plain, F.when(odd, _signed(bare(_unguarded(field)))))
        .withColumn(plain, F.when(F.col(plain).isNotNull(), _ungrouped(F.col(plain), groups)))
        .withColumn(column, F.coalesce(column, F.when(F.col(plain).isNotNull(), read(plain))))
    )


def _unguarded(field: str) -> Column:
    return F.regexp_replace(F.translate(field, _LOOK_ALIKES, _PLAIN_SIGNS), GUARDS, UNGUARDED)


def _bare(text: Column, currency: Column) -> Column:
    """The text without the sign and the code of its own currency."""
    return F.regexp_replace(
        text, _by_currency(currency, lambda code: _BESIDE.format(_OWN_SIGNS[code]), "(?!)"), F.lit("$1")
    )


def _by_currency(currency: Column, pattern: Callable[[str], str], otherwise: str) -> Column:
    found = F.lit(otherwise)
    for code in SIGNS:
        found = F.when(currency == code, F.lit(pattern(code))).otherwise(found)
    return found


def _signed(text: Column) -> Column:
    """The text with its sign, which may stand behind or be brackets, at its front."""
    return F.regexp_replace(F.regexp_replace(text, _SIGN_BEHIND, "-$1$2"), "(?<=^[+-]) +", "")


def _ungrouped(text: Column, groups: str) -> Column:
    """The text without marks that group digits, and with a point for a decimal comma."""
    return (
        F.when(text.rlike(_COMMAS_GROUP) | text.rlike(groups), F.translate(text, ",", ""))
        .when(text.rlike(_POINTS_GROUP), F.translate(text, ",.", "."))
        .when(text.rlike(_SPACES_GROUP), F.translate(text, ", '", "."))
        .when(text.rlike(_COMMA_IS_DECIMAL), F.translate(text, ",", "."))
        .otherwise(text)
    )
