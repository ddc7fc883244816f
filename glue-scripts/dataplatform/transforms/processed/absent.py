"""What programs write where there is no value. Anything else is a value, and none is ever put in its place."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from dataplatform.transforms.processed import letters

# In lower case: databases, pandas, R, spreadsheets and languages.
WORDS = ("", "null", "(null)", "\\n", "nan", "nat", "none", "nil", "na", "n/a", "#n/a", "<na>")
_LONGEST = max(len(word) for word in WORDS)


def absent(text: Column) -> Column:
    """Whether a trimmed text says that there is no value."""
    return (F.length(text) <= _LONGEST) & letters.lower(text).isin(*WORDS)
