"""What is said in any writing and packing is found, nothing makes an erasure raise, and nothing unpacks without end."""

import base64
import bz2
import gzip
import hashlib
import io
import json
import lzma
import zipfile
from collections.abc import Callable
from random import Random, SystemRandom

import pyarrow as pa
import pytest

from dataplatform.erasure import places, readings, rows, texts
from dataplatform.erasure.person import Person
from dataplatform.erasure.versions import Version

ANN = Person.of("12345", ["Ann Example"], ["ann@example.org"])
HEADERS = {"customers": [("CustomerID", "Name", "Email", "Country")]}
LINE = b"7,Bob,x\n12345,Ann Example,ann@example.org\n"


def archive(content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("xl/sharedStrings.xml", content)
    return out.getvalue()


def zstd(content: bytes) -> bytes:
    return bytes(pa.compress(content, "zstd", asbytes=True))


def snappy(content: bytes) -> bytes:
    """One packed and one plain frame, whose checksums nobody looks at, and one that may be passed over."""
    half = len(content) // 2
    plain = content[half:]
    frame = pa.Codec("snappy").compress(content[:half], asbytes=True)
    frames = b"".join(
        bytes([kind]) + (len(inside) + 4).to_bytes(3, "little") + bytes(4) + inside
        for kind, inside in ((0, frame), (0xFE, b""), (1, plain))
    )
    return b"\xff\x06\x00\x00sNaPpY" + frames


def aggregated(*records: bytes) -> bytes:
    """User records as the Kinesis Producer Library packs them."""

    def field(tag: int, value: bytes) -> bytes:
        size = len(value)
        return bytes([tag, *([size & 0x7F | 0x80, size >> 7] if size > 0x7F else [size])]) + value

    message = field(0x0A, b"key") + b"".join(field(0x1A, b"\x08\x00" + field(0x1A, one)) for one in records)
    return b"\xf3\x89\x9a\xc2" + message + hashlib.md5(message).digest()


PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gzip": gzip.compress,
    "two members and padding": lambda content: gzip.compress(content[:9]) + b"\0\r\n" + gzip.compress(content[9:]),
    "truncated gzip": lambda content: gzip.compress(content)[:-8],
    "what begins as gzip": lambda content: b"\x1f\x8b" + content,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstd,
    "two frames of zstd": lambda content: zstd(content[:9]) + zstd(content[9:]),
    "what begins as zstd": lambda content: b"\x28\xb5\x2f\xfd" + content,
    "snappy": snappy,
    "what begins as snappy": lambda content: b"\xff\x06\x00\x00sNaPpY\x00" + content,
    "a mark and gzip": lambda content: b"\xef\xbb\xbf" + gzip.compress(content),
    "aggregated": lambda content: aggregated(b"{}", content, b"other"),
    "aggregated, cut off": lambda content: aggregated(b"{}", content)[:-9],
    "what begins as aggregated": lambda content: b"\xf3\x89\x9a\xc2" + content,
    "workbook": archive,
    "what begins as an archive": lambda content: b"PK\x03\x04" + content,
    "utf-16": lambda content: content.decode().encode("utf-16"),
    "utf-16 without a mark": lambda content: content.decode().encode("utf-16-be"),
    "utf-32": lambda content: content.decode().encode("utf-32"),
    "base64": base64.b64encode,
    "base64 of mail": lambda content: base64.encodebytes(b"much before it " * 9 + content),
    "base64 for addresses": base64.urlsafe_b64encode,
    "percent": lambda content: content.replace(b"@", b"%40").replace(b" ", b"+"),
    "percent twice": lambda content: content.replace(b"@", b"%2540").replace(b" ", b"%2520"),
    "escaped": lambda content: content.replace(b"@", b"\\u0040").replace(b" ", b"\\u0020"),
    "entity": lambda content: content.replace(b"@", b"&#64;").replace(b" ", b"&#x20;"),
}


LETTERS = {"percent", "percent twice", "escaped", "entity"}
TEXTS = {*LETTERS, "plain", "base64", "base64 of mail", "base64 for addresses"}
# Of packed bytes these would make others, or no bytes of theirs.
OF_TEXTS = {
    *LETTERS,
    *(
        "utf-16",
        "utf-16 without a mark",
        "utf-32",
        "base64 of mail",
        "what begins as gzip",
        "what begins as zstd",
        "what begins as snappy",
        "what begins as aggregated",
        "what begins as an archive",
    ),
}
PAIRS = [(outer, inner) for outer in PACKINGS for inner in PACKINGS if outer not in OF_TEXTS or inner in TEXTS]


