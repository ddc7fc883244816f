"""Everywhere that can hold a customer, looked through: what an erasure takes, and an export shows."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dataplatform.arguments import Lake
from dataplatform.contracts import Contract, Contracts
from dataplatform.erasure import assets, places
from dataplatform.erasure.person import Person
from dataplatform.erasure.places import MADE, RECEIVED, Place, Plan
from dataplatform.erasure.tables import Tables
from dataplatform.erasure.versions import Bucket
from dataplatform.stages.features import TRAINING
from dataplatform.stages.recommend import BATCH

RESULTS, EXPORTS = "athena-results/", "exports/"
QUARANTINE, QUARANTINE_FILES = "quarantine/", "quarantine-files/"
FAILED_BATCHES = "aws/lambda/"
CAPTURED, MODELS = "capture/", "models/"
LANDED = "landing"


@dataclass(frozen=True)
class Buckets:
    """The buckets by layer."""

    landing: Bucket
    raw: Bucket
    processed: Bucket
    curated: Bucket
    artifacts: Bucket
    discarded: Bucket
    features: Bucket | None = None  # only with recommendations

    @classmethod
    def of(cls, client: Any, lake: Lake, landing: str, curated: str, discarded: str) -> "Buckets":
        """Return the buckets of a platform, which are given as URIs."""

        def bucket(uri: str) -> Bucket:
            return Bucket(client, uri.removeprefix("s3://"))

        return cls(
            landing=bucket(landing),
            raw=bucket(lake.raw),
            processed=bucket(lake.processed),
            curated=bucket(curated),
            artifacts=bucket(lake.artifacts),
            discarded=bucket(discarded),
            features=bucket(lake.features) if lake.features else None,
        )


@dataclass
class Search:
    """What is looked through."""

    buckets: Buckets
    tables: Tables
    contracts: Contracts
    since: datetime | None = field(default=None, kw_only=True)
    """Only what was written since is looked through, and no copies, of which some go whatever is in them: whom it is
    about is nobody, and was not there before."""

    def taken_in(self, _: Sequence[str]) -> Callable[[str, str], bool]:
        """Return what says of a dropped file, by the digests of its content and of its bytes, that it was taken in."""
        return lambda content, body: True

    def find(self, person: Person) -> tuple[list[Plan], set[str]]:
        """Look everywhere; return the plans, and the lines, events and versions of assets that are the customer's.

        What raw loses, processed and the quarantine lose, and the other way round: a row may say more, or less, than
        what it was made of. Else a later run would bring back what is gone.
        """
        found = assets.Assets(person)
        of_assets = [places.find(place, self.since) for place in self.of_assets(found)]
        plans = {place.name: places.find(place, self.since) for place in self.places(person, found.gone)}
        if self.since is None:
            plans |= {place.name: places.find(place) for place in self.copies(person)}
        lost: set[str] = set()
        while True:
            of = {
                kind: {one for plan in plans.values() if plan.place.kind == kind for one in plan.identities}
                for kind in (RECEIVED, MADE)
            }
            if of[RECEIVED] | of[MADE] == lost:
                return [*of_assets, *plans.values()], lost | found.gone
            lost = of[RECEIVED] | of[MADE]
            for place in self.places(person, lost | found.gone):
                if place.kind and of[place.kind] != lost:
                    plans[place.name] = places.find(place, self.since)

    def of_assets(self, found: assets.Assets) -> list[Place]:
        """Return where assets are, and then what tells of them, or was made of them."""
        raw, processed = self.buckets.raw, self.buckets.processed
        return [
            Place("assets", raw, assets.OBJECTS, found.objects()),
            Place("raw.assets", raw, assets.ROWS, found.rows()),
            Place("thumbnails", processed, assets.THUMBNAILS, found.thumbnails()),
        ]

    def places(self, person: Person, lost: Collection[str] = frozenset()) -> list[Place]:
        """Return where data is; landing first, while raw and the quarantine still tell what was taken in.

        ``lost`` are lines and events that go wherever they are.
        """
        b = self.buckets
        pipelines = [(self.contracts.get(one.raw), one) for one in self.contracts.pipelines.values()]
        files = {raw.dataset: raw.headers for raw, one in pipelines if raw.source == LANDED}
        mappings = {raw.dataset: raw.mappings for raw, _ in pipelines}
        known = {raw.dataset: raw.known for raw, _ in pipelines}
        streams = [(raw, one) for raw, one in pipelines if one.streaming]
        written = places.platform_rows(person, files, {one for of in mappings.values() for one in of}, lost)
        found = [Place("landing", b.landing, "", places.dropped(self.taken_in(list(files)), person))]
        for name in sorted(files):
            look = places.raw_files(person, mappings[name], lost, known[name])
            found.append(Place(f"raw.{name}", b.raw, f"{name}/", look, RECEIVED))
        received = places.platform_rows(person, files, doomed=lost, stay=True)
        found += [Place(raw.id, b.raw, f"{raw.dataset}/", received, RECEIVED) for raw, _ in streams]
        for raw, one in streams:
            look = places.clicks(self.contracts.get(one.processed).event_time, person, lost)
            found.append(Place(one.processed, b.processed, f"{raw.dataset}/", look, MADE))
        return [
            *found,
            Place("raw.quarantine", b.raw, QUARANTINE, written, MADE),
            Place("quarantined files", b.raw, QUARANTINE_FILES, places.refused(person)),
            Place("failed batches", b.discarded, FAILED_BATCHES, places.failed_batches(person)),
        ]

    def copies(self, person: Person) -> list[Place]:
        """Return where what was made of data is: results, and what models learn from, are and were asked."""
        b, found = self.buckets, []
        if b.features:
            found += [
                Place(f"files of runs, {name}", b.features, f"{name}/", places.runs()) for name in (TRAINING, BATCH)
            ]
            found.append(Place("what an endpoint was asked", b.features, CAPTURED, places.copies(person)))
            found.append(Place("models", b.features, MODELS, places.models(person)))
        return [
            *found,
            Place("query results", b.artifacts, RESULTS, places.copies(person)),
            Place("exports", b.artifacts, EXPORTS, places.runs()),
        ]

    def of(self, source: str) -> list[Contract]:
        """Return the raw datasets of a source."""
        raw = [self.contracts.get(one.raw) for one in self.contracts.pipelines.values()]
        return [one for one in raw if one.source == source]
