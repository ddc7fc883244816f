"""How a test says what it asks of the emulator: docs/emulator.md is made of these descriptions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest


@dataclass(frozen=True)
class Probe:
    """Something that AWS refuses.

    what    what is asked for, in words that go on after "refuses"
    call    service:Operation, as botocore names them
    code    the error's code
    source  where AWS says so: the page's title, or the operation in the service's model
    """

    what: str
    call: str
    code: str
    source: str


def probe(what: str, *, call: str, code: str, source: str) -> Any:
    """Mark a test as that of a probe; it takes the fixture refused and calls inside it."""
    return pytest.mark.probe(Probe(what, call, code, source))


@dataclass(frozen=True)
class Open:
    """Something that AWS refuses and the emulator takes, with the reason."""

    what: str
    call: str
    source: str
    why: str


# What is known to be taken that AWS refuses.
OPEN: tuple[Open, ...] = (
    Open(
        "more than 1 MiB or 1,000 records a second for a shard",
        "kinesis:PutRecords",
        'Amazon Kinesis Data Streams Developer Guide, "Quotas and limits"',
        "files are sent faster than a stream of AWS takes them; single records fail when a fault is asked for",
    ),
)
