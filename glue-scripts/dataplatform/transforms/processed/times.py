"""Times in text. A year has four digits; what range a time may lie in, the contracts say."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from dataplatform.transforms.verdict import Check

_LOCAL = r"^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\z"
# A date of ISO 8601's expanded form: a sign, and more digits or a year before the first.
_DAY = "(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
_EXPANDED = rf"^([+][0-9]{{5,}}|-[0-9]{{4,}})-({_DAY}(?:[ T][0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}.{{0,6}})?)\z"
# The last and the first whole year that microseconds since 1970 hold in 64 bits, and where the last one ends.
_LAST_YEAR, _LAST_DAY, _FIRST_YEAR = 294247, "01-10 04:00:54", -290307


def read(field: str, form: str) -> Column:
    """The time in a field of the form, which begins with yyyy-; null when it cannot be read.

    The parser would take a sign and up to 19 digits for a year, and end the job at one that it cannot count to.
    """
    return F.try_to_timestamp(F.when(F.substring(field, 5, 1) == "-", F.col(field)), F.lit(form))


def read_local(field: str) -> Column:
    """The time in a field of the form yyyy-MM-dd HH:mm:ss; null when it cannot be read.

    A cast reads what read does, in a fraction of the time, and more: all that has not the form is kept from it.
    """
    return F.expr(f"try_cast(IF({field} RLIKE r'{_LOCAL}', {field}, NULL) AS TIMESTAMP)")


def checks(field: str, time: str) -> list[Check]:
    """Return the checks that a column holds the field's time.

    A year of more than four digits, or before the first, can be read and is in no contract's range.
    """
    year = F.expr(f"try_cast(regexp_extract({field}, r'{_EXPANDED}', 1) AS BIGINT)")
    rest = F.translate(F.regexp_extract(field, _EXPANDED, 2), "T", " ")
    held = year.between(_FIRST_YEAR, _LAST_YEAR - 1) | ((year == _LAST_YEAR) & (rest <= _LAST_DAY))
    unreadable = F.col(time).isNull()
    return [
        (unreadable & F.col(field).rlike(_EXPANDED) & held, "invalid_value", field),
        (unreadable, "wrong_type", field),
    ]
