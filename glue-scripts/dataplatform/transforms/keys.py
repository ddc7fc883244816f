"""The key of a line: what it says, not how it is written, so that a line is one in every format and from every program.

It is made of the columns of processed, from which it can be computed again: a table that was written with another key,
or before identifiers had one form, is brought to this one, see dataplatform.stages.restate.
"""

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

KEY = "line_key"
# What the keys of a table are made by, as a property of the table: another rule needs another name.
PROPERTY, VALUES = "dataplatform.line-key", "values-2"

# No usable line holds it: what is read with a control character in a field has a reason.
_SEPARATOR = "\u001f"


def add(lines: DataFrame, said: Sequence[str], later: Sequence[str] = ()) -> DataFrame:
    """Add the SHA-256 over the columns that say what a line says.

    Columns that came with a later version of the dataset and tell lines apart are ``later``, and not among the others:
    they add their name and value where there is one, and nothing where there is none. So the keys that are stored stay
    right, and a line that comes again in the new form, with nothing in the new columns, is the one it was.
    """
    kinds = dict(lines.dtypes)
    texts = [F.coalesce(_text(name, kinds[name]), F.lit("")) for name in said]
    texts += [F.concat(F.lit(f"{name}="), F.nullif(_text(name, kinds[name]), F.lit(""))) for name in later]
    return lines.withColumn(KEY, F.sha2(F.concat_ws(_SEPARATOR, *texts), 256))


def _text(name: str, kind: str) -> Column:
    # The number of a time, whatever a session's zone is.
    return F.unix_micros(name).cast("string") if kind == "timestamp" else F.col(name).cast("string")
