"""E-mail addresses, each in the one form that tables and keys have it in. ``plain`` says the same in plain Python."""

import re
import unicodedata

from pyspark.sql import Column
from pyspark.sql import functions as F

from dataplatform.transforms.processed import letters
from dataplatform.transforms.processed.numbers import GUARDS, UNGUARDED
from dataplatform.transforms.white_space import UNSEEN, WHITE_SPACE

# What programs write around an address.
_AROUND = r"^(?:mailto:)?<?|>?\z"
_UNSEEN = str.maketrans("", "", UNSEEN)


def read(text: Column) -> Column:
    """The address in a trimmed text."""
    small = letters.lower(letters.seen(text))
    return F.regexp_replace(F.regexp_replace(small, GUARDS, UNGUARDED), _AROUND, "")


def plain(text: str) -> str:
    """The address in a text."""
    small = unicodedata.normalize("NFC", text).translate(_UNSEEN).strip(WHITE_SPACE).lower()
    bare = re.sub(GUARDS.replace(r"\z", r"\Z"), lambda found: (found[1] or "") + (found[2] or ""), small)
    return re.sub(_AROUND.replace(r"\z", r"\Z"), "", bare)
