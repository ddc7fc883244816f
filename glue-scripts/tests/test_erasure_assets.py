"""Assets of every kind in an erasure: those that tell of the customer go with their rows and thumbnails."""

import bz2
import gzip
import hashlib
import io
import json
import random
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from test_erasure_run import NotedLedger, erasure, keys, layers

from dataplatform.contracts import Contracts
from dataplatform.erasure.assets import Assets
from dataplatform.erasure.person import Person
from dataplatform.erasure.rows import NAMED
from dataplatform.erasure.versions import Version

ANN = Person.of("12345", ["Ann Example", "Ann"], ["ann@example.org"])
NOISE = random.Random(1).randbytes(200_000)


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    with layers(monkeypatch) as client:
        yield client


class Described:
    """A bucket of which objects have some metadata."""

    def __init__(self, **metadata: str) -> None:
        self._metadata = {name.replace("_", "-"): text for name, text in metadata.items()}

    def metadata(self, _: Version) -> dict[str, str]:
        return self._metadata


def goes(body: bytes, key: str = "assets/a", **metadata: str) -> bool:
    version = Version("raw", key, "v", True, False, len(body))
    return Assets(ANN).objects()(Described(**metadata), version, body) is not None


def jpeg(segment: bytes) -> bytes:
    return b"\xff\xd8\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + b"\xff\xda\0\x02" + NOISE + b"\xff\xd9"


def png(kind: bytes, content: bytes) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(kind, content) + chunk(b"IDAT", NOISE) + chunk(b"IEND", b"")


