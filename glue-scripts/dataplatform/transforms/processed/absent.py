"""What programs and people write where there is no value. Anything else is a value, and none is put in its place."""

from pyspark.sql import Column
from pyspark.sql import functions as F

# In lower case: databases, pandas, R, spreadsheets, languages, and forms that somebody filled in.
WORDS = (
    *("", "null", "(null)", "[null]", "<null>", "\\n", "nan", "nat", "none", "(none)", "nil"),
    *("na", "n/a", "n.a.", "n.a", "#n/a", "<na>", "undefined", "unknown", "(blank)", "?", "??"),
)
# No amounts: where spreadsheets show sums as accounts have them, a dash is zero.
DASHES = ("-", "--", "---", ".", "..")


def absent(text: Column) -> Column:
    """Whether a trimmed text says that there is no value."""
    return _one_of(text, (*WORDS, *DASHES))


def no_amount(text: Column) -> Column:
    """Whether a trimmed text says that there is no amount."""
    return _one_of(text, WORDS)


def _one_of(text: Column, words: tuple[str, ...]) -> Column:
    return (F.length(text) <= max(len(word) for word in words)) & F.lower(text).isin(*words)
