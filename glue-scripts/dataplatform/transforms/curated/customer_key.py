"""The pseudonym by which curated tables know a customer."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from dataplatform.transforms.processed.identifiers import GUEST


def customer_key() -> Column:
    """A hash of the customer number, the same in every table; all guests have the one key ``guest``.

    It takes the number, which is personal data, out of the curated layer and still joins its tables.
    """
    named = F.sha2(F.concat(F.lit("customer:"), F.col("customer_id")), 256)
    return F.when(F.col("customer_id") == GUEST, F.lit(GUEST)).otherwise(named)
