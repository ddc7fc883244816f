"""Which lines of which text are about a customer, and the same text without them.

Bytes that are not about the customer stay as they were. Texts are taken apart as UTF-8 with surrogate escapes, so that
any byte comes back as itself.
"""

import base64
import gzip
import json
import re
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dataplatform.erasure.person import Person, number
from dataplatform.reading import records_csv, records_json

_GZIP = b"\x1f\x8b"
_BOM = "\ufeff"
# White space of JSON. A carriage return within a line is that, too, and ends none.
_SPACE = " \t\r\n"
_LINE = re.compile("[^\n]+")
# A file of raw that lies in a folder of its source's, not of its form.
_MAPPED = re.compile("s3://[^/]+/[^/]+/(?!json/|whole/)[^/]+/ingest_date=")


# The headers of all versions, by dataset: a row does not say which it had.
Headers = Mapping[str, Sequence[Sequence[str]]]


@dataclass(frozen=True)
class Edit:
    """A text without the customer; ``removed`` are the numbers of the records that went, from 1."""

    content: bytes
    removed: tuple[int, ...]
    records: int

    @property
    def empty(self) -> bool:
        """Say whether nothing is left."""
        return len(self.removed) == self.records


@dataclass(frozen=True)
class Naming:
    """What columns of another source that name customers are called in the platform's own files, and its orders'."""

    columns: Mapping[str, str] = field(default_factory=dict)
    order: str = ""


def unpack(body: bytes) -> bytes:
    """Return the content of a gzipped body, as much as there is of a truncated one; any other body as it is."""
    if not body.startswith(_GZIP):
        return body
    content, rest = b"", body
    while rest.startswith(_GZIP):
        stream = zlib.decompressobj(zlib.MAX_WBITS | 16)
        try:
            content += stream.decompress(rest)
        except zlib.error:
            return content or body
        rest = stream.unused_data.lstrip(b"\0\r\n")  # padding, which landing passes over
    return content


def pack(content: bytes) -> bytes:
    """Gzip a content: the same content gives the same bytes."""
    return gzip.compress(content, mtime=0)


def file(
    content: bytes,
    kind: str,
    person: Person,
    mark: str,
    naming: Naming = Naming(),
) -> Edit:
    """Edit a raw file. Its other records keep their numbers: in the place of one that goes stays a mark.

    The number is half of a line's identity, so the counts of a later run are those of before, without the lines that
    went; see dataplatform.reading.lines, which passes marks over.
    """
    text = _text(content)
    edit = _tabular(text, person, mark, naming) if kind == "csv" else _documents(text, person, mark)
    return Edit(_bytes(edit[0]), edit[1], edit[2])


def rows(content: bytes, headers: Headers, person: Person) -> Edit:
    """Edit an object of JSON lines that the platform wrote: raw clicks and quarantine. Each row names itself."""
    return _lines(content, lambda line: row_holds(line, headers, person))


def refused(content: bytes, person: Person) -> Edit:
    """Edit what nobody could read, by its lines."""
    return _lines(content, person.in_text)


def row_holds(line: str, headers: Headers, person: Person) -> bool:
    """Say whether a row of raw clicks or quarantine is about the customer."""
    row = _json(line)
    if not isinstance(row, dict):
        return person.in_text(line)
    payload = row.get("payload")
    if row.get("payload_base64"):
        payload = base64.b64decode(row["payload_base64"]).decode("utf-8", "surrogateescape")
    if payload is not None and _MAPPED.match(str(row.get("source"))):
        return _mapped_holds(payload, person)
    return payload is not None and payload_holds(payload, headers, person)


def _mapped_holds(payload: str, person: Person) -> bool:
    """Say whether a line of another source is about the customer: which columns it has the row does not say."""
    cells = records_csv.cells(payload)
    named = person.in_fields({str(place): cell for place, cell in enumerate(cells)})
    return named or any(number(cell) == person.number for cell in cells)


def payload_holds(payload: str, headers: Headers, person: Person) -> bool:
    """Say whether a record as it was received is about the customer: JSON, a line of CSV, or neither."""
    fields = _json(payload)
    if isinstance(fields, dict):
        return person.in_fields(fields)
    if payload.lstrip().startswith(("{", "[")):  # JSON that is broken or deep: its commas say nothing
        return person.in_text(payload)
    cells = records_csv.cells(payload)
    fitting = [header for versions in headers.values() for header in versions if len(header) == len(cells)]
    if not fitting:
        return person.in_text(payload)
    return any(person.in_fields(dict(zip(header, cells, strict=True))) for header in fitting)


