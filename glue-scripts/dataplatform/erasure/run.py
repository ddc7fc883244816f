"""One erasure, from the request to the account.

Everything is found before anything is changed, so that what stands in the way (an archived object, a file that has not
been taken in, a batch that was not replayed) stops a run that has done nothing. Objects go first and the table that
knows the customer's names last: a run that dies is started again and finds the rest.
"""

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from dataplatform.contracts import OBJECTS
from dataplatform.engine.lease import Leases
from dataplatform.engine.ledger import ErasableLedger
from dataplatform.erasure import assets, places
from dataplatform.erasure.person import Person
from dataplatform.erasure.places import Plan
from dataplatform.erasure.rows import NAMED
from dataplatform.erasure.search import LANDED, QUARANTINE_FILES, Search
from dataplatform.hours import iso

LOG = logging.getLogger(__name__)

REQUESTS = "erasures/"
AUDIT = "audit/erasures/"

# An erasure is done when every object was looked through; operations/erasure tells which were not.
DONE, INCOMPLETE = "done", "incomplete"


# S3's events of what an erasure deletes have the names of objects, and become rows within the assets' latency.
_TOLD = "an asset was called by the customer's name: run the erasure again when its removal has a row"


class BlockedError(RuntimeError):
    """Something has to be done before the customer can be erased; nothing was changed."""


@dataclass
class Erasure(Search):
    """One run."""

    request: str
    ledger: ErasableLedger
    leases: Leases
    put: Callable[[str, bytes], object]  # an object of the audit
    account: dict[str, Any] = field(default_factory=dict)

    def run(self, customer: str) -> dict[str, Any]:
        """Erase a customer; return the account, which names nobody."""
        self.account = {"request": self.request, "started": iso(datetime.now(UTC)), "state": "planned"}
        if self.since:
            self.account["since"] = iso(self.since)
        person = self.tables.known_as(Person.of(customer))
        names = [self.tables.name(contract) for contract in self.tables.touched()]
        # Looked for under the leases: nobody publishes, or quarantines, what is not found any more.
        with self.leases.hold(names) as check:
            plans, lost = self.find(person)
            if waits := [one for plan in plans for one in plan.waits]:
                raise BlockedError("nothing was changed: " + "; ".join(waits))
            hours = sorted({hour for plan in plans for hour in plan.hours})
            self.account["clickHours"] = [iso(datetime.fromtimestamp(hour, UTC)) for hour in hours]
            self._write()
            check()
            # Before the clicks that tell which visitors signed in as the customer.
            unlearnt = self.tables.unlearn(person, {one for plan in plans for one in plan.visitors}, check)
            self.account["objects"] = [entry for plan in plans for entry in self._objects(plan, person)]
            self.account["namesInLedger"] = 0 if self.since else self._unname(person)
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
        ] + self._told(plans, person)
        state = INCOMPLETE if self.account["problems"] else DONE
        self.account |= {"state": state, "finished": iso(datetime.now(UTC))}
        self._write()
        return self.account

    def _told(self, plans: list[Plan], person: Person) -> list[dict[str, str]]:
        """Return the assets of which S3 tells by a name that is the customer's that they went: the rows come later."""
        return [
            {"object": f"s3://{plan.place.bucket.name}/{assets.OBJECTS}{NAMED}", "version": "", "error": _TOLD}
            for plan in plans
            if plan.place.prefix == assets.OBJECTS
            for key in plan.objects
            if person.is_told_by(key)
        ]

    def taken_in(self, datasets: Sequence[str]) -> Callable[[str, str], bool]:
        """Ask the ledger, and the quarantine."""
        known = {digest for dataset in datasets for digest in self.ledger.digests(dataset)}
        known |= {one.key.rsplit("/", 1)[1] for one in self.buckets.raw.versions(QUARANTINE_FILES)}
        return lambda content, body: content in known or body in known

    def _unname(self, person: Person) -> int:
        """Take the customer's name out of what sources called their files; return how often it was there."""
        return sum(self.ledger.unname(raw.dataset, person.in_key, NAMED) for raw in self.of(LANDED)) + sum(
            self.ledger.unname(raw.dataset, person.is_told_by, NAMED) for raw in self.of(OBJECTS)
        )

    def _objects(self, plan: Plan, person: Person) -> list[dict[str, Any]]:
        entries = []
        for key, (version, after, found, gone) in zip(plan.objects, places.erase(plan), strict=True):
            entry: dict[str, Any] = {
                "place": plan.place.name,
                "bucket": plan.place.bucket.name,
                "key": places.called(key, person),
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
