"""Lines as Athena's LazySimpleSerDe takes them apart: fields between separators, and nothing is quoted.

The last column has what is left of a line where the table says so, else what follows another separator is dropped.
Athena's engine is Trino's, whose SimpleDeserializer and TextLineReader are the source.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from emulator.services.athena import open_csv

NULL = "\\N"


def rows(text: str, columns: int, separator: str, escape: str, rest: bool) -> Iterator[list[str | None]]:
    """Yield the fields of each line."""
    between = re.compile((f"(?<!{re.escape(escape)})" if escape else "") + re.escape(separator))
    for line in open_csv.lines(text):
        fields = [line] if rest and columns == 1 else between.split(line, columns - 1 if rest else 0)
        yield [None if one == NULL else _bare(one, escape) for one in fields]


def _bare(field: str, escape: str) -> str:
    return re.sub(re.escape(escape) + "(.)", r"\1", field, flags=re.DOTALL) if escape and escape in field else field