@pytest.mark.parametrize(("outer", "inner"), PAIRS)
@pytest.mark.parametrize("said", [b"mail ann@example.org now", b"Ann Example"])
def test_what_is_packed_in_packings_is_found(outer: str, inner: str, said: bytes) -> None:
    assert ANN.in_content([PACKINGS[outer](PACKINGS[inner](said))])
    assert not ANN.in_content([PACKINGS[outer](PACKINGS[inner](said.replace(b"nn", b"m")))])


def test_a_word_that_two_windows_share_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readings, "WINDOW", 1024)
    monkeypatch.setattr(readings, "SHARED", 256)
    for before in range(900, 1100):
        content = b"x " * (before // 2) + b" " * (before % 2) + b"ann@example.org " + b"y" * 2000
        assert ANN.in_content([content]), before
        assert ANN.in_content([gzip.compress(content)]), before


def test_unpacking_has_a_bound_and_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    content = b"".join(b"%d,Bob\n" % number for number in range(20_000))
    for body in (
        gzip.compress(content),
        archive(content),
        gzip.compress(bz2.compress(content)),
        base64.b64encode(content),
    ):
        assert not any("ann" in text for text in readings.contents([body]))
        with pytest.raises(readings.TooLargeError):
            list(readings.contents([body], readings.Budget(100_000)))
    monkeypatch.setattr(texts, "_LONGEST", 1000)
    for body in (b'CustomerID\n"' + b"x" * 2000, b"x" * 2000):
        with pytest.raises(readings.TooLargeError):
            texts.file(body, "csv", ANN, "#erased")
    with pytest.raises(readings.TooLargeError):
        texts.file(gzip.compress(b"[" + b" " * 2000), "json", ANN, "#erased")


def test_a_refused_file_that_is_no_plain_text_goes_as_a_whole() -> None:
    for name in ("bzip2", "xz", "workbook", "utf-16", "utf-32", "what begins as gzip"):
        edit = texts.refused(gzip.compress(PACKINGS[name](LINE)), ANN)
        assert (edit.content, edit.removed, edit.empty) == (b"", (1,), True), name
        body = PACKINGS[name](b"7,Bob,x\n")
        assert texts.refused(body, ANN).content == body


ROWS = [
    json.dumps({"identity": "a:1", "payload": "12345,Ann,ann@example.org,Spain"}),
    json.dumps({"identity": "a:2", "payload": '{"user_id":"7","x":[{"y":"\\ud800"}]}'}),
    json.dumps({"identity": "a:3", "payload_base64": base64.b64encode(gzip.compress(LINE)).decode()}),
    json.dumps({"identity": 4, "payload_base64": "!", "source": 1, "error": None}),
    json.dumps({"identity": "a:5", "payload": {"user_id": 12345}, "source": "s3://raw/sales/shop/ingest_date=1"}),
]
BATCHES = [
    json.dumps({"payload": one}) for one in ('{"Records":[5]}', '{"Records":5}', "5", '{"Records":[{"kinesis":{}}]}')
]
SEEDS = [
    LINE,
    b'CustomerID,Name\n12345,"A\rB\n',
    b'[{"CustomerID":"12345"},{"a":',
    *(one.encode() for one in [*ROWS, *BATCHES]),
]


def bodies(draw: Random, count: int) -> list[bytes]:
    """Bytes of every form, packed in all ways, and then with some of them changed, cut off or put together."""
    made = []
    for _ in range(count):
        body = b"\n".join(draw.choice(SEEDS) for _ in range(draw.randint(1, 3)))
        for _ in range(draw.randint(0, 2)):
            body = (
                draw.choice(list(PACKINGS.values()))(body.decode("utf-8", "ignore").encode() or b"x")
                if draw.random() < 0.5
                else draw.choice((gzip.compress, archive, bz2.compress, base64.b64encode))(body)
            )
        changed = bytearray(body)
        for _ in range(draw.choice((0, 1, 8))):
            changed[draw.randrange(len(changed))] = draw.randrange(256)
        made.append(bytes(changed[: draw.randint(0, len(changed))] if draw.random() < 0.3 else changed))
    return made


def test_no_bytes_stop_an_erasure() -> None:
    seed = SystemRandom().randrange(10**6)
    looks = {
        "raw csv": places.raw_files(ANN, {}),
        "raw json": places.raw_files(ANN, {}),
        "rows": places.platform_rows(ANN, HEADERS),
        "refused": places.refused(ANN),
        "copies": places.copies(ANN),
        "dropped": places.dropped(lambda content, body: True, ANN),
    }
    for body in bodies(Random(seed), 400):
        for name, look in looks.items():
            key = f"a/b/{'a' * 64}.{'json' if name == 'raw json' else 'csv'}.gz"
            try:
                look(None, Version("lake", key, "1", True, False), body)
            except Exception as error:
                raise AssertionError(f"seed {seed}: {name} of {body!r}") from error
        assert rows.batch(body) is not None, f"seed {seed}"
