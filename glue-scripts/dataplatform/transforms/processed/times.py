"""Times in text. A year has four digits; what range a time may lie in, the contracts say."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from dataplatform.transforms.processed.absent import absent
from dataplatform.transforms.verdict import Check

_LOCAL = r"^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\z"
_CLOCK = "[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.][0-9]{1,9})?"
_LOCAL_IN_FULL = rf"^{_CLOCK}\z"
# RFC 3339, and offsets as ISO 8601's basic form and databases write them.
_WITH_OFFSET = rf"^{_CLOCK} ?(?:Z|[+-][0-9]{{2}}(?::?[0-9]{{2}})?)\z"
# What has been a time for a program is at midnight.
_DATE = r"^([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[ T]00:00:00(?:[.]0{1,9})?Z?)?\z"
_NO_DATE = r"^0000-00-00(?:[ T]00:00:00(?:[.]0{1,9})?)?Z?\z"
# A date of ISO 8601's expanded form: a sign, and more digits or a year before the first.
_DAY = "(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
_EXPANDED = rf"^([+][0-9]{{5,}}|-[0-9]{{4,}})-({_DAY}(?:[ T][0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}.{{0,6}})?)\z"
# The last and the first whole year that microseconds since 1970 hold in 64 bits, and where the last one ends.
_LAST_YEAR, _LAST_DAY, _FIRST_YEAR = 294247, "01-10 04:00:54", -290307
_LONGEST = 64


def read(field: str) -> Column:
    """The time in a field, which has an offset; null when it cannot be read."""
    text = f"concat(left({field}, 10), 'T', replace(substring({field}, 12), ' ', ''))"
    return F.expr(f"try_cast(IF({field} RLIKE r'{_WITH_OFFSET}', {text}, NULL) AS TIMESTAMP)")


def read_local(field: str, zone: str) -> Column:
    """The time in a field of a zone's clock, or with an offset; null when it cannot be read.

    A time that the clock shows twice is the first of the two, one that it passes over is as long after the jump.
    """
    local = f"to_utc_timestamp(try_cast({field} AS TIMESTAMP), '{zone}')"
    return F.coalesce(
        F.expr(f"CASE WHEN {field} RLIKE r'{_LOCAL}' OR {field} RLIKE r'{_LOCAL_IN_FULL}' THEN {local} END"),
        read(field),
    )


def read_date(field: str) -> Column:
    """The date in a field; null when it cannot be read."""
    return F.expr(f"try_cast(IF({field} RLIKE r'{_DATE}', left({field}, 10), NULL) AS DATE)")


def written(text: Column, form: str, zone: str) -> Column:
    """The time in a text of a form in Spark's letters, of a zone's clock or with an offset; null when unreadable.

    The parser would take a sign and any digits for a year, and end the job at one that it cannot count to.
    """
    short = (F.length(text) <= _LONGEST) & ~text.rlike("[+-][0-9]{5}")
    moment = F.try_to_timestamp(F.when(short, text), F.lit(form))
    return F.to_utc_timestamp(moment, zone) if zone else moment


def none(field: str) -> Column:
    """Whether a field says that there is no time."""
    return absent(F.col(field)) | F.col(field).rlike(_NO_DATE)


def checks(field: str, time: str, required: bool = True) -> list[Check]:
    """Return the checks that a column holds the field's time.

    A year of more than four digits, or before the first, can be read and is in no contract's range.
    """
    year = F.expr(f"try_cast(regexp_extract({field}, r'{_EXPANDED}', 1) AS BIGINT)")
    rest = F.translate(F.regexp_extract(field, _EXPANDED, 2), "T", " ")
    held = year.between(_FIRST_YEAR, _LAST_YEAR - 1) | ((year == _LAST_YEAR) & (rest <= _LAST_DAY))
    unreadable = F.col(time).isNull()
    missing = [(unreadable & none(field), "missing_field", field)] if required else []
    given = unreadable if required else unreadable & ~none(field)
    return [
        *missing,
        (given & F.col(field).rlike(_EXPANDED) & held, "invalid_value", field),
        (given, "wrong_type", field),
    ]
