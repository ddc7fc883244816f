"""Files taken apart in plain Python, by RFC 4180 and RFC 8259. Nothing here is shared with the jobs."""

import json
from collections.abc import Iterator, Sequence

# White space of Unicode, without the separators of information that Python's own strip takes, too.
WHITE_SPACE = "".join(chr(sign) for sign in range(0x3001) if chr(sign).isspace() and not 0x1C <= sign <= 0x1F)
MARK = "#erased"  # in the place of a record that an erasure took away
Record = tuple[dict[str, str | None], str | None]  # fields by name, and why they cannot be used


def records(content: bytes, header: Sequence[str]) -> list[Record]:
    text = content.decode().removeprefix("\ufeff")
    if text.lstrip().startswith(("[", "{", f'"{MARK}"')):
        return [document(value, header) for value in documents(text)]
    rows = list(table(text))
    assert rows[0] == list(header)
    return [tabular(row, header) for row in rows[1:]]


def table(text: str) -> Iterator[list[str]]:
    row, field, quoted, place = [], "", False, 0
    while place < len(text):
        sign = text[place]
        if quoted:
            if sign != '"':
                field += sign
            elif text[place + 1 : place + 2] == '"':
                field += sign
                place += 1
            else:
                quoted = False
        elif sign == '"':
            quoted = True
        elif sign == ",":
            row, field = [*row, field], ""
        elif sign == "\n":
            if any(one.strip(WHITE_SPACE) for one in (*row, field)):
                yield [*row, field]
            row, field = [], ""
        elif sign != "\r" or text[place + 1 : place + 2] not in ("\n", ""):
            field += sign
        place += 1
    if any(one.strip(WHITE_SPACE) for one in (*row, field)):
        yield [*row, field]


def tabular(row: list[str], header: Sequence[str]) -> Record:
    if len(row) == len(header):
        return dict(zip(header, row, strict=True)), None
    return {}, "unknown_field" if len(row) > len(header) else "missing_field"


def documents(text: str) -> list[object]:
    def read(some: str) -> object:
        return json.loads(some, parse_int=str, parse_float=str)

    return read(text) if text.lstrip().startswith("[") else [read(line) for line in text.split("\n") if line.strip()]


def document(value: object, header: Sequence[str]) -> Record:
    if not isinstance(value, dict):
        return {}, "undecodable"
    if set(value) - set(header):
        return {}, "unknown_field"
    if any(one is not None and not isinstance(one, str) for one in value.values()):
        return {}, "wrong_type"
    fields = {name: value.get(name) for name in header}
    return {
        name: one and one.encode("utf-16", "surrogatepass").decode("utf-16", "replace") for name, one in fields.items()
    }, None
