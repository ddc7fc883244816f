"""Counts of identities: what came in is processed, a duplicate or quarantined; anything else is lost."""

import io
import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime, timedelta
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from dataplatform.engine.ledger import File
from dataplatform.engine.publish import Published
from dataplatform.engine.storage import ObjectStore
from dataplatform.hours import iso

LOG = logging.getLogger(__name__)

PROCESSED = "processed"
DUPLICATE = "duplicate"
QUARANTINED = "quarantined"
NAMED_IDENTITIES = 10
# How long a file that is put apart is reported: it may be one that nobody will mend.
_REPORTED = timedelta(days=7)


class LostError(RuntimeError):
    """Identities that came in are nowhere."""


@dataclass(frozen=True)
class Counts:
    """Distinct identities of one dataset in one run."""

    received: int = 0
    processed: int = 0
    duplicates: int = 0
    quarantined: int = 0
    lost: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(Counts)))

    def with_quarantined(self, files: int) -> "Counts":
        """Count files that are quarantined as a whole, too: each is one received."""
        return replace(self, received=self.received + files, quarantined=self.quarantined + files)


@dataclass(frozen=True)
class Step:
    """One dataset that somebody wrote, those it was made of, by their contracts' ids, and the rows that it changed."""

    job: str
    output: str
    inputs: tuple[str, ...]
    rows: int


@dataclass
class Report:
    """What a stage hands to the state machine's gate."""

    pipeline: str
    stage: str
    hours: str
    execution: str
    datasets: dict[str, Counts] = field(default_factory=dict)
    tables: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    # What the run wrote, and the newest event time of what it took in, in Unix seconds.
    steps: list[Step] = field(default_factory=list)
    newest: int | None = None
    # Hours of a stream that were taken beside those asked for, as they had no run since something came into them.
    caught_up: list[str] = field(default_factory=list)
    # Of a run that found nothing: how many files, or hours of a stream, it was not asked to take and nobody has.
    waiting: int = 0
    # By how many rows curated tables and processed disagree, of a run that looked, and which tables do.
    disagreement: int | None = None
    disagreements: list[str] = field(default_factory=list)
    # Files of the dataset that were put apart in the last days, of a run that looked.
    apart: int | None = None
    apart_files: list[dict[str, str]] = field(default_factory=list)

    # Good lines that name a country which no table of names has, of a run that looked.
    unknown_countries: int | None = None

    # What the gate refused, in how many files or hours, and the sentence about it.
    refused: int = 0
    refusal: str = ""

    def files_apart(self, files: Iterable[File], now: datetime) -> None:
        """Note the files of the dataset that are put apart, the last of them by name."""
        known = {file.digest: file for file in files}
        latest = sorted(known.values(), key=lambda file: file.apart_at, reverse=True)
        self.apart = sum(file.apart_at >= iso(now - _REPORTED) for file in latest)
        self.apart_files = [
            {"file": file.digest, "arrival": file.arrival, "error": file.apart} for file in latest[:NAMED_IDENTITIES]
        ]

    def publish(self, contract_id: str, inputs: Sequence[str], table: str, published: Published[Any]) -> None:
        """Note that a dataset was published to its table, by the full name, from others."""
        self.tables[table.split(".", 1)[1]] = {"rows": published.rows, "snapshot": published.snapshot}
        self.steps.append(Step(f"{self.pipeline}-{self.stage}", contract_id, tuple(inputs), published.changed))

    def write(self, store: ObjectStore, root: str) -> None:
        """Write the counts to ``<root>/runs/<pipeline>/<execution>/<stage>.json``."""
        uri = f"{root}/runs/{self.pipeline}/{self.execution}/{self.stage}.json"
        store.put(uri, io.BytesIO(json.dumps(self.document(), indent=1).encode()))
        LOG.info("counts %s: %s", uri, json.dumps({name: asdict(one) for name, one in self.datasets.items()}))

    def document(self) -> dict[str, Any]:
        """Return the counts as JSON values."""
        received = sum(one.received for one in self.datasets.values())
        quarantined = sum(one.quarantined for one in self.datasets.values())
        return {
            "pipeline": self.pipeline,
            "stage": self.stage,
            "hours": self.hours,
            "execution": self.execution,
            "datasets": {name: asdict(one) for name, one in self.datasets.items()},
            "lost": sum(one.lost for one in self.datasets.values()),
            "quarantinedShare": quarantined / received if received else 0.0,
            "tables": self.tables,
            "caughtUp": self.caught_up,
            "waiting": self.waiting,
            "disagreements": self.disagreements,
            "apart": self.apart_files,
            "unknownCountries": self.unknown_countries or 0,
            "refused": self.refused,
            "refusal": self.refusal,
        }


def count(places: DataFrame) -> tuple[Counts, list[str]]:
    """Count identities by place; also return the first identities that are nowhere.

    ``places`` has one row an identity: ``identity`` and ``place``, which is null for a lost one.
    """
    counts, lost = count_by(F.lit("all"), places)
    return sum(counts.values(), Counts()), lost


def count_by(part: Column, places: DataFrame) -> tuple[dict[str, Counts], list[str]]:
    """Count, as count does, each part by itself."""
    rows = places.groupBy(part.alias("part")).agg(
        F.count("*").alias("received"),
        F.count_if(F.col("place") == PROCESSED).alias("processed"),
        F.count_if(F.col("place") == DUPLICATE).alias("duplicates"),
        F.count_if(F.col("place") == QUARANTINED).alias("quarantined"),
        F.count_if(F.col("place").isNull()).alias("lost"),
    )
    counts = {row["part"]: Counts(*row[1:]) for row in rows.collect()}
    if not any(one.lost for one in counts.values()):
        return counts, []
    lost = places.where(F.col("place").isNull()).orderBy("identity").limit(NAMED_IDENTITIES)
    return counts, [one["identity"] for one in lost.select("identity").collect()]


def require_complete(dataset: str, counts: Counts, lost: Sequence[str]) -> None:
    """Raise LostError, naming the dataset and the first identities, unless the counts add up."""
    found = counts.processed + counts.duplicates + counts.quarantined
    if counts.lost or counts.received != found:
        raise LostError(
            f"{dataset}: received {counts.received} is not processed {counts.processed} "
            f"+ duplicates {counts.duplicates} + quarantined {counts.quarantined}; "
            f"{counts.lost} lost, first: {', '.join(lost)}"
        )
