"""Rows that the platform wrote of what it received, raw clicks and quarantine: which are about a customer."""

import base64
import binascii
import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dataplatform.erasure import readings
from dataplatform.erasure.person import Person, number
from dataplatform.reading import records_csv

GONE = ""
OF_VERSION = "?versionId="  # in the identity of a version of an object
NAMED = "(named the customer)"
# A file of raw that lies in a folder of its source's, of its form or of its version.
_IN_FOLDER = re.compile("s3://[^/]+/[^/]+/([^/]+)/ingest_date=")
# An object's URI up to the folder of its dataset.
_FOLDER = re.compile("s3://[^/]+/(?:[^/]+/)?")

# The headers of all versions, by dataset: a row does not say which it had.
Headers = Mapping[str, Sequence[Sequence[str]]]


@dataclass
class Rows:
    """What of rows is about a customer. ``mappings`` are the sources that have columns of their own.

    ``doomed`` are identities that go whatever their rows say: what raw loses, quarantine and processed lose, and the
    other way round. ``found`` are those that the rows themselves were found by.
    """

    person: Person
    headers: Headers = field(default_factory=dict)
    mappings: Collection[str] = ()
    doomed: Collection[str] = frozenset()
    found: set[str] = field(default_factory=set)

    def change(self, line: str) -> str | None:
        """Return what a line becomes: None for itself, GONE, or the row without the customer's name in it."""
        row = as_json(line)
        if not isinstance(row, dict):
            return GONE if self.person.in_text(line) else None
        identity = identified(row)
        named = OF_VERSION in identity and self.person.is_told_by(identity)  # what an asset was called
        if named or identity in self.doomed or self._holds(row):
            if identity:
                self.found.add(identity)
            return GONE
        return self._unnamed(line, row)

    def _unnamed(self, line: str, row: Mapping[str, Any]) -> str | None:
        """Take names out of where a row came from and why it was refused; its identity has none."""
        source, error = str(row.get("source") or ""), str(row.get("error") or "")
        said = {}
        if source.startswith("s3://") and self.person.in_key(source):
            folder = _FOLDER.match(source)
            said["source"] = f"{folder.group() if folder else ''}{NAMED}"
        if self.person.is_mentioned(error):
            said["error"] = NAMED
        if not said:
            return None
        end = line[len(line.rstrip("\r\n")) :]
        return json.dumps(json.loads(line) | said, ensure_ascii=False, separators=(",", ":")) + end

    def _holds(self, row: Mapping[str, Any]) -> bool:
        payload = row.get("payload")
        if packed := row.get("payload_base64"):
            try:
                content = base64.b64decode(packed)
            except (binascii.Error, TypeError, ValueError):
                return self.person.in_text(str(packed))
            text = content.decode("utf-8", "surrogateescape")
            return self._said(row, text) or self.person.in_content([content])
        if payload is None:
            return False
        return self._said(row, payload if isinstance(payload, str) else json.dumps(payload))

    def _said(self, row: Mapping[str, Any], payload: str) -> bool:
        folder = _IN_FOLDER.match(str(row.get("source")))
        if folder and folder[1] in self.mappings:
            return self._mapped(payload)
        return self._record(payload)

    def _mapped(self, payload: str) -> bool:
        """Say whether a line of another source is about the customer: which columns it has the row does not say."""
        cells = records_csv.cells(payload)
        named = self.person.in_fields({str(place): cell for place, cell in enumerate(cells)})
        return named or any(number(cell) == self.person.number for cell in cells)

    def _record(self, payload: str) -> bool:
        """Say whether a record as it was received is about the customer: JSON, a line of CSV, or neither."""
        fields = as_json(payload)
        if isinstance(fields, dict):
            return self.person.in_fields(fields)
        if payload.lstrip().startswith(("{", "[")):  # JSON that is broken or deep: its commas say nothing
            return self.person.in_text(payload)
        cells = records_csv.cells(payload)
        fitting = [header for versions in self.headers.values() for header in versions if len(header) == len(cells)]
        if not fitting:
            return self.person.in_text(payload)
        named = [dict(zip(header, cells, strict=True)) for header in fitting]
        if any(self.person.in_fields(one) for one in named):
            return True
        return all(self.person.is_shifted(one) for one in named) and self.person.in_text(payload)


def identified(row: Mapping[str, Any]) -> str:
    """Return the identity of a row of quarantine or of raw clicks, empty when it has none."""
    if identity := row.get("identity"):
        return str(identity)
    parts = [row.get(name) for name in ("shard", "sequence_number", "ordinal")]
    return "" if None in parts else ":".join(str(part) for part in parts)


def as_json(text: str) -> Any:
    """Return what a text says, None if it is no JSON or too deep to read; numbers as text, of any length."""
    try:
        return json.loads(text, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return None


def batch(body: bytes) -> list[bytes]:
    """Return the records in an invocation record of a stream's mapping, and the record itself for what it may say."""
    content = b"".join(readings.unpacked(body))
    try:
        records = as_json(as_json(content.decode())["payload"])["Records"]
        return [base64.b64decode(one["kinesis"]["data"]) for one in records]
    except (UnicodeDecodeError, LookupError, TypeError, ValueError):
        return [content]
