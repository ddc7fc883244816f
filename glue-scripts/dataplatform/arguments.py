"""What a job is given: static arguments from the Glue job resource, hours and execution from the state machine."""

import argparse
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from dataplatform.hours import HOUR, Hours, floor_hour, instant, iso


@dataclass(frozen=True)
class Lake:
    """Where the layers are: URIs without a trailing slash, and database names.

    A bucket's object keys do not repeat the layer. Without recommendations there are no features, whose places are "".
    """

    raw: str
    processed: str
    curated: str
    artifacts: str
    processed_database: str
    curated_database: str
    catalog: str = "glue_catalog"
    features: str = ""
    features_database: str = ""

    def root(self, layer: str) -> str:
        """Return the URI of the bucket of a layer of data."""
        roots = {"raw": self.raw, "processed": self.processed, "features": self.features, "curated": self.curated}
        return roots[layer]

    def table(self, layer: str, dataset: str) -> str:
        """Return the full name of the Iceberg table of a dataset."""
        databases = {
            "processed": self.processed_database,
            "features": self.features_database,
            "curated": self.curated_database,
        }
        return f"{self.catalog}.{databases[layer]}.{dataset}"


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
    lineage_secret: str = ""  # of Secrets Manager: the token that the endpoint wants
    # Where hours of a stream wait.
    hours_table: str = ""
    # The share of what came, 0 to 1, above which a run refuses it.
    quarantine_limit: float = 1.0

    @property
    def owner(self) -> str:
        """Who holds the run's leases and its branches: a run that is taken up again is the same one."""
        return f"{self.execution}/{self.stage}/{self.hours}"


@dataclass(frozen=True)
class MaintainArguments:
    """The arguments of a maintenance run: ages are in days."""

    execution: str
    lake: Lake
    leases_table: str
    snapshot_days: int
    orphan_days: int


@dataclass(frozen=True)
class LearnArguments:
    """What the jobs of recommendations share: the run that they are part of, and where they work and tell of it."""

    stage: str
    execution: str
    lake: Lake
    leases_table: str
    metrics_namespace: str
    lineage_endpoint: str
    lineage_secret: str = field(default="", kw_only=True)

    @property
    def pipeline(self) -> str:
        """The name under which the runs are kept."""
        return "recommendations"

    @property
    def hours(self) -> str:
        """The hours of arrival that a run takes, as it is reported: none."""
        return ""

    @property
    def owner(self) -> str:
        """Who holds the run's leases and its branches: a run that is taken up again is the same one."""
        return f"{self.execution}/{self.stage}"


@dataclass(frozen=True)
class FeaturesArguments(LearnArguments):
    """The arguments of a run that makes features: as of ``as_of``, and as of the ``cut`` before it."""

    cut: datetime
    as_of: datetime
    feature_groups: Mapping[str, str]  # of SageMaker's feature store, by dataset

    @property
    def hours(self) -> str:
        """What is to be foreseen: the time from the cut on."""
        return f"{iso(self.cut)}/{iso(self.as_of)}"


@dataclass(frozen=True)
class RecommendArguments(LearnArguments):
    """The arguments of a run that publishes what a model recommends."""

    model_version: str
    training_run: str = ""
    """The run whose training files the model has learnt from, if it was not this one."""


