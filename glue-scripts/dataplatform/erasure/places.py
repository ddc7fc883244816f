"""Everywhere in S3, beside Iceberg tables, that can hold a customer: found first, and only then changed."""

import hashlib
import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from threading import Semaphore
from typing import Any

from dataplatform.contracts import Known
from dataplatform.erasure import columns, readings, rows, texts
from dataplatform.erasure.person import ADDRESS, NUMBERS, Person
from dataplatform.erasure.versions import ArchivedError, Bucket, Version
from dataplatform.reading.lines import mark

LOG = logging.getLogger(__name__)

# Objects are read so many at a time, it is the waiting that takes long; of large ones only one, for the memory.
_READERS = 8
_LARGE = 4 << 20
# A larger object is of nothing that the platform takes in, and more than a job has memory for.
_LARGEST = 1 << 30
REPLAYED = "replayed-at"  # the tag of operations/replay on a batch whose records are stored
# What query engines write that is no text.
_COLUMNAR = (b"PAR1", b"ORC", b"Obj\x01")


class WaitError(ValueError):
    """An object cannot be erased yet, for something has to happen to it first."""


class KeptError(ValueError):
    """An object holds the customer, and only people can do away with it; its text says how, and names nobody."""


@dataclass(frozen=True)
class Found:
    """An object version without the customer: ``body`` is what to put, None when the object goes as a whole.

    ``before`` and ``after`` are digests of the content, unpacked where the body is gzipped. ``identities`` are of the
    lines and events that went, and ``taken`` is what they said, of which a plan keeps nothing.
    """

    body: bytes | None
    removed: tuple[int, ...] | int
    before: str
    after: str | None = None
    hours: tuple[int, ...] = ()
    visitors: tuple[str, ...] = ()
    identities: frozenset[str] = frozenset()
    taken: tuple[Any, ...] = ()

    @property
    def records(self) -> int:
        """Return how many records went."""
        return self.removed if isinstance(self.removed, int) else len(self.removed)


# Look at a version's body: None when the customer is not in it. A WaitError says why it cannot be erased now.
Look = Callable[[Bucket, Version, bytes], Found | None]

# What a place has of lines and events: as they were received, or what became of them.
RECEIVED, MADE = "received", "made"


@dataclass(frozen=True)
class Place:
    """A part of a bucket, and how to look at its objects."""

    name: str
    bucket: Bucket
    prefix: str
    look: Look
    kind: str = ""


@dataclass(frozen=True)
class Problem:
    """An object that the customer may be in afterwards, and why; the rest is erased."""

    key: str
    version: str
    error: str


@dataclass
class Plan:
    """The objects of a place that hold the customer, by key: the versions to go, and what is left of the current.

    ``waits`` are what has to happen first, ``problems`` the objects that cannot be looked through.
    """

    place: Place
    objects: dict[str, tuple[list[Version], Found | None]] = field(default_factory=dict)
    waits: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def hours(self) -> set[int]:
        """The event hours that change."""
        return {hour for _, found in self.objects.values() if found for hour in found.hours}

    @property
    def visitors(self) -> set[str]:
        """The visitors that signed in as the customer."""
        return {visitor for _, found in self.objects.values() if found for visitor in found.visitors}

    @property
    def identities(self) -> set[str]:
        """The lines and events that go from current versions."""
        return {one for _, found in self.objects.values() if found for one in found.identities}


def find(place: Place, since: datetime | None = None) -> Plan:
    """Look at every version of every object of a place, or at those since a moment. Nothing is changed."""
    plan, alone = Plan(place), Semaphore()
    listed = place.bucket.versions(place.prefix)
    versions = sorted((one for one in listed if since is None or one.modified >= since), key=lambda one: one.key)
    with ThreadPoolExecutor(_READERS) as readers:
        looked = readers.map(lambda one: _look(place, one, alone), versions)
        for key, of_key in groupby(zip(versions, looked, strict=True), key=lambda pair: pair[0].key):
            pairs = list(of_key)
            plan.waits += [found for _, found in pairs if isinstance(found, str)]
            plan.problems += [found for _, found in pairs if isinstance(found, Problem)]
            holding = [version for version, found in pairs if isinstance(found, Found)]
            if holding:
                current = next((found for version, found in pairs if version.latest and isinstance(found, Found)), None)
                # What is left of it is made again when it is put: memory does not grow with what is found.
                left = current and replace(current, body=None if current.body is None else b"", taken=())
                plan.objects[key] = (holding, left)
    return plan