def archive(content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("word/document.xml", content)
    return out.getvalue()


XMP = b"<x:xmpmeta><dc:creator>%s</dc:creator></x:xmpmeta>"
MINE = {
    "text": b"A vase that Ann  Example made.".replace(b"  ", b" "),
    "address in capitals": b"write to ANN@EXAMPLE.ORG",
    "encoded address": b"https://shop.example/?m=ann%40example.org",
    "number of a customer": b"Made for customer no. 12345, blue",
    "JSON": b'{"order": {"customerNumber": "12345"}}',
    "table": b"name,CustomerID\nx,777\ny,12345.0\n",
    "table in 16 bits": "name,user_id\ny,12345\n".encode("utf-16"),
    "pseudonym": b"x " + ANN.key.encode(),
    "packed text": gzip.compress(b"for Ann Example"),
    "bzip2": bz2.compress(b"for Ann Example"),
    "document": archive(b"<w:t>Ann Example</w:t>"),
    "Exif": jpeg(b"Exif\0\0II*\0\x08\0\0\0Ann Example\0"),
    "Exif of 16 bits": jpeg(b"Exif\0\0II*\0\x08\0\0\0" + "Ann Example".encode("utf-16-le") + b"\0\0"),
    "Exif of a number": jpeg(b"Exif\0\0II*\0\x08\0\0\0Customer: 12345\0"),
    "XMP": jpeg(b"http://ns.adobe.com/xap/1.0/\0" + XMP % b"ann@example.org"),
    "escaped XMP": jpeg(b"http://ns.adobe.com/xap/1.0/\0" + XMP % b"ann&#64;example.org"),
    "PNG": png(b"tEXt", b"Author\0Ann Example"),
    "deflated PNG": png(b"zTXt", b"Author\0\0" + zlib.compress(b"by Ann Example")),
    "international PNG": png(b"iTXt", b"XML:com.adobe.xmp\0\x01\0\0\0" + zlib.compress(XMP % b"Ann Example")),
    "PDF": b"%PDF-1.7\n%\x80\x81\x01\x02\nstream\r\n" + zlib.compress(b"(for Ann Example) Tj") + b"\nendstream" + NOISE,
    "GIF": b"GIF89a\1\0\1\0\0\0\0!\xfe\x0bAnn Example\0" + NOISE,
    "WebP": b"RIFF\0\0\0\0WEBPVP8 " + NOISE + b"XMP " + XMP % b"Ann Example",
}
OTHERS = {
    "a product's number": b"Product 12345, 12345 pieces",
    "a name of one word": b"Ann is a shade of blue",
    "another's address": b"joann@example.org and ann@example.org.uk",
    "a longer number": b"customer 123456 and customer 12345.5",
    "a longer name": b"Ann Examples and Joann Example",
    "another's table": b"CustomerID,n\n777,12345\n",
    "prose in one line": b"user guide, see also account, 12345",
    "noise": jpeg(b"Exif\0\0II*\0\x08\0\0\0Ann\0") + NOISE * 5,
    "deflated noise": png(b"zTXt", b"Author\0\0" + zlib.compress(b"by Bob")),
    "broken": png(b"zTXt", b"Author\0\0x\x9c broken") + b"PK\x03\x04",
    "nothing": b"",
}


@pytest.mark.parametrize("name", MINE)
def test_what_tells_of_the_customer_goes(name: str) -> None:
    assert goes(MINE[name])


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_of_products_or_others_stays(name: str) -> None:
    assert not goes(OTHERS[name])


def test_names_of_objects_and_what_their_sources_say_of_them() -> None:
    mine = ("customers/12345.jpg", "a/customer-12345-2.png", "ann@example.org/a", "ann%40example.org", "ann_example")
    for key in mine:
        assert goes(b"x", f"assets/{key}"), key
    for key in ("products/12345/12345.jpg", "products/1/ann.jpg", "customers/123456.jpg", "2026/12345"):
        assert not goes(b"x", f"assets/{key}"), key
    for metadata in ({"customer_id": "12345"}, {"author": "=?UTF-8?Q?Ann_Example?="}, {"mail": "ann@example.org"}):
        assert goes(b"x", **metadata), metadata
    assert not goes(b"x", product_id="12345")


def digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def test_rows_and_thumbnails_go_with_what_they_tell_of(client: Any, contracts: Contracts) -> None:
    picture, logo = jpeg(b"Exif\0\0Ann Example\0"), jpeg(b"Exif\0\0nobody")
    put = client.put_object
    version = put(Bucket="raw", Key="assets/products/1/a.jpg", Body=picture)["VersionId"]
    other = put(Bucket="raw", Key="assets/products/2/a.jpg", Body=logo)["VersionId"]
    put(Bucket="raw", Key="assets/customers/12345/logo.jpg", Body=logo)
    for body in (picture, logo):
        put(Bucket="processed", Key=f"thumbnails/{digest(body)}/256.jpg", Body=b"small")
    folder = "ingest_date=2026-01-01/ingest_hour=10"
    event = {"version_id": version, "sequencer": "0A", "event_name": "Put", "event_time": "2026-01-01T00:00:00Z"}
    said = {"a": "products/1/a.jpg", "b": "products/2/a.jpg", "c": "customers/12345/gone.jpg"}
    for name, key in said.items():
        row = event | {"object_key": f"assets/{key}", "state": "present", "sha256": "0"}
        row["version_id"] = other if name == "b" else version
        put(Bucket="raw", Key=f"assets-rows/{folder}/{name}.ndjson.gz", Body=gzip.compress(json.dumps(row).encode()))
        uri = f"s3://raw/assets/{key}?versionId={row['version_id']}"
        apart = {"identity": f"assets/{key}?versionId={row['version_id']}", "source": uri, "payload_uri": uri}
        place = f"quarantine/assets/reason=x/{folder}/{name}.ndjson.gz"
        put(Bucket="raw", Key=place, Body=gzip.compress(json.dumps(apart).encode()))
    run = erasure(client, contracts, NotedLedger())
    account = run.run("12345")

    left = keys(client, "raw")
    assert [one for one in left if one.startswith("assets/")] == ["assets/products/2/a.jpg"]
    apart = [one for one in left if one.startswith("quarantine/")]
    assert apart == [f"quarantine/assets/reason=x/{folder}/b.ndjson.gz"]
    assert keys(client, "processed") == [f"thumbnails/{digest(logo)}/256.jpg"], "another object has the same picture"
    rows = {}
    for name in said:
        body = client.get_object(Bucket="raw", Key=f"assets-rows/{folder}/{name}.ndjson.gz")["Body"].read()
        rows[name] = json.loads(gzip.decompress(body))
    assert rows["a"] == event | {"object_key": "assets/products/1/a.jpg", "state": "removed"}
    assert rows["b"]["sha256"] == "0"
    assert rows["c"] == event | {"object_key": f"assets/{NAMED}", "state": "removed"}
    assert f"assets/products/1/a.jpg?versionId={version}" in run.tables.lost
    assert [account["places"][name]["objects"] for name in ("assets", "raw.assets", "thumbnails")] == [2, 2, 1]

    assert account["state"] == "incomplete", "S3 tells of what went by its name"
    assert [one["object"] for one in account["problems"]] == [f"s3://raw/assets/{NAMED}"]
    again = erasure(client, contracts, NotedLedger()).run("12345")
    assert again["state"] == "done"
    assert [again["places"][name]["objects"] for name in ("assets", "raw.assets", "thumbnails")] == [0, 0, 0]
