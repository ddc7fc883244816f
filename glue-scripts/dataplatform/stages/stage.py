"""A run of a stage: what the stages of the pipelines have in common, and what is reported when it has ended."""

import logging
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Generic, Protocol, TypeVar

from pyspark.sql import SparkSession

from dataplatform import freshness, health, lineage
from dataplatform.arguments import LearnArguments, StageArguments
from dataplatform.contracts import Contract, Contracts, Pipeline
from dataplatform.counts import Counts, Report, require_complete
from dataplatform.engine.lease import Leases
from dataplatform.engine.ledger import Ledger
from dataplatform.engine.storage import ObjectStore

LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """What a stage computed: the counts and the first identities that are lost; a stage adds what it will mark."""

    counts: Counts
    lost: Sequence[str]


Selected = TypeVar("Selected")
Computed = TypeVar("Computed", bound=Outcome)


@dataclass
class StageRun(ABC, Generic[Selected, Computed]):
    """One run of a stage of a pipeline: it selects what came, computes it, writes the report, then marks it as done.

    What a run that dies has not marked, the next one selects again.
    """

    spark: SparkSession
    args: StageArguments
    contracts: Contracts
    ledger: Ledger
    leases: Leases
    store: ObjectStore

    def run(self) -> Report:
        """Return the report, which is written before anything is raised about its counts."""
        args, dataset = self.args, self.raw.dataset
        report = Report(args.pipeline, args.stage, str(args.hours), args.execution)
        computed = self.compute(self.select(), report)
        report.datasets[dataset] = computed.counts
        report.write(self.store, args.lake.artifacts)
        require_complete(dataset, computed.counts, computed.lost)
        self.mark(computed)
        return report

    @abstractmethod
    def select(self) -> Selected:
        """Return what the run takes."""

    @abstractmethod
    def compute(self, selected: Selected, report: Report) -> Computed:
        """Publish what follows from it, and report that."""

    @abstractmethod
    def mark(self, computed: Computed) -> None:
        """Note what is done, so that no run takes it again."""

    @cached_property
    def pipeline(self) -> Pipeline:
        """The run's pipeline."""
        return self.contracts.pipeline(self.args.pipeline)

    @cached_property
    def raw(self) -> Contract:
        """The contract of what comes in."""
        return self.contracts.get(self.pipeline.raw)

    @cached_property
    def processed(self) -> Contract:
        """The contract of what the process stage, or a function, makes of it."""
        return self.contracts.get(self.pipeline.processed)

    def table(self, contract: Contract) -> str:
        """Return the full name of a dataset's table."""
        return self.args.lake.table(contract.layer, contract.dataset)


class Stage(Protocol):
    """What a job runs."""

    @property
    def args(self) -> StageArguments | LearnArguments:
        """What the job was given."""

    @property
    def contracts(self) -> Contracts:
        """The contracts it works by."""

    @property
    def store(self) -> ObjectStore:
        """Where the report goes."""

    def run(self) -> Report:
        """Do the work; raise when anything is wrong."""


def run(stage: Stage) -> None:
    """Run a stage, then report its lineage and how fresh its tables are."""
    began = datetime.now(UTC)
    try:
        report = stage.run()
    except Exception as error:
        # Its message stays in the log, which ends: it may quote data.
        failed = lineage.Run(stage.args, stage.contracts, began, datetime.now(UTC))
        try:
            lineage.emit(failed.events([], type(error).__name__), stage.args, stage.store)
        except Exception:  # the run's own error is the one to be seen
            LOG.exception("lineage of a failed run")
        raise
    ended = datetime.now(UTC)
    done = lineage.steps(report, stage.contracts)
    if done:
        lineage_run = lineage.Run(stage.args, stage.contracts, began, ended)
        lineage.emit(lineage_run.events(done), stage.args, stage.store)
    freshness.tell(report, stage.args, ended)
    health.tell(report, stage.args, ended)
