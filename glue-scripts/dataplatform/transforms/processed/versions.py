"""What datasets share whose lines are versions: each says since when it is valid."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from dataplatform.transforms.processed import times
from dataplatform.transforms.processed.absent import absent
from dataplatform.transforms.verdict import Check

UPDATED = "UpdatedAt"
# The column that says since when a version is valid.
VALID_FROM = "valid_from"


def valid_from() -> Column:
    """The time of the field UPDATED, which has an offset; null when it cannot be read."""
    return times.read(UPDATED)


def checks() -> list[Check]:
    """Return the checks of ``valid_from``: a version that is announced for later cannot be the newest today."""
    return [
        *times.checks(UPDATED, VALID_FROM),
        (F.col("valid_from") > F.col("arrival_time"), "outside_lateness", UPDATED),
    ]


def optional(field: str) -> Column:
    """The text of a field, null when it is empty."""
    return F.when(F.col(field) != "", F.col(field))


def known(field: str) -> Column:
    """The text of a field that holds no prose, null when it says that there is none."""
    return F.when(~absent(F.col(field)), F.col(field))