def erase(plan: Plan) -> Iterator[tuple[Version | None, str | None, Found | None, int]]:
    """Carry a plan out; yield for each object its current version before, the id after, what was found, and how many
    versions and markers went for good."""
    bucket = plan.place.bucket
    for key, (holding, current) in plan.objects.items():
        latest = next((version for version in holding if version.latest), None)
        after = None
        if latest and current and current.body is not None:
            again = plan.place.look(bucket, latest, bucket.read(latest))
            after = bucket.replace(latest, again.body if again and again.body is not None else b"")
        elif latest:
            bucket.hide(key)
        gone = bucket.remove(holding)
        left = [one for one in bucket.versions(key) if one.key == key]
        if left and all(one.marker for one in left):
            gone += bucket.remove(left)
        yield latest, after, current, gone


def _look(place: Place, version: Version, alone: Semaphore) -> Found | Problem | str | None:
    if version.marker:
        return None
    if version.size > _LARGEST:
        return Problem(version.key, version.id, readings.TooLargeError.__name__)
    if version.size < _LARGE:
        return _looked(place, version)
    with alone:
        return _looked(place, version)


def _looked(place: Place, version: Version) -> Found | Problem | str | None:
    try:
        return place.look(place.bucket, version, place.bucket.read(version))
    except (WaitError, ArchivedError) as error:
        return f"{place.name}: {error}"
    except KeptError as error:
        return Problem(version.key, version.id, str(error))
    except Exception as error:  # content that nobody thought of: it stops no erasure, and leaves this one not done
        # The error's text may be the customer's, so only its kind is kept.
        LOG.warning("%s: an object cannot be looked through: %s", place.name, type(error).__name__)
        return Problem(version.key, version.id, type(error).__name__)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _edited(edit: texts.Edit, gone_when_empty: bool, identities: Iterable[str] = ()) -> Found | None:
    if not edit.touched:
        return None
    if edit.empty and gone_when_empty:
        return Found(None, edit.removed, edit.before, identities=frozenset(identities), taken=edit.taken)
    return Found(
        edit.content, edit.removed, edit.before, edit.after, identities=frozenset(identities), taken=edit.taken
    )


def raw_files(
    person: Person,
    mappings: Mapping[str, Mapping[str, Any]],
    doomed: Collection[str] = (),
    known: Known | None = None,
) -> Look:
    """Look at a raw file, named ``<digest>.<format>.gz``; a file of nothing but the customer stays, with marks only.

    Files of other sources lie in folders of theirs, ``<dataset>/<source>/``, and have the columns that mappings say;
    those of all versions of the dataset have columns by the names that are ``known``.
    """
    named = {source: _naming(mapping) for source, mapping in mappings.items()}
    own = _own_naming(known or Known())
    gone: dict[str, set[int]] = {}
    for digest, _, line in (one.partition(":") for one in doomed):
        if line.isdecimal():
            gone.setdefault(digest, set()).add(int(line))

    def look(_: Bucket, version: Version, body: bytes) -> Found | None:
        digest, kind = version.key.rsplit("/", 1)[-1].split(".")[:2]
        naming = named.get(version.key.split("/")[1], own)
        lines = gone.get(digest, set())
        edit = texts.file(body, kind, person, mark(digest), naming, doomed=lines)
        return _edited(edit, False, (f"{digest}:{line}" for line in edit.removed))

    return look


def _naming(mapping: Mapping[str, Any]) -> texts.Naming:
    fields = [(name, field) for name, field in mapping["fields"].items() if name.lower() in NUMBERS]
    columns = {column: ADDRESS if one.get("as") else name for name, one in fields for column in one["from"]}
    return texts.Naming(columns, mapping.get("order", ""))