def _parser(*names: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    for name in names:
        parser.add_argument(f"--{name}", required=True)
    for name in ("features_bucket", "features_database"):
        parser.add_argument(f"--{name}", default="")
    return parser


def _lake(values: argparse.Namespace) -> Lake:
    features = values.features_bucket
    if bool(features) != bool(values.features_database):
        raise ValueError("--features_bucket and --features_database are given together, or neither is")
    return Lake(
        raw=f"s3://{values.raw_bucket}",
        processed=f"s3://{values.processed_bucket}",
        curated=f"s3://{values.curated_bucket}",
        artifacts=f"s3://{values.artifacts_bucket}",
        processed_database=values.processed_database,
        curated_database=values.curated_database,
        features=f"s3://{features}" if features else "",
        features_database=values.features_database,
    )


_LAKE = (
    "raw_bucket",
    "processed_bucket",
    "curated_bucket",
    "artifacts_bucket",
    "processed_database",
    "curated_database",
)


_LEDGER = ("files_table", "hours_table", "leases_table")


def parse_stage(argv: Sequence[str]) -> StageArguments:
    """Read the arguments of process and curate; Glue's own (``--JOB_RUN_ID`` and the like) are passed over."""
    parser = _parser("pipeline", "stage", "hours", "execution", "metrics_namespace", *_LEDGER, *_LAKE)
    for name in ("lineage_endpoint", "lineage_secret"):
        parser.add_argument(f"--{name}", default="")
    parser.add_argument("--lateness_hours", required=True, type=int)
    parser.add_argument("--dedup_days", required=True, type=int)
    parser.add_argument("--quarantine_limit", required=True, type=float)
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
        lineage_secret=values.lineage_secret,
        hours_table=values.hours_table,
        quarantine_limit=values.quarantine_limit,
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


def parse_erase(argv: Sequence[str]) -> tuple[StageArguments, str, str, str]:
    """Read the arguments of an erasure, whose execution is its request; also where landing, curated, discarded are."""
    parser = _parser("request", "landing_bucket", "discarded_bucket", "files_table", "leases_table", *_LAKE)
    parser.add_argument("--lateness_hours", required=True, type=int)
    parser.add_argument("--dedup_days", required=True, type=int)
    values, _ = parser.parse_known_args(argv)
    now = floor_hour(datetime.now(UTC))
    args = StageArguments(
        pipeline="",
        stage="erase",
        hours=Hours(now, now + HOUR, late_arrivals=False),
        execution=values.request,
        lake=_lake(values),
        files_table=values.files_table,
        leases_table=values.leases_table,
        lateness_hours=values.lateness_hours,
        dedup_days=values.dedup_days,
    )
    landing, curated, discarded = values.landing_bucket, values.curated_bucket, values.discarded_bucket
    return args, f"s3://{landing}", f"s3://{curated}", f"s3://{discarded}"


# What a run of recommendations may be called: it becomes part of keys.
_RUN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")


def _learn(argv: Sequence[str], *names: str) -> tuple[argparse.Namespace, dict[str, Any]]:
    parser = _parser("run_id", "leases_table", "metrics_namespace", *names, *_LAKE)
    for name in ("lineage_endpoint", "lineage_secret"):
        parser.add_argument(f"--{name}", default="")
    parser.add_argument("--training_run", default="")
    values, _ = parser.parse_known_args(argv)
    lake = _lake(values)
    if not lake.features:
        raise ValueError("--features_bucket and --features_database are needed: recommendations live there")
    if not _RUN.fullmatch(values.run_id):
        raise ValueError(f"--run_id {values.run_id!r}: want 1 to 80 letters, digits and ._-, a letter or digit first")
    return values, {
        "execution": values.run_id,
        "lake": lake,
        "leases_table": values.leases_table,
        "metrics_namespace": values.metrics_namespace,
        "lineage_endpoint": values.lineage_endpoint,
        "lineage_secret": values.lineage_secret,
    }


def parse_features(argv: Sequence[str]) -> FeaturesArguments:
    """Read the arguments of the features job; raise ValueError unless the cut is before as_of.

    Feature groups are ``<dataset>=<name>``, parted by commas.
    """
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--feature_groups", default="")
    more, _ = parser.parse_known_args(argv)
    groups = dict(one.split("=", 1) for one in more.feature_groups.split(",") if one)
    values, shared = _learn(argv, "as_of", "cut")
    cut, as_of = instant("cut", values.cut), instant("as_of", values.as_of)
    if cut >= as_of:
        raise ValueError(f"--cut {iso(cut)} is not before --as_of {iso(as_of)}: nothing is left to be foreseen")
    return FeaturesArguments(stage="features", cut=cut, as_of=as_of, feature_groups=groups, **shared)


def parse_recommend(argv: Sequence[str]) -> RecommendArguments:
    """Read the arguments of the recommend job."""
    values, shared = _learn(argv, "model_version")
    if values.training_run and not _RUN.fullmatch(values.training_run):
        raise ValueError(f"--training_run {values.training_run!r}: want what --run_id may be")
    return RecommendArguments(
        stage="recommend", model_version=values.model_version, training_run=values.training_run, **shared
    )
