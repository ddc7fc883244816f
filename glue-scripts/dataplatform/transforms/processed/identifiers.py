"""Numbers and codes that name customers, products and invoices, each in the one form that every table has them in.

Programs that take an identifier for a number write decimals or an exponent, spreadsheets a guard. ``plain`` says the
same in plain Python and internal/identifiers in Go; cases/identifiers.json is what all three are held against.
"""

import re
import unicodedata
from decimal import Decimal

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from dataplatform.transforms.once import once
from dataplatform.transforms.processed import letters
from dataplatform.transforms.processed.absent import WORDS, absent
from dataplatform.transforms.processed.numbers import GUARDS
from dataplatform.transforms.verdict import Check
from dataplatform.transforms.white_space import UNSEEN, WHITE_SPACE

# Stands for the number where the source named no customer, so no customer can have it.
GUEST = "guest"

_WITH_ZEROS = r"^([0-9]{1,64})[.]0*\z"
_BY_EXPONENT = r"^([0-9])(?:[.]([0-9]{0,20}))?[eE][+]?([0-9]{1,2})\z"
# A code may look like 5E3. With a point or a sign it is a number that a program has written.
_ROUNDED = r"^[0-9]+(?:[.][0-9]*[eE][+]?|[eE][+])[0-9]{1,3}\z"
# Of a spreadsheet whose decimal mark is the comma, and of one that groups digits by it: what else it could be, within a
# number that counts nothing, nobody writes.
_DECIMAL_COMMA = r"^((?:'?=\"|')?[0-9]{1,64}),((?:0{1,2}|[0-9]{0,20}[eE][+]?[0-9]{1,3})\"?)\z"
_GROUPED = r"^(?:'?=\"|')?[1-9][0-9]{0,2}(?:,[0-9]{3}){1,20}(?:[.]0*)?\"?\z"
_NOBODY = r"^0(?:[.]0*)?\z"
# Decimals that spreadsheets round to in their two formats with an exponent.
_SPREADSHEETS = (0, 2, 5)
_AROUND = WHITE_SPACE + UNSEEN
_UNSEEN = str.maketrans("", "", UNSEEN)
_LARGEST = Decimal(10) ** 28
_GUARDED = re.compile(r'\'?="\'?(?P<formula>[^"]*)"|\'(?P<text>[^\'].*)', re.DOTALL)


def read(lines: DataFrame, fields: dict[str, str]) -> DataFrame:
    """Add, by the names of new columns, the normal forms of fields of trimmed text."""
    for column, field in fields.items():
        # Steps of their own: most identifiers are plain, and a look for a few signs says so.
        named = lines.withColumn(column, _short_number(field))
        named = named.withColumn(column, F.when(_guarded(column), _unguarded(column)).otherwise(F.col(column)))
        # Each field apart from the next: three together are a method so long that the JVM does not compile it.
        lines = once(named.withColumn(column, F.when(_numeric(column), _whole(column)).otherwise(F.col(column))))
    return lines


def nobody(column: str) -> Column:
    """Whether a customer's normal form says that there is none: a shop's programs give guests the number 0."""
    text = F.col(column)
    # What begins with another digit is asked no more: that is nearly all.
    return ~F.substring(text, 1, 1).between("1", "9") & (absent(text) | text.rlike(_NOBODY))


def checks(field: str, column: str) -> list[Check]:
    """Return the check that the normal form of a field has lost no digits."""
    return [(_numeric(column) & F.col(column).rlike(_ROUNDED), "invalid_value", field)]


def customer_checks(field: str, column: str) -> list[Check]:
    """Return the checks that what a field names can be a customer; nobody is no mistake here."""
    suspect = (F.col(column) != "") & ~F.substring(column, 1, 1).between("0", "9")
    word = F.btrim(F.regexp_replace(letters.lower(F.col(column)), "[.]0*\\z", ""))
    return [*checks(field, column), (suspect & word.isin(GUEST, "") & ~nobody(column), "invalid_value", field)]


def plain(text: str) -> str:
    """Return the normal form of an identifier as read finds it, of text that is not trimmed yet."""
    text = _pointed(unicodedata.normalize("NFC", text.strip(_AROUND)))
    if text.startswith(("'", "=")) or not text.isascii():
        text = text.translate(_UNSEEN)
        guarded = _GUARDED.fullmatch(text)
        text = (guarded["formula"] or guarded["text"] or "").strip(_AROUND) if guarded else text.strip(_AROUND)
    if zeros := re.fullmatch(_in_python(_WITH_ZEROS), text):
        return zeros[1]
    exponent = re.fullmatch(_in_python(_BY_EXPONENT), text) if "." in text or "+" in text else None
    if exponent and _complete(len(exponent[2] or ""), int(exponent[3])) and (value := Decimal(text)) == int(value):
        return f"{int(value)}" if value < _LARGEST else text
    return text


def plain_customer(text: str) -> str:
    """Return the normal form of a customer's number, empty where it says that there is none."""
    number = plain(text)
    return "" if number.lower() in WORDS or re.fullmatch(_in_python(_NOBODY), number) else number


def _pointed(text: str) -> str:
    if re.fullmatch(_in_python(_GROUPED), text):
        return text.replace(",", "")
    return re.sub(_in_python(_DECIMAL_COMMA), r"\1.\2", text) if "," in text else text


def _in_python(pattern: str) -> str:
    return pattern.replace(r"\z", r"\Z")


def _short_number(field: str) -> Column:
    """A number without the decimal that the shop's export writes numbers with, nearly all customers', and no comma."""
    whole = f"left({field}, length({field}) - 2)"
    number = (
        f"endswith({field}, '.0') AND left({field}, 1) BETWEEN '0' AND '9' AND try_cast({whole} AS BIGINT) IS NOT NULL"
    )
    text = F.col(field)
    pointed = F.when(text.rlike(_GROUPED), F.translate(text, ",", "")).otherwise(
        F.regexp_replace(text, _DECIMAL_COMMA, "$1.$2")
    )
    return F.when(F.expr(number), F.expr(whole)).when(text.contains(","), pointed).otherwise(text)


def _guarded(column: str) -> Column:
    text = F.col(column)
    return text.startswith("'") | text.startswith("=") | ~letters.ascii_only(text)


def _unguarded(column: str) -> Column:
    return letters.trimmed(F.regexp_replace(letters.seen(F.col(column)), GUARDS, "$1"))


def _numeric(column: str) -> Column:
    return F.col(column).contains(".") | F.col(column).contains("+")


def _whole(column: str) -> Column:
    text = F.col(column)
    decimals, exponent = (
        F.length(_part(text, 2)),
        F.expr(f"try_cast(regexp_extract({column}, r'{_BY_EXPONENT}', 3) AS INT)"),
    )
    complete = (exponent <= decimals) | ((exponent == decimals + 1) & ~decimals.isin(*_SPREADSHEETS))
    value = F.expr(f"try_cast({column} AS DECIMAL(38, 10))")
    return (
        F.when(text.rlike(_WITH_ZEROS), F.regexp_extract(text, _WITH_ZEROS, 1))
        .when(
            text.rlike(_BY_EXPONENT) & complete & (value == F.floor(value)),
            F.expr(f"CAST(try_cast({column} AS DECIMAL(38, 0)) AS STRING)"),
        )
        .otherwise(text)
    )


def _part(text: Column, number: int) -> Column:
    return F.regexp_extract(text, _BY_EXPONENT, number)


def _complete(decimals: int, exponent: int) -> bool:
    return exponent <= decimals or (exponent == decimals + 1 and decimals not in _SPREADSHEETS)
