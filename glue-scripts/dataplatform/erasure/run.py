"""One erasure, from the request to the account.

Everything is found before anything is changed, so that what stands in the way (an archived object, a file that has not
been taken in, a batch that was not replayed) stops a run that has done nothing. Objects go first and the table that
knows the customer's names last: a run that dies is started again and finds the rest.
"""

import json
import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from dataplatform.contracts import Contract, Contracts
from dataplatform.engine.lease import Leases
from dataplatform.engine.ledger import ErasableLedger
from dataplatform.erasure import places
from dataplatform.erasure.person import Person
from dataplatform.erasure.places import MADE, RECEIVED, Place, Plan
from dataplatform.erasure.rows import NAMED
from dataplatform.erasure.tables import Tables
from dataplatform.erasure.versions import Bucket
from dataplatform.hours import iso
from dataplatform.stages.features import TRAINING
from dataplatform.stages.recommend import BATCH

LOG = logging.getLogger(__name__)

REQUESTS = "erasures/"
AUDIT = "audit/erasures/"
RESULTS = "athena-results/"
QUARANTINE, QUARANTINE_FILES = "quarantine/", "quarantine-files/"
FAILED_BATCHES = "aws/lambda/"
CAPTURED, MODELS = "capture/", "models/"
LANDED = "landing"


# An erasure is done when every object was looked through; operations/erasure tells which were not.
DONE, INCOMPLETE = "done", "incomplete"


class BlockedError(RuntimeError):
    """Something has to be done before the customer can be erased; nothing was changed."""


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


