"""What records of a stream are packed in beside gzip: Zstandard, Snappy, and user records that a producer aggregated.

Each yields what is in a body, and the body itself where it is broken or holds more: in either there may be a name.
"""

from collections.abc import Iterable, Iterator

import pyarrow as pa

ZSTD = b"\x28\xb5\x2f\xfd"
SNAPPY = b"\xff\x06\x00\x00sNaP"  # and pY
AGGREGATED = b"\xf3\x89\x9a\xc2"

_CHUNK = 256 << 10
# A frame of Snappy holds 64 KiB; some writers take more.
_FRAME = 4 << 20
_SNAPPY_PACKED, _SNAPPY_PLAIN, _CHECKSUM = 0, 1, 4
# Fields of the messages AggregatedRecord and Record, and the wire type of bytes.
_USER_RECORDS, _DATA, _BYTES = 3, 3, 2
# Wire types of a fixed size.
_FIXED = {1: 8, 5: 4}


def zstd(body: bytes) -> Iterator[Iterable[bytes]]:
    """Yield what frames unpack to, and the body where one is broken."""
    broken: list[bytes] = []
    yield _read(body, broken)
    yield broken


def _read(body: bytes, broken: list[bytes]) -> Iterator[bytes]:
    try:
        with pa.CompressedInputStream(pa.BufferReader(body), "zstd") as stream:
            while chunk := stream.read(_CHUNK):
                yield chunk
    except OSError:
        broken += [b"\n", body]


def snappy(body: bytes) -> Iterator[Iterable[bytes]]:
    """Yield what frames unpack to, and the body where one is broken."""
    broken: list[bytes] = []
    yield _frames(body, broken)
    yield broken


def _frames(body: bytes, broken: list[bytes]) -> Iterator[bytes]:
    codec, place = pa.Codec("snappy"), 0
    while place < len(body):
        kind, size = body[place], int.from_bytes(body[place + 1 : place + 4], "little")
        frame = body[place + 4 + _CHECKSUM : place + 4 + size]
        place += 4 + size
        if kind == _SNAPPY_PLAIN:
            yield frame
        elif kind == _SNAPPY_PACKED:
            try:
                length, _ = _varint(frame, 0)
                yield codec.decompress(frame, min(length, _FRAME), asbytes=True)
            except (OSError, IndexError, ValueError):
                broken += [b"\n", body]
                return


def aggregated(body: bytes) -> Iterator[Iterable[bytes]]:
    """Yield the user records, as far as there are any, and the body: one that was cut off has more to say."""
    for number, record in _fields(body[len(AGGREGATED) :]):
        if number == _USER_RECORDS:
            yield from ([data] for inner, data in _fields(record) if inner == _DATA)
    yield [b"\n", body]


def _fields(message: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the fields of a Protocol Buffers message that are bytes, up to where it is broken or ends."""
    place = 0
    try:
        while place < len(message):
            tag, place = _varint(message, place)
            kind = tag & 7
            size, start = _FIXED.get(kind, 0), place
            if kind == _BYTES:
                size, start = _varint(message, place)
                yield tag >> 3, message[start : start + size]
            elif kind == 0:
                _, start = _varint(message, place)
            elif not size:
                return
            place = start + size
    except IndexError:
        return


def _varint(body: bytes, place: int) -> tuple[int, int]:
    """Return a number of variable length and where it ends."""
    value = shift = 0
    while True:
        value |= (body[place] & 0x7F) << shift
        shift, place = shift + 7, place + 1
        if body[place - 1] < 0x80:
            return value, place
