"""Lines as Athena's OpenCSVSerde takes them apart.

A row is a line, also where a quoted field is not closed by its end ("Open CSV SerDe does not support embedded line
breaks in CSV files", Athena User Guide): the field is null then, and the next line a row of its own. A line ends at a
line feed, a carriage return or both. Without other settings a backslash is an escape, which is lost, and takes the next
quote or backslash for itself. A quote within a field that has none around it is kept. Athena's engine is Trino's, whose
CsvDeserializer is the source.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_ENDS = re.compile("\r\n|\n|\r")


def rows(text: str, separator: str, quote: str, escape: str) -> Iterator[list[str | None]]:
    """Yield the fields of each line; an empty line has none."""
    for line in lines(text):
        if quote not in line and escape not in line:
            yield line.split(separator) if line else []
        else:
            yield _fields(line, separator, quote, escape)


def lines(text: str) -> list[str]:
    """Return the lines of a text; the end of the last one begins no other."""
    found = _ENDS.split(text)
    return found if found[-1] else found[:-1]


def _fields(line: str, separator: str, quote: str, escape: str) -> list[str | None]:
    found: list[str | None] = []
    field, quoted, inside, place = "", False, False, 0
    while place < len(line):
        sign, after = line[place], line[place + 1 : place + 2]
        if sign == escape:
            if (quoted or inside) and after in (quote, escape) and after:
                field += after
                place += 1
        elif sign == quote:
            if (quoted or inside) and after == quote:
                field += after
                place += 1
            else:
                if place > 2 and line[place - 1] != separator and after not in (separator, ""):
                    field = "" if field and field.isspace() else field + sign
                quoted = not quoted
            inside = not inside
        elif sign == separator and not quoted:
            found.append(field)
            field, inside = "", False
        else:
            field += sign
            inside = True
        place += 1
    return [*found, None if quoted else field]