def _own_naming(known: Known) -> texts.Naming:
    """A column that names customers by one of its names does so by each: versions may have given it another."""
    columns: dict[str, str] = {}
    for now in known.former:
        names = known.of(now)
        numbers = [name for name in names if name.lower() in NUMBERS]
        if numbers or any(ADDRESS in name.lower() for name in names):
            columns |= dict.fromkeys(names, (*numbers, ADDRESS)[0])
    return texts.Naming(columns)


def platform_rows(
    person: Person,
    headers: rows.Headers,
    mappings: Collection[str] = (),
    doomed: Collection[str] = (),
    *,
    stay: bool = False,
) -> Look:
    """Look at rows that the platform wrote. With ``stay`` an object stays when nothing is left in it: its name says
    which records of a stream were stored, and those are not to be stored again."""

    def look(_: Bucket, __: Version, body: bytes) -> Found | None:
        of_object = rows.Rows(person, headers, mappings, doomed)
        return _edited(texts.rows(body, of_object.change), not stay, of_object.found)

    return look


def refused(person: Person) -> Look:
    """Look at a file that was refused; whose all is that a line of it says, nobody can tell."""
    return lambda _, __, body: _edited(replace(texts.refused(body, person), taken=()), gone_when_empty=True)


def clicks(event_time: str, person: Person, doomed: Collection[str] = ()) -> Look:
    """Look at processed events."""

    def look(_: Bucket, __: Version, body: bytes) -> Found | None:
        edit = columns.edit(body, event_time, person, doomed)
        if not edit.removed:
            return None
        left, after = (None, None) if edit.empty else (edit.content, _digest(edit.content))
        return Found(left, edit.removed, _digest(body), after, edit.hours, edit.visitors, edit.identities, edit.taken)

    return look


def copies(person: Person) -> Look:
    """Look at what is a copy of data, such as a query's result: it goes as a whole, and so does one that is no text."""

    def look(_: Bucket, __: Version, body: bytes) -> Found | None:
        mine = body.startswith(_COLUMNAR) or person.in_content(readings.unpacked(body))
        return Found(None, (), _digest(body)) if mine else None

    return look


def runs() -> Look:
    """Look at files of a run that is over, which go whatever is in them: the next run makes its own."""
    return lambda _, __, body: Found(None, (), _digest(body))


def models(person: Person) -> Look:
    """Look at a model: an endpoint may live by it, so nobody takes it away before there is another."""

    def look(_: Bucket, __: Version, body: bytes) -> None:
        if person.in_content(readings.unpacked(body)):
            raise KeptError("a model that learnt of the customer: train another, then delete this version")

    return look


def dropped(known: Callable[[str, str], bool], person: Person) -> Look:
    """Look at a file as a source dropped it: it goes as a whole once its content is in raw or quarantine."""

    def look(bucket: Bucket, version: Version, body: bytes) -> Found | None:
        if not person.in_key(version.key) and not person.in_content(readings.unpacked(body)):
            return None
        content = hashlib.sha256()
        for chunk in readings.unpacked(body):
            content.update(chunk)
        if not known(content.hexdigest(), _digest(body)):
            raise WaitError(f"{shown(bucket, version.key, person)} is not taken in yet: wait for the landing function")
        return Found(None, (), _digest(body))

    return look


def failed_batches(person: Person) -> Look:
    """Look at a batch that the stream's mapping gave up on: it goes as a whole once its records are stored."""

    def look(bucket: Bucket, version: Version, body: bytes) -> Found | None:
        if not any(person.in_content([record]) for record in rows.batch(body)):
            return None
        if REPLAYED not in bucket.tags(version):
            raise WaitError(f"s3://{bucket.name}/{version.key} was not replayed: run the replay first")
        return Found(None, (), _digest(body))

    return look


def shown(bucket: Bucket, key: str, person: Person) -> str:
    """Return an object's URI, without a name that is the customer's."""
    return f"s3://{bucket.name}/{called(key, person)}"


def called(key: str, person: Person) -> str:
    """Return an object's key, without a name that is the customer's."""
    return rows.NAMED if person.in_key(key) or person.is_told_by(key) else key
