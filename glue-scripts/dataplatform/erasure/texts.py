"""Which lines of which text are about a customer, and the same text without them.

Bytes that are not about the customer stay as they were. Texts are taken apart as UTF-8 with surrogate escapes, so that
any byte comes back as itself. A body is unpacked line by line, once to look and once to write what is left, so memory
does not grow with what it unpacks to; only JSON, which landing bounds, is read as a whole.
"""

import gzip
import json
import re
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from dataplatform.erasure import readings
from dataplatform.erasure.person import Person
from dataplatform.erasure.rows import GONE, as_json
from dataplatform.reading import records_csv, records_json

_BOM = "\ufeff"
# White space of JSON. A carriage return within a line is that, too, and ends none.
_SPACE = " \t\r\n"
_LINE = re.compile("[^\n]+")
# A longer line, or a larger document of JSON, is of no file that landing took in.
_LONGEST = 256 << 20

# What a line becomes: itself (None), or other text, none when it goes.
Change = Callable[[str], str | None]


@dataclass(frozen=True)
class Edit:
    """A body without the customer, packed or plain as it was.

    ``removed`` are the numbers of the records that went, from 1, and ``changed`` how many stay and do not name the
    customer any more; ``taken`` is what they said. ``before`` and ``after`` are digests of the content, unpacked.
    """

    content: bytes
    removed: tuple[int, ...]
    records: int
    changed: int = 0
    before: str = ""
    after: str = ""
    taken: tuple[Any, ...] = ()

    @property
    def empty(self) -> bool:
        """Say whether nothing is left."""
        return len(self.removed) == self.records

    @property
    def touched(self) -> bool:
        """Say whether anything is another than before."""
        return bool(self.removed or self.changed)


@dataclass(frozen=True)
class Naming:
    """What columns of another source that name customers are called in the platform's own files, and its orders'."""

    columns: Mapping[str, str] = field(default_factory=dict)
    order: str = ""


def pack(content: bytes) -> bytes:
    """Gzip a content: the same content gives the same bytes."""
    return gzip.compress(content, mtime=0)


def file(
    body: bytes,
    kind: str,
    person: Person,
    mark: str,
    naming: Naming = Naming(),
    *,
    doomed: Collection[int] = (),
) -> Edit:
    """Edit a raw file. Its other records keep their numbers: in the place of one that goes stays a mark.

    The number is half of a line's identity, so the counts of a later run are those of before, without the lines that
    went; see dataplatform.reading.lines, which passes marks over. ``doomed`` are numbers of records that go whatever
    they say.
    """
    if kind == "csv":
        return _tabular(body, person, mark, naming, frozenset(doomed))
    return _documents(body, person, mark, naming, frozenset(doomed))


def rows(body: bytes, change: Change) -> Edit:
    """Edit an object of JSON lines that the platform wrote. Each row names itself."""
    return _lines(body, change)


def refused(body: bytes, person: Person) -> Edit:
    """Edit what nobody could read, by its lines; what is no text of 8 bits goes as a whole."""
    head = next(readings.unpacked(body), b"")
    if readings.is_text(head):
        return _lines(body, lambda line: GONE if person.in_content([_bytes(line)]) else None)
    removed = (1,) if person.in_content(readings.unpacked(body)) else ()
    return Edit(b"" if removed else body, removed, 1, before=_digest(readings.unpacked(body)))


def _lines(body: bytes, change: Change) -> Edit:
    removed: list[int] = []
    changes: dict[int, str] = {}  # by the places of lines
    taken: list[str] = []
    before, count = sha256(), 0
    for place, line in enumerate(_split(body)):
        before.update(line)
        if line.strip() == b"":
            continue
        count += 1
        other = change(_text(line))
        if other is not None:
            changes[place] = other
            taken.append(_text(line))
        if other == GONE:
            removed.append(count)
    if not changes:
        return Edit(body, (), count, before=before.hexdigest())
    left = (_bytes(changes[place]) if place in changes else line for place, line in enumerate(_split(body)))
    edit = Edit(body, tuple(removed), count, len(changes) - len(removed), before.hexdigest(), taken=tuple(taken))
    return _written(edit, left)


def _written(edit: Edit, left: Iterable[bytes]) -> Edit:
    """Return an edit with what is left as its content, packed as it was."""
    after, out = sha256(), bytearray()
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16) if readings.is_gzipped(edit.content) else None
    for part in left:
        after.update(part)
        out += packer.compress(part) if packer else part
    if packer:
        out += packer.flush()
    return replace(edit, content=bytes(out), after=after.hexdigest())


