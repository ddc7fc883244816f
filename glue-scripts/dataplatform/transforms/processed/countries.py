"""Country codes (ISO 3166-1 alpha-2) of what sources write for a country: its name in many languages, or a code.

What stands for no single country (Channel Islands, European Community) or for none that there is (Czechoslovakia) has
no code. The table is country_names.
"""

import json
import zlib
from itertools import chain

from pyspark.sql import Column
from pyspark.sql import functions as F

from dataplatform.transforms.processed import letters
from dataplatform.transforms.processed.country_keys import LEFT_OUT, SPACES, key
from dataplatform.transforms.processed.country_names import TABLE

# The code of each key.
CODES = {name: code for code, *names in (line.split("|") for line in TABLE.splitlines()) for name in names}

# Written so, nearly all lines are: they are found without any change.
_FREQUENT = (
    *("United Kingdom", "Germany", "France", "EIRE", "Ireland", "Spain", "Netherlands", "Belgium", "Switzerland"),
    *("Portugal", "Australia", "Norway", "Italy", "Finland", "Austria", "Denmark", "Sweden", "Poland", "USA"),
    *("United States", "Canada", "Japan", "GB", "DE", "FR", "ES", "IT", "NL", "BE", "AT", "CH", "US", "IE"),
)
_OTHER_SPACE = r"\t-\r\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_SPACES = rf"[ {_OTHER_SPACE}]+"
_CHANGED = rf"[{_OTHER_SPACE}{LEFT_OUT}\{SPACES}]|  "
# Spark looks through a map from its start to its end, so the table is many small ones.
_PARTS = 4096


def code(name: Column) -> Column:
    """Return the code of a country's name; null when the name is not a country."""
    frequent = F.create_map(*[F.lit(text) for text in chain.from_iterable((one, CODES[key(one)]) for one in _FREQUENT)])
    small = letters.lower(name)
    return F.coalesce(frequent[name], _found(small), F.when(small.rlike(_CHANGED), _found(_key(small))))


def unknown(name: str, code: str) -> Column:
    """Say whether a row names a country that the table does not have."""
    return F.col(name).isNotNull() & F.col(code).isNull()


def _key(small: Column) -> Column:
    """The key of a name in small letters, as country_keys computes it."""
    words = F.translate(small, SPACES + LEFT_OUT, " " * len(SPACES))
    return F.btrim(F.regexp_replace(words, _SPACES, " "))


def _found(key: Column) -> Column:
    parts: list[dict[str, str]] = [{} for _ in range(_PARTS)]
    for name, code_of in CODES.items():
        parts[zlib.crc32(name.encode()) % _PARTS][name] = code_of
    table = F.from_json(F.lit(json.dumps(parts)), "array<map<string,string>>")
    return F.element_at(F.get(table, (F.crc32(key) % _PARTS).cast("int")), key)
