"""A run of a stage as its job starts it: what it did is told when it has ended, well or not."""

import logging
from datetime import UTC, datetime
from typing import Protocol

from dataplatform import freshness, health, lineage
from dataplatform.arguments import LearnArguments, StageArguments
from dataplatform.contracts import Contracts
from dataplatform.counts import Report
from dataplatform.engine.storage import ObjectStore

LOG = logging.getLogger(__name__)


class Stage(Protocol):
    """What a job runs."""

    args: StageArguments | LearnArguments
    contracts: Contracts
    store: ObjectStore

    def run(self) -> Report:
        """Do the work; raise when anything is wrong."""


def run(stage: Stage) -> None:
    """Run a stage, then tell its lineage and how fresh its tables are."""
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
        told = lineage.Run(stage.args, stage.contracts, began, ended)
        lineage.emit(told.events(done), stage.args, stage.store)
    freshness.tell(report, stage.args, ended)
    health.tell(report, stage.args, ended)
