"""Customer numbers, in the one form that every table has them in."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from dataplatform.transforms.processed import letters
from dataplatform.transforms.verdict import Check

# Stands for the number where the source named no customer, so no customer can have it.
GUEST = "guest"


def number(field: str) -> Column:
    """The number in a field; the shop's export writes numbers as decimals."""
    return F.expr(f"IF(endswith({field}, '.0'), left({field}, length({field}) - 2), {field})")


def checks(field: str) -> list[Check]:
    """Return the check that what a field names can be a customer."""
    named = F.btrim(number(field))
    # What begins with a digit is asked no more: that is nearly all.
    suspect = (F.col(field) != "") & ~F.substring(field, 1, 1).between("0", "9")
    return [(suspect & ((letters.lower(named) == GUEST) | (named == "")), "invalid_value", field)]
