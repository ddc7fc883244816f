"""Objects of any kind that sources put, and the rows about them: which are about a customer.

A number alone says nothing there, for products have numbers, too: it counts behind a word for somebody, as in
``customers/12345.jpg`` or "Customer no. 12345", and in tables in a column of customers. Pixels are not looked at; of a
picture its metadata are, whatever its format: they stand in its bytes as text.
"""

import hashlib
import json
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email.header import decode_header, make_header
from functools import cached_property

from dataplatform.erasure import readings, texts
from dataplatform.erasure.person import NUMBERS, SOMEBODY, Person
from dataplatform.erasure.places import Found, Look
from dataplatform.erasure.rows import GONE, NAMED, OF_VERSION, as_json
from dataplatform.erasure.versions import Bucket, Version
from dataplatform.reading import records_csv

OBJECTS, ROWS, THUMBNAILS = "assets/", "assets-rows/", "thumbnails/"
REMOVED = "removed"
# What a row keeps that is about no content: which version it is of, and what happened when.
_KEPT = ("object_key", "version_id", "sequencer", "event_name", "event_time")
# What bytes that are no text are in, where letters have 16 bits among others of 8; the step keeps these whole.
_CODECS = ("utf-8", "cp1252", "utf-16-le", "utf-16-be")
_BEFORE, _BEHIND = 96, 32
# One byte in so many may be a control in a text.
_ODD = 50
# So short a name is in the pixels of every large picture.
_SHORT = 5
_XMP = re.compile(rb"<(?:x:xmpmeta|rdf:RDF)\b.*?</(?:x:xmpmeta|rdf:RDF)>", re.DOTALL)
# PNG's texts and profiles, behind their lengths, and PDF's streams: there may be deflated bytes in them.
_CHUNK = re.compile(rb"(.{4})(?:tEXt|zTXt|iTXt|iCCP|eXIf)", re.DOTALL)
_STREAM = re.compile(rb"stream\r?\n")
_DEFLATED = re.compile(rb"\x78.", re.DOTALL)
_DEFLATED_WITHIN, _DEFLATED_SIZE = 256, 16 << 20


def identity(key: str, version: str) -> str:
    """Return what a version of an object is called, in the quarantine, too."""
    return f"{key}{OF_VERSION}{version}"


