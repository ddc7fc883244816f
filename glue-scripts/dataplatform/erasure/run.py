"""One erasure, from the request to the account.

Everything is found before anything is changed, so that what stands in the way (an archived object, a file that has not
been taken in, a batch that was not replayed) stops a run that has done nothing. Objects go first and the table that
knows the customer's names last: a run that dies is started again and finds the rest.
"""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from dataplatform.contracts import Contracts
from dataplatform.engine.lease import Leases
from dataplatform.engine.ledger import ErasableLedger
from dataplatform.erasure import places
from dataplatform.erasure.person import Person
from dataplatform.erasure.places import Place, Plan
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
LANDED = "landing"


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
            plans = [places.find(place) for place in self.places(person)]
            if blocked := places.problems(plans):
                raise BlockedError("nothing was changed: " + "; ".join(blocked))
            hours = sorted({hour for plan in plans for hour in plan.hours})
            self.account["clickHours"] = [iso(datetime.fromtimestamp(hour, UTC)) for hour in hours]
            self._write()
            check()
            # Before the clicks that tell which visitors signed in as the customer.
            unlearnt = self.tables.unlearn(person, {one for plan in plans for one in plan.visitors}, check)
            self.account["objects"] = [entry for plan in plans for entry in self._objects(plan, person)]
            check()
            self.tables.recompute_clicks(hours, check)
            rows = unlearnt | self.tables.erase(person, check)
            forgotten = {}
            for contract in self.tables.touched():
                check()
                forgotten[contract.id] = self.tables.forget(contract, getattr(self.buckets, contract.layer))
        self.account["tables"] = {
            name: {"rows": rows.get(name, 0), "versionsRemoved": count} for name, count in forgotten.items()
        }
        self.account["places"] = self._places(plans)
        self.account |= {"state": "done", "finished": iso(datetime.now(UTC))}
        self._write()
        return self.account

    def places(self, person: Person) -> list[Place]:
        """Return everywhere to look; landing first, while raw and the quarantine still tell what was taken in."""
        b = self.buckets
        pipelines = [(self.contracts.get(one.raw), one) for one in self.contracts.pipelines.values()]
        files = {raw.dataset: raw.headers for raw, one in pipelines if raw.source == LANDED}
        mappings = {raw.dataset: raw.mappings for raw, _ in pipelines}
        streams = [(raw, one) for raw, one in pipelines if one.streaming]
        found = [Place("landing", b.landing, "", places.dropped(self._taken_in(list(files)), person))]
        found += [
            Place(f"raw.{name}", b.raw, f"{name}/", places.raw_files(person, mappings[name])) for name in sorted(files)
        ]
        found += [Place(raw.id, b.raw, f"{raw.dataset}/", places.rows(files, person)) for raw, _ in streams]
        for raw, one in streams:
            event_time = self.contracts.get(one.processed).event_time
            found.append(Place(one.processed, b.processed, f"{raw.dataset}/", places.clicks(event_time, person)))
        if b.features:
            found += [
                Place(f"files of runs, {name}", b.features, f"{name}/", places.runs()) for name in (TRAINING, BATCH)
            ]
        return [
            *found,
            Place("raw.quarantine", b.raw, QUARANTINE, places.rows(files, person)),
            Place("quarantined files", b.raw, QUARANTINE_FILES, places.refused(person)),
            Place("failed batches", b.discarded, FAILED_BATCHES, places.failed_batches(person)),
            Place("query results", b.artifacts, RESULTS, places.copies(person)),
        ]

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
                "key": "(named the customer)" if person.in_text(key) else key,
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
