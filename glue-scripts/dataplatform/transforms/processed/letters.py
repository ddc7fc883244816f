"""Letters: white space around a text, signs that nobody sees, and upper and lower case."""

from collections.abc import Callable

from pyspark.sql import Column
from pyspark.sql import functions as F

from dataplatform.transforms.white_space import UNSEEN, WHITE_SPACE

# No contract has a longer column that is changed. What is longer stays as it is, and is refused for its length.
LONGEST = 1024

_AROUND = WHITE_SPACE + UNSEEN
_ASCII_SPACE = "".join(sign for sign in WHITE_SPACE if sign.isascii())

# Letters whose upper case is another letter's, too, or is several: two codes that differ by one of them are two.
_APART = "\u0131\u00b5\u00df\u0149\u017f\u01f0\u03c2\u1e9b\u1fbe\ufb00\ufb01\ufb02\ufb03\ufb04\ufb05\ufb06"
# Stand for them while the others are changed; nobody's letters.
_PRIVATE = "".join(chr(0xF8D0 + place) for place, _ in enumerate(_APART))


def trimmed(text: Column) -> Column:
    """The text without white space and unseen signs at its ends."""
    # Spark looks through all signs for the first and the last of each text: in nearly all texts few can stand there.
    return F.when(ascii_only(text), F.btrim(text, F.lit(_ASCII_SPACE))).otherwise(F.btrim(text, F.lit(_AROUND)))


def seen(text: Column) -> Column:
    """The text without unseen signs, wherever they are: of what names something, they are no part."""
    return F.when(ascii_only(text), text).otherwise(F.translate(text, UNSEEN, ""))


def ascii_only(text: Column) -> Column:
    """Whether a text has as many bytes as characters."""
    return F.length(text) == F.octet_length(text)


def code(text: Column) -> Column:
    """A code as every table has it: upper and lower case are one, but for letters that only look so in upper case."""
    apart = F.translate(F.upper(F.translate(text, _APART + UNSEEN, _PRIVATE)), _PRIVATE, _APART)
    changed = F.when(ascii_only(text), F.upper(text)).otherwise(apart)
    return F.when(F.length(text) <= LONGEST, changed).otherwise(text)


def upper(text: Column) -> Column:
    """The text in upper case."""
    return _short(text, F.upper)


def lower(text: Column) -> Column:
    """The text in lower case."""
    return _short(text, F.lower)


def _short(text: Column, changed: Callable[[Column], Column]) -> Column:
    # Java's change of case may take time by the square of the length: of what a field may hold, minutes.
    return F.when(F.length(text) <= LONGEST, changed(text)).otherwise(text)
