"""What a text or the bytes of an object say, whatever they are written or packed in: each reading is text to search.

Producers send addresses percent-encoded, in Base64 or escaped, and files that nobody could read come in other encodings
and packings. Everything is unpacked as a stream of windows: what an object expands to is bounded by a budget, and
memory by a window.
"""

import base64
import binascii
import bz2
import html
import io
import logging
import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache, partial
from itertools import chain
from typing import Protocol
from urllib.parse import unquote

from dataplatform.erasure import packings

# So much of a text is searched at once; a word that two windows share lies in what they have in common.
WINDOW = 4 << 20
SHARED = 4 << 10
_CHUNK = 256 << 10
# What one object may unpack to, everything in it together.
LIMIT = 2 << 30
# What is packed within something packed is held as a whole.
_NESTED = 256 << 20
# Packings within packings, and writings of writings, such as %2540.
_DEPTH = 4

LOG = logging.getLogger(__name__)

_GZIP, _ZIP, _BOM = b"\x1f\x8b", b"PK\x03\x04", b"\xef\xbb\xbf"
_PADDING = (b"\0", b"\r", b"\n")  # between members, which landing passes over
# What the libraries raise of content that is not what it begins as.
_BROKEN = (
    *(zlib.error, lzma.LZMAError, zipfile.BadZipFile, EOFError, OSError, ValueError),
    *(RuntimeError, NotImplementedError, struct.error, OverflowError, UnicodeError),
)
_MARKS = {
    b"\xff\xfe\0\0": "utf-32-le",
    b"\0\0\xfe\xff": "utf-32-be",
    b"\xff\xfe": "utf-16-le",
    b"\xfe\xff": "utf-16-be",
}
# One letter in so many may be a NUL in a text of 8 bits.
_NULS = 8
_ENCODED = re.compile(r"%[0-9A-Fa-f]{2}")
_ESCAPED = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|([nrt]))")
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|commat|period|amp);")
# Runs that may be Base64 of at least five bytes; mail folds it.
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{76}\r?\n)*[A-Za-z0-9+/_-]{7,}={0,2}")
_LINE_ENDS = re.compile("[\r\n]")
_URL_SAFE = str.maketrans("-_", "+/")
# The first sign of Base64 says six bits of the first byte: of texts, and of what begins texts of 16 bits and packings.
_BEGINS = frozenset("ACDIJKLMNOPQRSTUVWXYZabcdefwxyz0123456789")
_BEGIN = ("H4", "/Td", "//", "/v", "/wY")
# Words of addresses, agents and kinds of events look like Base64 and come in every record: so many, so long, are known.
_KNOWN, _COMMON = 1 << 15, 40
# Bytes of text: all but controls that are no white space.
_CONTROLS = bytes({*range(32), 127} - set(b"\t\n\r"))


class TooLargeError(ValueError):
    """An object unpacks to more than anybody can look through."""


@dataclass
class Budget:
    """How many bytes may still be unpacked."""

    left: int = field(default_factory=lambda: LIMIT)

    def spend(self, size: int) -> None:
        """Raise TooLargeError when more was unpacked than there is room for."""
        self.left -= size
        if self.left < 0:
            raise TooLargeError("it unpacks to more than is looked through")


