"""Everywhere in S3, beside Iceberg tables, that can hold a customer: found first, and only then changed."""

import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from dataplatform.erasure import columns, texts
from dataplatform.erasure.person import ADDRESS, NUMBERS, Person
from dataplatform.erasure.versions import ArchivedError, Bucket, Version
from dataplatform.reading.lines import mark

LOG = logging.getLogger(__name__)

# Objects are read so many at a time: it is the waiting that takes long.
_READERS = 8
REPLAYED = "replayed-at"  # the tag of operations/replay on a batch whose records are stored


@dataclass(frozen=True)
class Found:
    """An object version without the customer: ``body`` is what to put, None when the object goes as a whole.

    ``before`` and ``after`` are digests of the content, unpacked where the body is gzipped.
    """

    body: bytes | None
    removed: tuple[int, ...] | int
    before: str
    after: str | None = None
    hours: tuple[int, ...] = ()
    visitors: tuple[str, ...] = ()

    @property
    def records(self) -> int:
        """Return how many records went."""
        return self.removed if isinstance(self.removed, int) else len(self.removed)


# Look at a version's body: None when the customer is not in it. A ValueError says why it cannot be erased now.
Look = Callable[[Bucket, Version, bytes], Found | None]


@dataclass(frozen=True)
class Place:
    """A part of a bucket, and how to look at its objects."""

    name: str
    bucket: Bucket
    prefix: str
    look: Look