@dataclass
class Assets:
    """What of assets is about a customer; it is found before the rows about it are looked at."""

    person: Person
    gone: set[str] = field(default_factory=set)
    """The versions that go, by identity."""
    went: set[str] = field(default_factory=set)
    """Digests of their contents."""
    kept: set[str] = field(default_factory=set)
    """Digests of contents that stay under some name."""

    def objects(self) -> Look:
        """Look at an object, which goes as a whole."""

        def look(bucket: Bucket, version: Version, body: bytes) -> Found | None:
            digest = hashlib.sha256(body).hexdigest()
            said = [f"{name}: {_plain(text)}" for name, text in bucket.metadata(version).items()]
            if self.person.is_told_by(version.key) or any(map(self.person.is_told, said)) or self._tells(body):
                self.gone.add(identity(version.key, version.id))
                self.went.add(digest)
                return Found(None, (), digest)
            self.kept.add(digest)
            return None

        return look

    def rows(self) -> Look:
        """Look at the row of an event: of an object that went it keeps which one it was, and that it is removed.

        It stays, for the ledger knows it, and a run that takes it again has to find it.
        """

        def change(line: str) -> str | None:
            row = as_json(line)
            if not isinstance(row, dict):
                return GONE if self.person.is_told(line) else None
            named = self.in_row(row)
            if not named and identity(str(row.get("object_key")), str(row.get("version_id"))) not in self.gone:
                return None
            left = {name: row[name] for name in _KEPT if name in row} | {"state": REMOVED}
            if named:
                left["object_key"] = f"{OBJECTS}{NAMED}"
            text = json.dumps(left, separators=(",", ":")) + "\n"
            return None if left == row else text

        def look(_: Bucket, __: Version, body: bytes) -> Found | None:
            edit = texts.rows(body, change)
            return (
                Found(edit.content, edit.changed, edit.before, edit.after, taken=edit.taken) if edit.touched else None
            )

        return look

    def in_row(self, row: Mapping[str, object]) -> bool:
        """Say whether a row names the customer in what its object, or its product, is called."""
        return any(self.person.is_told_by(str(row.get(name) or "")) for name in ("object_key", "product_id"))

    def thumbnails(self) -> Look:
        """Look at a thumbnail, which lies below the digest of its picture: equal ones have one."""

        def look(_: Bucket, version: Version, body: bytes) -> Found | None:
            digest = version.key.split("/")[1]
            if digest not in self.went - self.kept:
                return None
            return Found(None, (), hashlib.sha256(body).hexdigest())

        return look

    def _tells(self, body: bytes) -> bool:
        head = next(readings.unpacked(body), b"")
        odd = readings.controls(head)
        if odd and self._in_bytes(body):
            return True
        if odd * _ODD > len(head) and readings.is_text(head):
            return False
        if self.person.is_told_in(readings.unpacked(body)):
            return True
        content = readings.in_8_bits(head)
        if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")):
            return False  # names stand beside values, where is_told finds them
        names = [one.strip().lower() for one in records_csv.cells(_text(content.split(b"\n", 1)[0].rstrip(b"\r")))]
        if len(names) < 2 or not any(one in NUMBERS or SOMEBODY.search(one) for one in names):
            return False
        table = body if content is head else readings.in_8_bits(b"".join(readings.unpacked(body)))
        return texts.file(table, "csv", self.person, "").touched

    def _in_bytes(self, body: bytes) -> bool:
        """Say whether bytes that are no text have the customer in them: metadata stand there as they are."""
        return any(self.person.is_told(text) for text in self._near(body)) or any(
            self.person.is_told_in([one]) for one in _packets(body)
        )

    def _near(self, body: bytes) -> Iterator[str]:
        """Yield what is around anything that is written as one of the customer's names, addresses and numbers."""
        lowered = body.lower()
        for needle, codec in self._needles:
            place = lowered.find(needle)
            while place >= 0:
                start = max(place % 2, place - _BEFORE)
                yield body[start : place + len(needle) + _BEHIND].decode(codec, "ignore")
                place = lowered.find(needle, place + 1)

    @cached_property
    def _needles(self) -> list[tuple[bytes, str]]:
        person = self.person
        said = {*person.names, *person.emails, *person.keys, *person.numbers}
        written = {form for one in said if len(one) >= _SHORT for form in (one, one.upper(), one.title())}
        found = set()
        for text in written:
            for codec in _CODECS:
                if needle := text.encode(codec, "ignore").lower():
                    found.add((needle, codec))
        return sorted(found)


def _packets(body: bytes) -> Iterator[bytes]:
    """Yield what of metadata is XML, in which letters may be escaped, is apart by lengths, or deflated."""
    yield from _XMP.findall(body)
    for found in _CHUNK.finditer(body):
        chunk = body[found.end() : found.end() + int.from_bytes(found[1], "big")]
        yield chunk.replace(b"\0", b"\n")
        yield from _inflated(chunk)
    for found in _STREAM.finditer(body):
        yield from _inflated(body[found.end() :])


def _inflated(content: bytes) -> Iterator[bytes]:
    """Yield what the first deflated bytes of a content unpack to, if that is text."""
    for found in _DEFLATED.finditer(content, 0, _DEFLATED_WITHIN):
        if int.from_bytes(found.group(), "big") % 31 == 0:  # as zlib's headers are
            try:
                text = zlib.decompressobj().decompress(content[found.start() :], _DEFLATED_SIZE)
            except zlib.error:
                continue
            if readings.controls(text) * _ODD <= len(text):
                yield text
            return


def _plain(text: str) -> str:
    """Return a value of metadata that S3 or its sender encoded (RFC 2047)."""
    try:
        return str(make_header(decode_header(text)))
    except (ValueError, LookupError):
        return text


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace")
