"""What the platform has of one customer, for access and portability: what an erasure would take, shown instead.

The same places are looked through by the same readers. Records and rows become lines of JSON, a file a place; what goes
as a whole because others are in it, too, such as a query's result, is counted and not copied.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from dataplatform.erasure.assets import OBJECTS
from dataplatform.erasure.person import Person
from dataplatform.erasure.places import Found, Plan
from dataplatform.erasure.rows import as_json
from dataplatform.erasure.run import DONE, INCOMPLETE
from dataplatform.erasure.search import EXPORTS, Search
from dataplatform.hours import iso

REQUESTS = "exports/requests/"
_UNSAFE = re.compile(r"[^a-z0-9_.]+")


@dataclass
class Export(Search):
    """One run."""

    request: str
    put: Callable[[str, bytes], object]  # an object of the result
    manifest: dict[str, Any] = field(default_factory=dict)

    def run(self, customer: str) -> dict[str, Any]:
        """Show a customer; return the manifest, which is written last."""
        self.manifest = {"request": self.request, "started": iso(datetime.now(UTC)), "files": []}
        person = self.tables.known_as(Person.of(customer))
        plans, lost = self.find(person)
        self.manifest["places"] = {plan.place.name: self._place(plan) for plan in plans}
        visitors = {one for plan in plans for one in plan.visitors}
        held = [*self.tables.held(person, lost), *self.tables.learnt(person, visitors)]
        self.manifest["tables"] = {
            contract.id: self._lines(f"table {contract.id}", rows.toJSON().toLocalIterator()) for contract, rows in held
        }
        self.manifest["waiting"] = [one for plan in plans for one in plan.waits]
        self.manifest["problems"] = [
            {"object": f"s3://{plan.place.bucket.name}/{one.key}", "version": one.version, "error": one.error}
            for plan in plans
            for one in plan.problems
        ]
        incomplete = self.manifest["waiting"] or self.manifest["problems"]
        self.manifest |= {"state": INCOMPLETE if incomplete else DONE, "finished": iso(datetime.now(UTC))}
        self._put("manifest.json", json.dumps(self.manifest, indent=1).encode())
        return self.manifest

    def _place(self, plan: Plan) -> dict[str, int]:
        whole: list[str] = []
        records = self._lines(plan.place.name, self._records(plan, whole))
        return {"objects": len(plan.objects), "records": records, "asAWhole": len(whole)}

    def _records(self, plan: Plan, whole: list[str]) -> Iterator[str]:
        """Yield what a place's records say, each once however many versions of objects have it."""
        known: set[str] = set()
        bucket = plan.place.bucket
        for key, (holding, _) in plan.objects.items():
            for number, version in enumerate(holding):
                body = bucket.read(version)
                found = plan.place.look(bucket, version, body)
                said = found.taken if isinstance(found, Found) else ()
                if not said and number == 0:
                    whole.append(key)
                if not said and plan.place.prefix == OBJECTS:
                    self._file(f"assets/{len(whole)}-{number}-{key.rsplit('/', 1)[-1]}", body)
                for one in said:
                    record = (as_json(one) or one) if isinstance(one, str) else one
                    text = json.dumps(record, ensure_ascii=False, default=str)
                    if text not in known:
                        known.add(text)
                        yield f'{{"object": {json.dumps(f"s3://{bucket.name}/{key}")}, "record": {text}}}'

    def _lines(self, name: str, lines: Iterable[str]) -> int:
        found = list(lines)
        if found:
            self._file(f"{_UNSAFE.sub('-', name.lower())}.jsonl", "".join(f"{one}\n" for one in found).encode())
        return len(found)

    def _file(self, name: str, body: bytes) -> None:
        self.manifest["files"].append(name)
        self._put(name, body)

    def _put(self, name: str, body: bytes) -> None:
        self.put(f"{EXPORTS}{self.request}/{name}", body)
