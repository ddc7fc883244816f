"""What a job is told: static arguments from the Glue job resource, hours and execution from the state machine."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from dataplatform.hours import HOUR, Hours, floor_hour


@dataclass(frozen=True)
class Lake:
    """Where the layers are: URIs without a trailing slash, and database names.

    A bucket's object keys do not repeat the layer.
    """

    raw: str
    processed: str
    curated: str
    artifacts: str
    processed_database: str
    curated_database: str
    catalog: str = "glue_catalog"

    def root(self, layer: str) -> str:
        """Return the URI of the bucket of a layer of data."""
        return {"raw": self.raw, "processed": self.processed, "curated": self.curated}[layer]

    def table(self, layer: str, dataset: str) -> str:
        """Return the full name of the Iceberg table of a dataset."""
        database = {"processed": self.processed_database, "curated": self.curated_database}[layer]
        return f"{self.catalog}.{database}.{dataset}"


@dataclass(frozen=True)
class StageArguments:
    """The arguments of a process or curate run."""

    pipeline: str
    stage: str
    hours: Hours
    execution: str
    lake: Lake
    files_table: str
    leases_table: str
    lateness_hours: int
    dedup_days: int
    # Where a run tells how fresh its tables are, and, if anywhere beside the artifacts, where they come from.
    metrics_namespace: str = ""
    lineage_endpoint: str = ""


@dataclass(frozen=True)
class MaintainArguments:
    """The arguments of a maintenance run: ages are in days."""

    execution: str
    lake: Lake
    leases_table: str
    snapshot_days: int
    orphan_days: int


def _parser(*names: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    for name in names:
        parser.add_argument(f"--{name}", required=True)
    return parser


def _lake(values: argparse.Namespace) -> Lake:
    return Lake(
        raw=f"s3://{values.raw_bucket}",
        processed=f"s3://{values.processed_bucket}",
        curated=f"s3://{values.curated_bucket}",
        artifacts=f"s3://{values.artifacts_bucket}",
        processed_database=values.processed_database,
        curated_database=values.curated_database,
    )


_LAKE = (
    "raw_bucket",
    "processed_bucket",
    "curated_bucket",
    "artifacts_bucket",
    "processed_database",
    "curated_database",
)


def parse_stage(argv: Sequence[str]) -> StageArguments:
    """Read the arguments of process and curate; Glue's own (``--JOB_RUN_ID`` and the like) are passed over."""
    parser = _parser(
        "pipeline", "stage", "hours", "execution", "files_table", "leases_table", "metrics_namespace", *_LAKE
    )
    parser.add_argument("--lineage_endpoint", default="")
    parser.add_argument("--lateness_hours", required=True, type=int)
    parser.add_argument("--dedup_days", required=True, type=int)
    values, _ = parser.parse_known_args(argv)
    return StageArguments(
        pipeline=values.pipeline,
        stage=values.stage,
        hours=Hours.parse(values.hours),
        execution=values.execution,
        lake=_lake(values),
        files_table=values.files_table,
        leases_table=values.leases_table,
        lateness_hours=values.lateness_hours,
        dedup_days=values.dedup_days,
        metrics_namespace=values.metrics_namespace,
        lineage_endpoint=values.lineage_endpoint,
    )


def parse_tables(argv: Sequence[str]) -> Lake:
    """Read the arguments of the tables job."""
    values, _ = _parser(*_LAKE).parse_known_args(argv)
    return _lake(values)


def parse_maintain(argv: Sequence[str]) -> MaintainArguments:
    """Read the arguments of the maintenance; its execution is the run that Glue names."""
    parser = _parser("JOB_RUN_ID", "leases_table", *_LAKE)
    parser.add_argument("--snapshot_days", required=True, type=int)
    parser.add_argument("--orphan_days", required=True, type=int)
    values, _ = parser.parse_known_args(argv)
    return MaintainArguments(
        execution=values.JOB_RUN_ID,
        lake=_lake(values),
        leases_table=values.leases_table,
        snapshot_days=values.snapshot_days,
        orphan_days=values.orphan_days,
    )


def parse_erase(argv: Sequence[str]) -> tuple[StageArguments, str, str]:
    """Read the arguments of an erasure, whose execution is its request; also return where landing and curated are."""
    parser = _parser("request", "landing_bucket", "files_table", "leases_table", *_LAKE)
    parser.add_argument("--lateness_hours", required=True, type=int)
    parser.add_argument("--dedup_days", required=True, type=int)
    values, _ = parser.parse_known_args(argv)
    now = floor_hour(datetime.now(UTC))
    args = StageArguments(
        pipeline="",
        stage="erase",
        hours=Hours(now, now + HOUR, stragglers=False),
        execution=values.request,
        lake=_lake(values),
        files_table=values.files_table,
        leases_table=values.leases_table,
        lateness_hours=values.lateness_hours,
        dedup_days=values.dedup_days,
    )
    return args, f"s3://{values.landing_bucket}", f"s3://{values.curated_bucket}"
