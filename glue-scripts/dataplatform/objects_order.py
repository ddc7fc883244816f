"""The order of what happens to one object."""

from pyspark.sql import Column
from pyspark.sql import functions as F

# The shorter sequencer is filled with zeros at its end, then they compare as text (Amazon S3 user guide, Event message
# structure). They have 16 to 18 digits; nothing says that they cannot grow.
_SEQUENCER_DIGITS = 64


def order() -> Column:
    """What orders the events of one object."""
    return F.rpad("sequencer", _SEQUENCER_DIGITS, "0")