class _Unpacker(Protocol):
    @property
    def eof(self) -> bool:
        """Say whether a member has ended."""

    @property
    def unused_data(self) -> bytes:
        """What follows the member."""

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Return at most so many bytes of a member."""


def texts(text: str, budget: Budget | None = None, depth: int = _DEPTH) -> Iterator[str]:
    """Yield a text, and what is in it in another writing."""
    yield text
    if depth == 0:
        return
    budget = budget or Budget()
    for other in _writings(text):
        budget.spend(len(other))
        yield from texts(other, budget, depth - 1)
    plain: list[str] = []
    for run in dict.fromkeys(_BASE64.findall(text)):
        said, packed = _within(run) if len(run) > _COMMON else _within_common(run)
        plain += said
        for content in packed:
            yield from contents([content], budget, depth - 1)
    if plain:
        found = "\n".join(plain)
        budget.spend(len(found))
        yield from texts(found, budget, depth - 1)


def contents(chunks: Iterable[bytes], budget: Budget | None = None, depth: int = _DEPTH) -> Iterator[str]:
    """Yield what bytes say, unpacked, window by window."""
    budget = budget or Budget()
    chunks = iter(chunks)
    head = next(chunks, b"")
    unpack = _packing(head)
    if unpack and depth > 0:
        body = _whole(head, chunks).removeprefix(_BOM)
        for member in unpack(body):
            yield from contents(_spent(member, budget), budget, depth - 1)
        return
    codec = _codec(head) or "utf-8"
    for window in _windows(chain([head], chunks)):
        for text in _decodings(window, codec):
            yield from texts(text, budget, depth)


def unpacked(body: bytes, budget: Budget | None = None) -> Iterator[bytes]:
    """Yield the content of a gzipped body, as much as there is of a truncated one; any other body as it is."""
    if is_gzipped(body):
        yield from _spent(_members(body, _GZIP), budget or Budget())
    else:
        yield from (body[start : start + _CHUNK] for start in range(0, len(body), _CHUNK))


def is_gzipped(body: bytes) -> bool:
    """Say whether a body unpacks to anything."""
    return body.startswith(_GZIP) and next(_members(body, _GZIP), None) is not None


def is_text(content: bytes) -> bool:
    """Say whether bytes are of no packing, and of 8 bits a letter."""
    return _packing(content) is None and _codec(content) is None


def controls(content: bytes) -> int:
    """Return how many bytes are of no text of 8 bits a letter."""
    return len(content) - len(content.translate(None, _CONTROLS))


def in_8_bits(content: bytes) -> bytes:
    """Return a text of more bits a letter in UTF-8, any other content as it is."""
    codec = _codec(content)
    return content.decode(codec, "replace").encode() if codec else content


def _whole(head: bytes, chunks: Iterable[bytes]) -> bytes:
    """Put bytes together that are packed once more; raise TooLargeError for more than memory is for."""
    body = bytearray(head)
    for chunk in chunks:
        body += chunk
        if len(body) > _NESTED:
            raise TooLargeError("it has packed bytes that are too many to look through")
    return bytes(body)


def _spent(chunks: Iterable[bytes], budget: Budget) -> Iterator[bytes]:
    for chunk in chunks:
        budget.spend(len(chunk))
        yield chunk


def _writings(text: str) -> Iterator[str]:
    if _ENCODED.search(text):
        yield unquote(text, errors="replace")
        if "+" in text:  # a space in a query, and itself elsewhere
            yield unquote(text.replace("+", " "), errors="replace")
    elif "+" in text:
        yield text.replace("+", " ")
    if _ESCAPED.search(text):
        yield _ESCAPED.sub(lambda found: chr(int(found[1] or found[2], 16)) if not found[3] else " ", text)
    if _ENTITY.search(text):
        yield html.unescape(text)


def _within(run: str) -> tuple[tuple[str, ...], tuple[bytes, ...]]:
    """Return what Base64 says as texts, and the packed or longer-lettered bytes of it."""
    plain, packed = [], []
    for content in _decoded(run):
        if not controls(content) and (content.isascii() or not _packing(content)):
            plain.append(_text(content))
        elif _packing(content) or _codec(content):
            packed.append(content)
    return tuple(plain), tuple(packed)


_within_common = lru_cache(_KNOWN)(_within)


def _decoded(run: str) -> Iterator[bytes]:
    bare = _LINE_ENDS.sub("", run).rstrip("=").translate(_URL_SAFE)
    parts = {bare}
    if "/" in bare:  # a sign of Base64, and of addresses
        parts.update(part for part in bare.split("/") if len(part) > 6)
    for part in parts:
        if part[0] not in _BEGINS and not part.startswith(_BEGIN):
            continue
        try:
            yield base64.b64decode(part[: len(part) - (len(part) % 4 == 1)] + "=" * (-len(part) % 4))
        except binascii.Error:
            continue


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _codec(content: bytes) -> str | None:
    for sign, name in _MARKS.items():
        if content.startswith(sign):
            return name
    some = content[:_CHUNK]
    if some.count(0) * _NULS < len(some) or not some:
        return None
    even, odd = some[::2].count(0), some[1::2].count(0)
    if odd > 4 * even:
        return "utf-16-le"
    return "utf-16-be" if even > 4 * odd else None


def _decodings(window: bytes, codec: str) -> Iterator[str]:
    if codec != "utf-8":
        yield window.decode(codec, "replace")
        return
    text = window.decode("utf-8", "surrogateescape")
    yield text
    if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
        yield window.decode("cp1252", "replace")
    if b"\0" in window:  # letters of 16 bits among others, as in files of office programs
        yield window.replace(b"\0", b"").decode("latin-1")


def _windows(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield bytes in windows that end at a line's end where they have one, or else share their ends."""
    waiting = bytearray()
    for chunk in chunks:
        for start in range(0, len(chunk), WINDOW):
            waiting += chunk[start : start + WINDOW]
            while len(waiting) >= WINDOW:
                end = waiting.rfind(b"\n", WINDOW // 2, WINDOW) + 1
                window = bytes(waiting[: end or WINDOW])
                yield window
                # Even, so that letters of 16 and 32 bits stay whole.
                del waiting[: len(window) // 4 * 4 - SHARED]
    if waiting:
        yield bytes(waiting)


def _packing(content: bytes) -> Callable[[bytes], Iterator[Iterable[bytes]]] | None:
    content = content.removeprefix(_BOM)
    for magic in _MEMBERS:
        if content.startswith(magic):
            return partial(_joined, magic)
    return next((unpack for magic, unpack in _WHOLE.items() if content.startswith(magic)), None)


def _joined(magic: bytes, body: bytes) -> Iterator[Iterable[bytes]]:
    """Yield what members unpack to, and then what is behind them, or broken."""
    ends: list[int] = []
    yield _members(body, magic, ends)
    yield (b"\n" + body[end:] for end in ends)


def _members(body: bytes, magic: bytes, ends: list[int] | None = None) -> Iterator[bytes]:
    """Yield what members side by side unpack to, up to where they are broken; ``ends`` learns where that is."""
    place, make = 0, _MEMBERS[magic]
    while body.startswith(magic, place):
        start, stream = place, make()
        try:
            while not stream.eof and place < len(body):
                yield from _drained(stream, body[place : place + _CHUNK])
                place += _CHUNK
        except _BROKEN:
            LOG.info("a member is read as far as it goes")
        if not stream.eof:
            place = start
            break
        place = min(place, len(body)) - len(stream.unused_data)
        while body[place : place + 1] in _PADDING:
            place += 1
    if ends is not None:
        ends.append(place)


def _drained(stream: _Unpacker, data: bytes) -> Iterator[bytes]:
    """Yield all that data unpacks to; what waits for room comes with the next data, or with none."""
    while not stream.eof:
        if chunk := stream.decompress(data, _CHUNK):
            yield chunk
        data = getattr(stream, "unconsumed_tail", b"")
        if not data and (len(chunk) < _CHUNK or getattr(stream, "needs_input", False)):
            return


def _zip(body: bytes) -> Iterator[Iterable[bytes]]:
    """Yield the files of a ZIP archive, such as a workbook; what is no archive is searched as it is."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(body))
    except _BROKEN:
        yield [b"\n", body]
        return
    with archive:
        yield ["\n".join(archive.namelist()).encode("utf-8", "surrogateescape")]
        for entry in archive.infolist():
            yield _entry(archive, entry)


def _entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    try:
        with archive.open(entry) as file:
            while chunk := file.read(_CHUNK):
                yield chunk
    except _BROKEN:
        LOG.info("a file of an archive is read as far as it goes")


# What is read as a whole.
_WHOLE: dict[bytes, Callable[[bytes], Iterator[Iterable[bytes]]]] = {
    _ZIP: _zip,
    packings.ZSTD: packings.zstd,
    packings.SNAPPY: packings.snappy,
    packings.AGGREGATED: packings.aggregated,
}
_MEMBERS: dict[bytes, Callable[[], _Unpacker]] = {
    _GZIP: lambda: zlib.decompressobj(zlib.MAX_WBITS | 16),
    b"BZh": bz2.BZ2Decompressor,
    b"\xfd7zXZ\x00": lambda: lzma.LZMADecompressor(memlimit=256 << 20),
}
