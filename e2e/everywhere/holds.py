"""Prints, as JSON, every version of every object that holds a text, in all buckets.

Packings, Parquet, Avro, Base64 and the writings of addresses are decoded. It knows nothing of how an erasure finds a
customer: it looks at bytes and cells. Arguments: the endpoint, then the customer's number, then texts.
"""

import base64
import bz2
import html
import io
import json
import re
import sys
import urllib.parse
import zipfile
import zlib
from collections.abc import Iterator

import boto3
import pyarrow as pa
import pyarrow.parquet as pq

AVRO = b"Obj\x01"
BASE64 = re.compile("[A-Za-z0-9+/_-]{16,}={0,2}")
ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})")


def main(endpoint: str, number: str, *texts: str) -> None:
    # As a value, not as a part of one: in quotes, as a cell of CSV, or as such in JSON that is text itself.
    word = re.compile(rf'(?:^|[",])\s*{re.escape(number)}(?:\.0)?\s*(?:$|[",\\\r])', re.MULTILINE)
    # Bounds of columns, which tables keep in Avro, have no quotes, and the first 16 characters only; the last is one
    # higher.
    bound = re.compile(rf"(?<![0-9A-Za-z]){re.escape(number)}(?![0-9A-Za-z])")
    needles = [text.casefold() for text in texts]
    client = boto3.client(
        "s3", endpoint_url=endpoint, region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    found, looked = [], 0
    for bucket in client.list_buckets()["Buckets"]:
        for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket["Name"]):
            for one in page.get("Versions", []):
                looked += 1
                body = client.get_object(Bucket=bucket["Name"], Key=one["Key"], VersionId=one["VersionId"])[
                    "Body"
                ].read()
                text, cells = decode(body)
                folded = text.casefold()
                if body.startswith(AVRO):
                    holds = bound.search(text) or any(needle[:15] in folded for needle in needles)
                else:
                    holds = number in cells or word.search(text) or any(needle in folded for needle in needles)
                if holds:
                    found.append(f"{bucket['Name']}/{one['Key']} latest={one['IsLatest']}")
    print(json.dumps({"looked": looked, "found": found}))


def decode(body: bytes) -> tuple[str, set[str]]:
    """Return everything that is text in a body, and for tables the cells."""
    parts = list(unpacked(body, 4))
    cells: set[str] = set()
    for part in parts:
        if part.startswith(b"PAR1"):
            table = pq.ParquetFile(io.BytesIO(part)).read()
            columns = [table[field.name] for field in table.schema if pa.types.is_string(field.type)]
            cells |= {str(value) for column in columns for value in column.to_pylist() if value is not None}
    text = [avro(part) if part.startswith(AVRO) else part.decode("utf-8", "replace") for part in parts]
    text += [part.decode("latin-1") for part in parts if part.startswith(b"PAR1")]
    text += [part.replace(b"\0", b"").decode("utf-8", "replace") for part in parts if b"\0" in part]
    text += cells
    written = text
    for _ in range(3):
        plain = [ESCAPE.sub(lambda found: chr(int(found[1], 16)), one) for one in written]
        written = [urllib.parse.unquote_plus(html.unescape(one)) for one in plain]
        text = [*text, *written]
    return "\n".join(text), cells


def unpacked(body: bytes, depth: int) -> Iterator[bytes]:
    """Yield a body, and whatever is packed in it, or written in Base64."""
    yield body
    if depth == 0:
        return
    if body.startswith(b"\x1f\x8b"):
        rest = body
        while rest.startswith(b"\x1f\x8b"):
            stream = zlib.decompressobj(zlib.MAX_WBITS | 16)
            try:
                content = stream.decompress(rest)
            except zlib.error:
                break
            yield from unpacked(content, depth - 1)
            rest = stream.unused_data.lstrip(b"\0\r\n")
        return
    if body.startswith(b"BZh"):
        yield from unpacked(bz2.decompress(body), depth - 1)
    elif body.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            for name in archive.namelist():
                yield from unpacked(archive.read(name), depth - 1)
    elif not body.startswith((b"PAR1", AVRO)):
        for run in BASE64.findall(body.decode("utf-8", "replace")):
            plain = run.rstrip("=").replace("-", "+").replace("_", "/")
            yield from unpacked(base64.b64decode(plain[: len(plain) - (len(plain) % 4 == 1)] + "=="), depth - 1)


def avro(body: bytes) -> str:
    """Return the blocks of an Avro file, decompressed and otherwise as they are: texts stand in them as such."""
    place, meta = 4, {}
    while count := varint(body, place):
        entries, place = count
        if entries == 0:
            break
        for _ in range(abs(entries)):
            key, place = text(body, place)
            meta[key], place = text(body, place)
    place += 16
    out = [json.dumps({key.decode(): value.decode("latin-1") for key, value in meta.items()})]
    while place < len(body):
        _, place = varint(body, place)
        block, place = text(body, place)
        place += 16
        out.append((zlib.decompress(block, -15) if meta.get(b"avro.codec") == b"deflate" else block).decode("latin-1"))
    return "\n".join(out)


def varint(body: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = body[place]
        place += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return (value >> 1) ^ -(value & 1), place


def text(body: bytes, place: int) -> tuple[bytes, int]:
    size, place = varint(body, place)
    return body[place : place + size], place + size


if __name__ == "__main__":
    main(*sys.argv[1:])