@dataclass
class Erasure:
    """One run."""

    request: str
    buckets: Buckets
    tables: Tables
    contracts: Contracts
    ledger: ErasableLedger
    leases: Leases
    put: Callable[[str, bytes], object]  # an object of the audit
    account: dict[str, Any] = field(default_factory=dict)

    def run(self, customer: str) -> dict[str, Any]:
        """Erase a customer; return the account, which names nobody."""
        self.account = {"request": self.request, "started": iso(datetime.now(UTC)), "state": "planned"}
        person = self.tables.known_as(Person.of(customer))
        names = [self.tables.name(contract) for contract in self.tables.touched()]
        # Looked for under the leases: nobody publishes, or quarantines, what is not found any more.
        with self.leases.hold(names) as check:
            plans, lost = self._find(person)
            if waits := [one for plan in plans for one in plan.waits]:
                raise BlockedError("nothing was changed: " + "; ".join(waits))
            hours = sorted({hour for plan in plans for hour in plan.hours})
            self.account["clickHours"] = [iso(datetime.fromtimestamp(hour, UTC)) for hour in hours]
            self._write()
            check()
            # Before the clicks that tell which visitors signed in as the customer.
            unlearnt = self.tables.unlearn(person, {one for plan in plans for one in plan.visitors}, check)
            self.account["objects"] = [entry for plan in plans for entry in self._objects(plan, person)]
            self.account["namesInLedger"] = sum(
                self.ledger.unname(raw.dataset, person.in_key, NAMED) for raw in self._of_files()
            )
            check()
            self.tables.recompute_clicks(hours, check)
            rows = unlearnt | self.tables.erase(person, lost, check)
            forgotten = {}
            for contract in self.tables.touched():
                check()
                forgotten[contract.id] = self.tables.forget(contract, getattr(self.buckets, contract.layer))
        self.account["tables"] = {
            name: {"rows": rows.get(name, 0), "versionsRemoved": count} for name, count in forgotten.items()
        }
        self.account["places"] = self._places(plans)
        self.account["problems"] = [
            {"object": places.shown(plan.place.bucket, one.key, person), "version": one.version, "error": one.error}
            for plan in plans
            for one in plan.problems
        ]
        state = INCOMPLETE if self.account["problems"] else DONE
        self.account |= {"state": state, "finished": iso(datetime.now(UTC))}
        self._write()
        return self.account

    def _find(self, person: Person) -> tuple[list[Plan], set[str]]:
        """Look everywhere; return the plans, and the lines and events that go.

        What raw loses, processed and the quarantine lose, and the other way round: a row may say more, or less, than
        what it was made of. Else a later run would bring back what is gone.
        """
        plans = {place.name: places.find(place) for place in self.places(person)}
        lost: set[str] = set()
        while True:
            of = {
                kind: {one for plan in plans.values() if plan.place.kind == kind for one in plan.identities}
                for kind in (RECEIVED, MADE)
            }
            if of[RECEIVED] | of[MADE] == lost:
                return list(plans.values()), lost
            lost = of[RECEIVED] | of[MADE]
            for place in self.places(person, lost):
                if place.kind and of[place.kind] != lost:
                    plans[place.name] = places.find(place)

    def places(self, person: Person, lost: Collection[str] = frozenset()) -> list[Place]:
        """Return everywhere to look; landing first, while raw and the quarantine still tell what was taken in.

        ``lost`` are lines and events that go wherever they are.
        """
        b = self.buckets
        pipelines = [(self.contracts.get(one.raw), one) for one in self.contracts.pipelines.values()]
        files = {raw.dataset: raw.headers for raw, one in pipelines if raw.source == LANDED}
        mappings = {raw.dataset: raw.mappings for raw, _ in pipelines}
        streams = [(raw, one) for raw, one in pipelines if one.streaming]
        written = places.platform_rows(person, files, {one for of in mappings.values() for one in of}, lost)
        found = [Place("landing", b.landing, "", places.dropped(self._taken_in(list(files)), person))]
        for name in sorted(files):
            look = places.raw_files(person, mappings[name], lost)
            found.append(Place(f"raw.{name}", b.raw, f"{name}/", look, RECEIVED))
        received = places.platform_rows(person, files, doomed=lost, stay=True)
        found += [Place(raw.id, b.raw, f"{raw.dataset}/", received, RECEIVED) for raw, _ in streams]
        for raw, one in streams:
            look = places.clicks(self.contracts.get(one.processed).event_time, person, lost)
            found.append(Place(one.processed, b.processed, f"{raw.dataset}/", look, MADE))
        if b.features:
            found += [
                Place(f"files of runs, {name}", b.features, f"{name}/", places.runs()) for name in (TRAINING, BATCH)
            ]
            found.append(Place("what an endpoint was asked", b.features, CAPTURED, places.copies(person)))
            found.append(Place("models", b.features, MODELS, places.models(person)))
        return [
            *found,
            Place("raw.quarantine", b.raw, QUARANTINE, written, MADE),
            Place("quarantined files", b.raw, QUARANTINE_FILES, places.refused(person)),
            Place("failed batches", b.discarded, FAILED_BATCHES, places.failed_batches(person)),
            Place("query results", b.artifacts, RESULTS, places.copies(person)),
        ]

    def _of_files(self) -> list[Contract]:
        raw = [self.contracts.get(one.raw) for one in self.contracts.pipelines.values()]
        return [one for one in raw if one.source == LANDED]

    def _taken_in(self, datasets: list[str]) -> Callable[[str, str], bool]:
        known = {digest for dataset in datasets for digest in self.ledger.digests(dataset)}
        known |= {one.key.rsplit("/", 1)[1] for one in self.buckets.raw.versions(QUARANTINE_FILES)}
        return lambda content, body: content in known or body in known

    def _objects(self, plan: Plan, person: Person) -> list[dict[str, Any]]:
        entries = []
        for key, (version, after, found, gone) in zip(plan.objects, places.erase(plan), strict=True):
            entry: dict[str, Any] = {
                "place": plan.place.name,
                "bucket": plan.place.bucket.name,
                "key": NAMED if person.in_key(key) else key,
                "versionsRemoved": gone,
            }
            if found and version:
                entry |= {"before": found.before, "after": found.after, "version": after, "records": found.removed}
                dataset, _, name = key.partition("/")
                if (
                    plan.place.name == f"raw.{dataset}"
                    and after
                    and self.contracts.get(f"raw.{dataset}").source == LANDED
                ):
                    digest = name.rsplit("/", 1)[1].split(".", 1)[0]
                    self.ledger.mark_erased(
                        dataset, digest, after, found.after or "", request=self.request, lines=found.records
                    )
            entries.append(entry)
        return entries

    def _places(self, plans: list[Plan]) -> dict[str, dict[str, int]]:
        totals = {plan.place.name: {"objects": 0, "records": 0, "versionsRemoved": 0} for plan in plans}
        for entry in self.account["objects"]:
            total, records = totals[entry["place"]], entry.get("records", 0)
            total["objects"] += 1
            total["records"] += records if isinstance(records, int) else len(records)
            total["versionsRemoved"] += entry["versionsRemoved"]
        return totals

    def _write(self) -> None:
        self.put(f"{AUDIT}{self.request}.json", json.dumps(self.account, indent=1).encode())