def _tabular(body: bytes, person: Person, mark: str, naming: Naming, doomed: frozenset[int]) -> Edit:
    before, names, count = sha256(), None, 0
    gone: set[int] = set(doomed)
    orders: set[str] = set()  # with a line of the customer
    unnamed: list[tuple[str, int]] = []  # lines that name nobody are of whom their order's first line names
    for raw in _records(body):
        before.update(raw)
        record = _text(raw).removesuffix("\n").removesuffix("\r")
        if records_csv.blank(record):
            continue
        if names is None:
            names = [name.strip() for name in records_csv.cells(record.removeprefix(_BOM))]
            continue
        count += 1
        cells = records_csv.cells(record)
        if len(cells) != len(names):
            if person.in_text(record):
                gone.add(count)
            continue
        fields = {naming.columns.get(name, name): cell for name, cell in zip(names, cells, strict=True)}
        order = fields.get(naming.order, "")
        if count in gone or person.in_fields(fields):
            gone.add(count)
            orders.add(order)
        elif order and not person.named(fields):
            unnamed.append((order, count))
    gone |= {number for order, number in unnamed if order in orders}
    removed = tuple(sorted(number for number in gone if number <= count))
    edit = Edit(body, removed, count, before=before.hexdigest())
    if not removed:
        return edit
    taken = tuple(_said(body, names or [], set(removed)))
    return _written(replace(edit, taken=taken), _marked(body, mark, set(removed)))


def _said(body: bytes, names: Sequence[str], wanted: Collection[int]) -> Iterator[Any]:
    """Yield what records of a table say: values by column, or a text where the two do not fit."""
    for count, record in _numbered(body):
        if count in wanted:
            cells = records_csv.cells(record)
            yield dict(zip(names, cells, strict=True)) if len(cells) == len(names) else record


def _numbered(body: bytes) -> Iterator[tuple[int, str]]:
    """Yield the records of a table with their numbers; the header is 0."""
    records = (_text(raw).removesuffix("\n").removesuffix("\r") for raw in _records(body))
    yield from enumerate(one for one in records if not records_csv.blank(one))


def _marked(body: bytes, mark: str, gone: Collection[int]) -> Iterator[bytes]:
    """Yield the records of a table with a mark, and the line's own end, in the place of those that go."""
    count = -1  # the header is the first
    for raw in _records(body):
        record = _text(raw).removesuffix("\n").removesuffix("\r")
        if records_csv.blank(record):
            yield raw
            continue
        count += 1
        yield mark.encode() + raw[len(_bytes(record)) :] if count in gone else raw


def _documents(body: bytes, person: Person, mark: str, naming: Naming, doomed: frozenset[int]) -> Edit:
    text = _text(b"".join(readings.unpacked(body, readings.Budget(_LONGEST))))
    spans = list(_spans(text))
    out, removed, taken, last = [], [], [], 0
    for count, (start, end) in enumerate(spans, 1):
        fields = as_json(text[start:end])
        if isinstance(fields, dict):
            about = person.in_fields({naming.columns.get(name, name): value for name, value in fields.items()})
        else:
            about = person.in_text(text[start:end])
        if about or count in doomed:
            out += [text[last:start], json.dumps(mark)]
            last = end
            removed.append(count)
            taken.append(text[start:end] if fields is None else fields)
    edit = Edit(body, tuple(removed), len(spans), before=_digest([_bytes(text)]), taken=tuple(taken))
    return _written(edit, [_bytes(part) for part in (*out, text[last:])]) if removed else edit


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield where the records of a JSON file are, as landing counts them and a run reads them."""
    array = text.removeprefix(_BOM).lstrip(_SPACE).startswith("[")
    lines = (found.span() for found in _LINE.finditer(text, int(text.startswith(_BOM))))
    for start, end in records_json.elements(text) if array else lines:
        record = text[start:end]
        if inside := record.strip(_SPACE):
            first = start + record.index(inside)
            yield first, first + len(inside)


def _records(body: bytes) -> Iterator[bytes]:
    """Yield the records of a CSV text with their line ends; a quoted field may hold line ends."""
    record = bytearray()
    for line in _split(body):
        if not record and line.count(b'"') % 2 == 0:
            yield line
            continue
        closes = bool(record) and line.count(b'"') % 2 == 1
        record += line
        if len(record) > _LONGEST:
            raise readings.TooLargeError("a record is too long to look through")
        if closes:
            yield bytes(record)
            record = bytearray()
    if record:
        yield bytes(record)


def _split(body: bytes) -> Iterator[bytes]:
    """Yield the lines of a body with their ends: line feeds, carriage returns where a text has no other."""
    feeds = returns = False
    for chunk in readings.unpacked(body):
        feeds, returns = feeds or b"\n" in chunk, returns or b"\r" in chunk
        if feeds:
            break
    end = b"\n" if feeds or not returns else b"\r"
    waiting, size = list[bytes](), 0  # the parts of a line that has not ended
    for chunk in readings.unpacked(body):
        *whole, last = chunk.split(end)
        for line in whole:
            yield b"".join([*waiting, line, end])
            waiting, size = [], 0
        waiting.append(last)
        size += len(last)
        if size > _LONGEST:
            raise readings.TooLargeError("a line is too long to look through")
    if size:
        yield b"".join(waiting)


def _digest(chunks: Iterable[bytes]) -> str:
    digest = sha256()
    for chunk in chunks:
        digest.update(chunk)
    return digest.hexdigest()


def _text(content: bytes) -> str:
    return content.decode("utf-8", "surrogateescape")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
