"""Numbers and codes that name customers, products and invoices, each in the one form that every table has them in.

Programs that take an identifier for a number write decimals, an exponent or marks that group digits, spreadsheets a
guard, and word processors other signs for those of a keyboard. ``plain`` says the same in plain Python and
internal/identifiers in Go; cases/identifiers.json is what all three are held against.
"""

import re
import unicodedata
from decimal import Decimal

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from dataplatform.transforms.once import once
from dataplatform.transforms.processed import letters
from dataplatform.transforms.processed.absent import DASHES, WORDS, absent
from dataplatform.transforms.processed.numbers import GUARDS, UNGUARDED
from dataplatform.transforms.verdict import Check
from dataplatform.transforms.white_space import APOSTROPHES, HYPHENS, QUOTES, UNSEEN, WHITE_SPACE, ZEROS

# Stands for the number where the source named no customer, so no customer can have it.
GUEST = "guest"

_AROUND = WHITE_SPACE + UNSEEN
_DIGITS = "".join(chr(ord(zero) + digit) for zero in ZEROS for digit in range(10))
_FULL_WIDTH = "".join(chr(sign) for sign in range(0xFF01, 0xFF5F) if chr(sign) not in _DIGITS)
# Other signs of a keyboard's; the unseen ones, which have none, are last.
_SIGNS = WHITE_SPACE + HYPHENS + APOSTROPHES + QUOTES + _FULL_WIDTH + _DIGITS + UNSEEN
_KEYS = (
    *(" " * len(WHITE_SPACE), "-" * len(HYPHENS), "'" * len(APOSTROPHES), '"' * len(QUOTES)),
    *("".join(chr(ord(sign) - 0xFEE0) for sign in _FULL_WIDTH), "0123456789" * len(ZEROS)),
)
_TRANSLATED = str.maketrans(_SIGNS[: -len(UNSEEN)], "".join(_KEYS), UNSEEN)

_ODD = "[^0-9A-Za-z]"
_SPACES = " {2,}"
_BY_SPACE = "(?: [0-9]{3}){1,20}|(?:'[0-9]{3}){1,20}"
# A number with a point or a comma before decimals of zero, and marks that group its digits.
_POINTED = rf"^[+]?(?:[0-9]{{1,64}}|[1-9][0-9]{{0,2}}(?:(?:,[0-9]{{3}}){{1,20}}|{_BY_SPACE}))(?:[.]0*)?\z"
_COMMA = rf"^[+]?(?:[0-9]{{1,64}}|[1-9][0-9]{{0,2}}(?:(?:[.][0-9]{{3}}){{1,20}}|{_BY_SPACE})),0+\z"
# Marks that group, or decimals of zero.
_EITHER = r"^[+]?[1-9][0-9]{0,2}[.,]000\z"
# Within a number that counts nothing, points between threes group; a code may have them.
_POINTS = r"^[+]?[1-9][0-9]{0,2}(?:[.][0-9]{3}){1,20}\z"
_MARKS = "+,. '"
_BY_EXPONENT = r"^[+]?([0-9])(?:[.,]([0-9]{0,20})[eE][+]?|[eE][+])([0-9]{1,2})\z"
# A code may look like 5E3. With a point or a sign it is a number that a program has written.
_ROUNDED = r"^[+]?[0-9]+(?:[.,][0-9.,]*[eE][+-]?|[eE][+])[0-9]{1,3}\z"
_NOBODY = r"^-?0+(?:[.,]0*)?\z"
# Decimals that spreadsheets round to in their two formats with an exponent.
_SPREADSHEETS = (0, 2, 5)
_LARGEST = Decimal(10) ** 28
# A number of invoices with the letter of a cancellation.
_CANCELLED = r"^C[0-9 ]* [0-9]+\z"
# Customers: numbers, those in parts, and whatever has a letter, but for what programs write where they fail.
_PLAIN_CUSTOMER = r"^[1-9][0-9]{0,63}\z"
_WITHOUT_LETTERS = r"^[^\p{L}]{1,64}\z"
_IN_PARTS = r"^[0-9]{1,64}(?:[-_/:][0-9]{1,64}){0,8}\z"
_ERROR = r"^#[^0-9]{1,16}(?:0!)?\z"
_NO_CUSTOMERS = (GUEST, "", "inf", "infinity", "true", "false")


def read(lines: DataFrame, codes: dict[str, str], numbers: dict[str, str] | None = None) -> DataFrame:
    """Add, by the names of new columns, the normal forms of fields of trimmed text: codes, which may hold points, and
    numbers, in which they group digits."""
    numbers = numbers or {}
    for column, field in {**codes, **numbers}.items():
        # Steps of their own: most identifiers are plain, and one look says so.
        named = lines.withColumn(column, _short_number(field)).withColumn(_odd(column), F.col(column).rlike(_ODD))
        named = named.withColumn(column, F.when(F.col(_odd(column)), _bare(column)).otherwise(F.col(column)))
        whole = _whole(column, points=column in numbers)
        named = named.withColumn(column, F.when(F.col(_odd(column)), whole).otherwise(F.col(column)))
        # Each field apart from the next: three together are a method so long that the JVM does not compile it.
        lines = once(named.drop(_odd(column)))
    return lines


def invoice(column: str) -> Column:
    """An invoice's number as every table has it: in upper case, and a cancellation's without spaces."""
    number = letters.code(F.col(column))
    return F.when(number.rlike(_CANCELLED), F.translate(number, " ", "")).otherwise(number)