@dataclass
class Plan:
    """The objects of a place that hold the customer, by key: the versions to go, and what is left of the current."""

    place: Place
    objects: dict[str, tuple[list[Version], Found | None]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    @property
    def hours(self) -> set[int]:
        """The event hours that change."""
        return {hour for _, found in self.objects.values() if found for hour in found.hours}

    @property
    def visitors(self) -> set[str]:
        """The visitors that signed in as the customer."""
        return {visitor for _, found in self.objects.values() if found for visitor in found.visitors}


def find(place: Place) -> Plan:
    """Look at every version of every object of a place. Nothing is changed."""
    plan = Plan(place)
    versions = sorted(place.bucket.versions(place.prefix), key=lambda one: one.key)
    with ThreadPoolExecutor(_READERS) as readers:
        looked = readers.map(lambda one: _look(place, one), versions)
        for key, of_key in groupby(zip(versions, looked, strict=True), key=lambda pair: pair[0].key):
            pairs = list(of_key)
            plan.problems += [found for _, found in pairs if isinstance(found, str)]
            holding = [version for version, found in pairs if isinstance(found, Found)]
            if holding:
                current = next((found for version, found in pairs if version.latest and isinstance(found, Found)), None)
                plan.objects[key] = (holding, current)
    return plan


def erase(plan: Plan) -> Iterator[tuple[Version | None, str | None, Found | None, int]]:
    """Carry a plan out; yield for each object its current version before, the id after, what was found, and how many
    versions and markers went for good."""
    bucket = plan.place.bucket
    for key, (holding, current) in plan.objects.items():
        latest = next((version for version in holding if version.latest), None)
        after = None
        if latest and current and current.body is not None:
            after = bucket.replace(latest, current.body)
        elif latest:
            bucket.hide(key)
        gone = bucket.remove(holding)
        left = [one for one in bucket.versions(key) if one.key == key]
        if left and all(one.marker for one in left):
            gone += bucket.remove(left)
        yield latest, after, current, gone


def _look(place: Place, version: Version) -> Found | str | None:
    if version.marker:
        return None
    try:
        return place.look(place.bucket, version, place.bucket.read(version))
    except (ValueError, ArchivedError) as error:
        return f"{place.name}: {error}"


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _edited(edit: texts.Edit, body: bytes, content: bytes, gone_when_empty: bool) -> Found | None:
    if not edit.removed:
        return None
    if edit.empty and gone_when_empty:
        return Found(None, edit.removed, _digest(content))
    left = edit.content if body == content else texts.pack(edit.content)
    return Found(left, edit.removed, _digest(content), _digest(edit.content))


def raw_files(person: Person, mappings: Mapping[str, Mapping[str, Any]]) -> Look:
    """Look at a raw file, named ``<digest>.<format>.gz``; a file of nothing but the customer stays, with marks only.

    Files of other sources lie in folders of theirs, ``<dataset>/<source>/``, and have the columns that mappings say.
    """
    named = {source: _naming(mapping) for source, mapping in mappings.items()}

    def look(_: Bucket, version: Version, body: bytes) -> Found | None:
        content, (digest, kind) = texts.unpack(body), version.key.rsplit("/", 1)[-1].split(".")[:2]
        naming = named.get(version.key.split("/")[1], texts.Naming())
        return _edited(texts.file(content, kind, person, mark(digest), naming), body, content, gone_when_empty=False)

    return look


def _naming(mapping: Mapping[str, Any]) -> texts.Naming:
    fields = [(name, field) for name, field in mapping["fields"].items() if name.lower() in NUMBERS]
    columns = {column: ADDRESS if one.get("as") else name for name, one in fields for column in one["from"]}
    return texts.Naming(columns, mapping.get("order", ""))


def rows(headers: texts.Headers, person: Person) -> Look:
    """Look at rows that the platform wrote."""

    def look(_: Bucket, __: Version, body: bytes) -> Found | None:
        content = texts.unpack(body)
        return _edited(texts.rows(content, headers, person), body, content, gone_when_empty=True)

    return look


def refused(person: Person) -> Look:
    """Look at a file that was refused."""

    def look(_: Bucket, __: Version, body: bytes) -> Found | None:
        content = texts.unpack(body)
        return _edited(texts.refused(content, person), body, content, gone_when_empty=True)

    return look


def clicks(event_time: str, person: Person) -> Look:
    """Look at processed events."""

    def look(_: Bucket, __: Version, body: bytes) -> Found | None:
        edit = columns.edit(body, event_time, person)
        if not edit.removed:
            return None
        left, after = (None, None) if edit.empty else (edit.content, _digest(edit.content))
        return Found(left, edit.removed, _digest(body), after, edit.hours, edit.visitors)

    return look


def copies(person: Person) -> Look:
    """Look at what is a copy of data, such as a query's result: it goes as a whole."""

    def look(_: Bucket, __: Version, body: bytes) -> Found | None:
        text = texts.unpack(body).decode("utf-8", "replace")
        return Found(None, (), _digest(body)) if person.in_text(text) else None

    return look


def runs() -> Look:
    """Look at files of a run that is over, which go whatever is in them: the next run makes its own."""
    return lambda _, __, body: Found(None, (), _digest(body))


def dropped(known: Callable[[str, str], bool], person: Person) -> Look:
    """Look at a file as a source dropped it: it goes as a whole once its content is in raw or quarantine."""

    def look(bucket: Bucket, version: Version, body: bytes) -> Found | None:
        content = texts.unpack(body)
        if not person.in_text(content.decode("utf-8", "replace")):
            return None
        if not known(_digest(content), _digest(body)):
            raise ValueError(f"s3://{bucket.name}/{version.key} is not taken in yet: wait for the landing function")
        return Found(None, (), _digest(body))

    return look


def failed_batches(person: Person) -> Look:
    """Look at a batch that the stream's mapping gave up on: it goes as a whole once its records are stored."""

    def look(bucket: Bucket, version: Version, body: bytes) -> Found | None:
        if not any(person.in_text(text) for text in texts.batch(body)):
            return None
        if REPLAYED not in bucket.tags(version):
            raise ValueError(f"s3://{bucket.name}/{version.key} was not replayed: run the replay first")
        return Found(None, (), _digest(body))

    return look


def problems(plans: Iterable[Plan]) -> list[str]:
    """Return why the plans cannot be carried out."""
    return [problem for plan in plans for problem in plan.problems]
