"""One erasure of generated objects of all forms, a customer in each tenth, in buckets that are in memory.

Afterwards none holds the customer, each object without the customer is byte for byte what it was, and each other one is
what the account says; time and memory are printed, and held to what is promised.

    python bench/erasure.py [--objects 10000] [--seed 1]
"""

import argparse
import gzip
import hashlib
import importlib.util
import json
import logging
import random
import resource
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from dataplatform import contracts
from dataplatform.erasure.search import Buckets
from dataplatform.erasure.versions import Bucket, Version

# What the tests plant, and what they play, which is not typed as strictly.
forms: Any = importlib.import_module("test_erasure_everywhere")
played: Any = importlib.import_module("test_erasure_run")
REPOSITORY = Path(__file__).resolve().parents[2]
CONTRACTS = REPOSITORY / "build" / "glue" / "contracts.json"
MEMORY = 2 << 30  # bytes, the objects themselves included
FOLDER = "ingest_date=2026-01-01/ingest_hour=10"


def events(draw: random.Random, number: int, of: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Events of an object, all of them of others but one of some."""
    others = [draw.choice(forms.OTHERS) | {"n": f"{number}-{place}"} for place in range(draw.randint(1, 40))]
    if of:
        others.insert(draw.randint(0, len(others)), draw.choice(of))
    return others


def lines(draw: random.Random, number: int, mine: bool) -> list[str]:
    """Lines of a customers' file."""
    others = [f"7{number}{place:03d},Bob,b{place}@example.org,,,France,2025\n" for place in range(draw.randint(1, 60))]
    if mine:
        others.insert(draw.randint(0, len(others)), draw.choice(forms.LINES))
    return others


def objects(draw: random.Random, count: int, known: set[str]) -> Iterator[tuple[str, str, bytes, bool]]:
    """Yield buckets, keys and bodies, and whether the customer is in them."""
    makers: list[Callable[[int, bool], tuple[str, str, bytes]]] = [
        lambda number, mine: table(number, mine, "raw"),
        lambda number, mine: table(number, mine, "landing"),
        lambda number, mine: ("raw", f"clicks/{FOLDER}/{number}.ndjson.gz", stored(number, mine, "")),
        lambda number, mine: (
            "raw",
            f"quarantine/sales/reason=x/{FOLDER}/{number}.ndjson.gz",
            stored(number, mine, f"q{number}"),
        ),
        lambda number, mine: ("raw", f"quarantine-files/customers/{number}", some(number, mine)),
        lambda number, mine: ("artifacts", f"athena-results/analysts/{number}.csv", some(number, mine)),
        lambda number, mine: (
            "processed",
            f"clicks/event_date=2026-01-01/{number}.parquet",
            forms.columns(events(draw, number, forms.STORED if mine else ()), number * 1000),
        ),
        lambda number, mine: ("features", f"capture/live/{number}.jsonl", some(number, mine)),
        lambda number, mine: ("raw", f"assets/products/{number}/about", about(number, mine)),
    ]

    def table(number: int, mine: bool, bucket: str) -> tuple[str, str, bytes]:
        body = (forms.HEAD + "".join(lines(draw, number, mine))).encode()
        digest = sha256(body)
        known.add(digest)
        name = f"customers/{FOLDER}/{digest}.csv.gz" if bucket == "raw" else f"customers/{number}.csv.gz"
        return bucket, name, gzip.compress(body, mtime=0)

    def stored(number: int, mine: bool, quarantine: str) -> bytes:
        rows: bytes = forms.rows(
            [json.dumps(one) for one in events(draw, number, forms.EVENTS if mine else ())], quarantine, f"s{number}"
        )
        return rows

    def some(number: int, mine: bool) -> bytes:
        bodies: list[bytes] = forms.packed(forms.HEAD + "".join(lines(draw, number, mine)))
        return draw.choice(bodies)

    def about(number: int, mine: bool) -> bytes:
        text = f"Made by {forms.NAME}, {forms.EMAIL}" if mine else f"Product {forms.NUMBER} of b{number}@example.org"
        picture = b"\xff\xd8\xff\xe1\0\x40Exif\0\0" + text.encode() + b"\0" + draw.randbytes(9000)
        bodies: list[bytes] = [*forms.packed(text), picture]
        return draw.choice(bodies)

    for number in range(count):
        mine = number % 10 == 0
        yield *makers[draw.randrange(len(makers))](number, mine), mine


def scanner() -> Any:
    """The scan of the platform's self-check."""
    spec = importlib.util.spec_from_file_location("holds", REPOSITORY / "e2e" / "everywhere" / "holds.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main() -> None:
    """Fill, erase, look everywhere; any customer left, or any other byte changed, ends it with an error."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--objects", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    logging.disable(logging.INFO)
    bundle, holds = contracts.parse(CONTRACTS.read_text(encoding="utf-8")), scanner()
    store: dict[str, Kept] = {name: Kept(name) for name in played.LAYERS}
    known: set[str] = set()
    digests: dict[tuple[str, str], str] = {}  # of others
    size, mine = 0, set()
    for bucket, key, body, held in objects(random.Random(given.seed), given.objects, known):
        store[bucket].put(key, body)
        size += len(body)
        if held:
            mine.add((bucket, key))
        else:
            digests[bucket, key] = sha256(body)
    before = holding(store, holds)
    print(f"{given.objects} objects, {size >> 20} MiB, {len(mine)} with the customer; a scan finds {len(before)}")
    run = played.erasure(None, bundle, played.NotedLedger(*known))
    run.buckets, run.put = Buckets(*store.values()), store["artifacts"].put
    started = time.monotonic()
    account = run.run(forms.NUMBER)
    took = time.monotonic() - started
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
    print(f"erased in {took:.0f} s, {memory >> 20} MiB at most; state {account['state']}")
    left = holding(store, holds)
    changed = [one for one, digest in digests.items() if sha256(store[one[0]].body(one[1])) != digest]
    listed = {(one["bucket"], one["key"]): one for one in account["objects"]}
    unlisted = sorted(mine ^ set(listed))
    other = [one for one, entry in listed.items() if entry.get("after") and content(store, *one) != entry["after"]]
    print(
        f"{len(left)} hold the customer, {len(changed)} of others changed, {len(unlisted) + len(other)} not as reported"
    )
    if left or changed or unlisted or other or memory > MEMORY or account["state"] != "done":
        sys.exit(f"left {left[:5]}, changed {changed[:5]}, not as reported {unlisted[:5]}, {other[:5]}")


class Kept(Bucket):
    """A bucket in memory, which itself takes next to none."""

    def __init__(self, name: str) -> None:
        super().__init__(None, name)
        self._bodies: dict[str, dict[str, bytes | None]] = {}  # by key, by version; None is a marker
        self._count = 0

    def put(self, key: str, body: bytes | None) -> str:
        """Put a version."""
        self._count += 1
        self._bodies.setdefault(key, {})[str(self._count)] = body
        return str(self._count)

    def body(self, key: str) -> bytes:
        """Return the current body, nothing of what is gone."""
        return (list(self._bodies.get(key, {}).values()) or [None])[-1] or b""

    def versions(self, prefix: str) -> Iterator[Version]:
        """Yield all versions."""
        for key in [one for one in self._bodies if one.startswith(prefix)]:
            of_key = list(self._bodies[key].items())
            for version, body in of_key:
                yield Version(self.name, key, version, version == of_key[-1][0], body is None, len(body or b""))

    def read(self, version: Version) -> bytes:
        """Return a version's body."""
        return self._bodies[version.key][version.id] or b""

    def metadata(self, version: Version) -> dict[str, str]:
        """Return none."""
        return {}

    def replace(self, version: Version, body: bytes) -> str:
        """Put the newest version."""
        return self.put(version.key, body)

    def hide(self, key: str) -> None:
        """Put a marker."""
        self.put(key, None)

    def remove(self, versions: Iterable[Version]) -> int:
        """Delete versions."""
        removed = [self._bodies[one.key].pop(one.id) for one in versions]
        self._bodies = {key: of_key for key, of_key in self._bodies.items() if of_key}
        return len(removed)


def holding(store: Mapping[str, Kept], holds: Any) -> list[str]:
    """The objects of which a version holds the customer."""
    found = []
    for bucket in store.values():
        found += [f"{bucket.name}/{one.key}" for one in bucket.versions("") if forms.is_in(bucket.read(one), holds)]
    return found


def sha256(body: bytes) -> str:
    """The digest of bytes."""
    return hashlib.sha256(body).hexdigest()


def content(store: Mapping[str, Kept], bucket: str, key: str) -> str:
    """The digest of an object's content, unpacked."""
    body = store[bucket].body(key)
    return sha256(gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body)


if __name__ == "__main__":
    main()