def _lines(content: bytes, holds: Callable[[str], bool]) -> Edit:
    kept, removed, count = [], [], 0
    for line in _split(_text(content)):
        if line.strip() == "":
            kept.append(line)
            continue
        count += 1
        if holds(line):
            removed.append(count)
        else:
            kept.append(line)
    return Edit(_bytes("".join(kept)), tuple(removed), count)


def _tabular(text: str, person: Person, mark: str, naming: Naming) -> tuple[str, tuple[int, ...], int]:
    records = list(_records(text))
    mine, orders, names, count = {}, {}, None, 0  # the two first by the places of records
    for place, record in enumerate(records):
        body = record.removesuffix("\n").removesuffix("\r")
        if records_csv.blank(body):
            continue
        cells = records_csv.cells(body.removeprefix(_BOM) if names is None else body)
        if names is None:
            names = [name.strip() for name in cells]
            continue
        count += 1
        if len(cells) != len(names):
            mine[place] = count if person.in_text(body) else 0
            continue
        fields = {naming.columns.get(name, name): cell for name, cell in zip(names, cells, strict=True)}
        mine[place] = count if person.in_fields(fields) else 0
        # A line that names nobody is of whom its order's first line names.
        orders[place] = (fields.get(naming.order, ""), person.named(fields), count)
    ordered = {order for place, (order, _, _) in orders.items() if order and mine[place]}
    mine |= {place: number for place, (order, named, number) in orders.items() if order in ordered and not named}
    gone = {place: number for place, number in mine.items() if number}
    kept = [
        mark + record[len(record.removesuffix("\n").removesuffix("\r")) :] if place in gone else record
        for place, record in enumerate(records)
    ]
    return "".join(kept), tuple(gone[place] for place in sorted(gone)), count


def _documents(text: str, person: Person, mark: str) -> tuple[str, tuple[int, ...], int]:
    spans = list(_spans(text))
    out, removed, last = [], [], 0
    for count, (start, end) in enumerate(spans, 1):
        fields = _json(text[start:end])
        if person.in_fields(fields) if isinstance(fields, dict) else person.in_text(text[start:end]):
            out += [text[last:start], json.dumps(mark)]
            last = end
            removed.append(count)
    return "".join([*out, text[last:]]), tuple(removed), len(spans)


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield where the records of a JSON file are, as landing counts them and a run reads them."""
    array = text.removeprefix(_BOM).lstrip(_SPACE).startswith("[")
    lines = (found.span() for found in _LINE.finditer(text, int(text.startswith(_BOM))))
    for start, end in records_json.elements(text) if array else lines:
        record = text[start:end]
        if inside := record.strip(_SPACE):
            first = start + record.index(inside)
            yield first, first + len(inside)


def _records(text: str) -> Iterator[str]:
    """Yield the records of a CSV text with their line ends; a quoted field may hold line ends."""
    record = ""
    for line in _split(text):
        record += line
        if record.count('"') % 2 == 0:
            yield record
            record = ""
    if record:
        yield record


def _split(text: str) -> Iterator[str]:
    end = "\n" if "\n" in text or "\r" not in text else "\r"
    return (found.group() for found in re.finditer(f"[^{end}]*{end}|[^{end}]+$", text))


def _json(text: str) -> Any:
    """Return what a text says, None if it is no JSON or too deep to read; numbers as text, of any length."""
    try:
        return json.loads(text, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return None


def _text(content: bytes) -> str:
    return content.decode("utf-8", "surrogateescape")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def batch(body: bytes) -> list[str]:
    """Return the records in an invocation record of a stream's mapping, and the record itself for what it may say."""
    document = _json(_text(unpack(body)))
    payload = _json(document.get("payload") or "") if isinstance(document, dict) else None
    if not isinstance(payload, dict):
        return [_text(unpack(body))]
    data = [base64.b64decode(one["kinesis"]["data"]) for one in payload.get("Records", [])]
    return [_text(unpack(one)) for one in data]