def nobody(column: str) -> Column:
    """Whether a customer's normal form says that there is none: a shop's programs give guests the number 0."""
    text = F.col(column)
    # What begins with another digit is asked no more: that is nearly all.
    return ~F.substring(text, 1, 1).between("1", "9") & (absent(text) | text.rlike(_NOBODY))


def checks(field: str, column: str, lost: str = _ROUNDED) -> list[Check]:
    """Return the checks that the normal form of a field says something, and has lost no digits."""
    text = F.col(column)
    missing = ~F.substring(text, 1, 1).between("0", "9") & absent(text)
    return [(missing, "missing_field", field), (text.rlike(lost), "invalid_value", field)]


def number_checks(field: str, column: str) -> list[Check]:
    """Return the checks of a number that may have marks in it."""
    return checks(field, column, f"{_ROUNDED}|{_EITHER}")


def customer_checks(field: str, column: str, nobody: str) -> list[Check]:
    """Return the checks that what a field names can be a customer; nobody, as a column says, is no mistake."""
    text = F.col(column)
    bare = text.rlike(_WITHOUT_LETTERS) & ~text.rlike(_IN_PARTS)
    word = F.btrim(F.regexp_replace(letters.lower(text), "[.]0*\\z", ""))
    wrong = bare | text.rlike(_ROUNDED) | text.rlike(_ERROR) | word.isin(*_NO_CUSTOMERS)
    return [(~F.col(nobody) & ~text.rlike(_PLAIN_CUSTOMER) & wrong, "invalid_value", field)]


def keys(text: str) -> str:
    """Return a text in the signs of a keyboard."""
    return text.translate(_TRANSLATED)


def plain(text: str) -> str:
    """Return the normal form of a code as read finds it, of text that is not trimmed yet."""
    text = unicodedata.normalize("NFC", text.strip(_AROUND))
    if not re.search(_ODD, text):
        return text
    text = _tidy(keys(text))
    if guarded := _matched(GUARDS, text):
        text = _tidy("".join(part or "" for part in guarded.groups()) or text[guarded.end() :])
    if _matched(_EITHER, text):
        return text
    if _matched(_POINTED, text):
        return text.split(".")[0].translate(_UNMARKED)
    if _matched(_COMMA, text):
        return text.rsplit(",", 1)[0].translate(_UNMARKED)
    exponent = _matched(_BY_EXPONENT, text)
    if exponent and _complete(len(exponent[2] or ""), int(exponent[3])):
        value = Decimal(text.replace(",", "."))
        return f"{int(value)}" if value == int(value) and value < _LARGEST else text
    return text


def plain_number(text: str) -> str:
    """Return the normal form of a number."""
    number = plain(text)
    grouped = _matched(_POINTS, number) and not _matched(_EITHER, number)
    return number.translate(_UNMARKED) if grouped else number


def plain_customer(text: str) -> str:
    """Return the normal form of a customer's number, empty where it says that there is none."""
    number = plain_number(text)
    return "" if number.lower() in (*WORDS, *DASHES) or _matched(_NOBODY, number) else number


_UNMARKED = str.maketrans("", "", _MARKS)


def _tidy(text: str) -> str:
    return re.sub(_SPACES, " ", text).strip(" ")


def _matched(pattern: str, text: str) -> re.Match[str] | None:
    return re.match(pattern.replace(r"\z", r"\Z"), text)


def _odd(column: str) -> str:
    return f"{column}_odd"


def _short_number(field: str) -> Column:
    """A number without the decimal that the shop's export writes numbers with, nearly all customers'."""
    whole = f"left({field}, length({field}) - 2)"
    number = (
        f"endswith({field}, '.0') AND left({field}, 1) BETWEEN '0' AND '9' AND try_cast({whole} AS BIGINT) IS NOT NULL"
    )
    return F.when(F.expr(number), F.expr(whole)).otherwise(F.col(field))


def _bare(column: str) -> Column:
    """A text in the signs of a keyboard, with single spaces, and without what guards or quotes it."""
    keys = _tidied(F.translate(column, _SIGNS, "".join(_KEYS)))
    return F.btrim(F.regexp_replace(keys, GUARDS, UNGUARDED))


def _tidied(text: Column) -> Column:
    return F.btrim(F.regexp_replace(text, _SPACES, " "))


def _whole(column: str, points: bool) -> Column:
    text = F.col(column)
    decimals = F.length(F.regexp_extract(text, _BY_EXPONENT, 2))
    exponent = F.expr(f"try_cast(regexp_extract({column}, r'{_BY_EXPONENT}', 3) AS INT)")
    complete = (exponent <= decimals) | ((exponent == decimals + 1) & ~decimals.isin(*_SPREADSHEETS))
    value = F.expr(f"try_cast(translate({column}, ',', '.') AS DECIMAL(38, 10))")
    grouped = text.rlike(_POINTS) if points else F.lit(False)
    return (
        F.when(~F.substring(text, 1, 1).between("+", "9") | text.rlike(_EITHER), text)
        .when(text.rlike(_POINTED), F.translate(F.regexp_replace(text, r"[.]0*\z", ""), _MARKS, ""))
        .when(text.rlike(_COMMA), F.translate(F.regexp_replace(text, r",0+\z", ""), _MARKS, ""))
        .when(grouped, F.translate(text, _MARKS, ""))
        .when(
            text.rlike(_BY_EXPONENT) & complete & (value == F.floor(value)),
            value.cast("decimal(38, 0)").cast("string"),
        )
        .otherwise(text)
    )


def _complete(decimals: int, exponent: int) -> bool:
    return exponent <= decimals or (exponent == decimals + 1 and decimals not in _SPREADSHEETS)
