"""What Spark's SQL does not say about an Iceberg table without starting a job: its metadata."""

import logging
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from dataplatform.engine.spark import jvm

LOG = logging.getLogger(__name__)

_CONFLICT = "CommitFailedException"
_ATTEMPTS = 6


class Table:
    """An Iceberg table and its branches."""

    def __init__(self, spark: SparkSession, name: str) -> None:
        self._spark = spark
        self.name = name
        spark.catalog.refreshTable(name)
        self.handle: Any = jvm(spark).org.apache.iceberg.spark.Spark3Util.loadIcebergTable(spark._jsparkSession, name)

    def main(self) -> int | None:
        """Return the current snapshot of main, or None for a table that was never written."""
        self.handle.refresh()
        snapshot = self.handle.currentSnapshot()
        return None if snapshot is None else snapshot.snapshotId()

    def written_since(self, moment: datetime) -> bool:
        """Say whether main has changed since a moment."""
        self.handle.refresh()
        snapshot = self.handle.currentSnapshot()
        return snapshot is not None and snapshot.timestampMillis() >= moment.timestamp() * 1000

    def has(self, snapshot: int) -> bool:
        """Say whether a snapshot is there: they expire."""
        self.handle.refresh()
        return self.handle.snapshot(snapshot) is not None

    def rows(self) -> int:
        """Return the number of rows of main, from its snapshot's summary."""
        self.handle.refresh()
        snapshot = self.handle.currentSnapshot()
        return 0 if snapshot is None else int(snapshot.summary().get("total-records") or 0)

    def properties(self) -> dict[str, str]:
        """Return the table's properties."""
        self.handle.refresh()
        return {entry.getKey(): entry.getValue() for entry in self.handle.properties().entrySet()}

    def refs(self) -> dict[str, int]:
        """Return branches and tags with their snapshots."""
        self.handle.refresh()
        return {entry.getKey(): entry.getValue().snapshotId() for entry in self.handle.refs().entrySet()}

    def create_branch(self, branch: str, snapshot: int | None) -> None:
        """Create a branch at a snapshot; at an empty snapshot of its own when the table was never written."""
        version = "" if snapshot is None else f" AS OF VERSION {snapshot}"
        self._commit(lambda: self._spark.sql(f"ALTER TABLE {self.name} CREATE BRANCH `{branch}`{version}"))

    def drop_branch(self, branch: str) -> None:
        """Drop a branch if it is there."""
        self._commit(lambda: self._spark.sql(f"ALTER TABLE {self.name} DROP BRANCH IF EXISTS `{branch}`"))

    def fast_forward(self, branch: str, base: int | None) -> bool:
        """Move main to the branch; return False, changing nothing, when main is not at base any more."""
        catalog = self.name.split(".", 1)[0]
        try:
            self._commit(
                lambda: self._spark.sql(
                    f"CALL {catalog}.system.fast_forward(table => '{self.name}', branch => 'main', to => '{branch}')"
                ).collect(),
                again=lambda: self.main() == base,
            )
        except (Py4JJavaError, PySparkException):
            if self.main() != base:
                return False
            raise
        return True

    def _commit(self, action: Callable[[], Any], again: Callable[[], bool] = lambda: True) -> None:
        """Commit, and again when something else was committed to the table in the same moment."""
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                action()
                return
            except (Py4JJavaError, PySparkException) as error:
                if attempt == _ATTEMPTS or _CONFLICT not in str(error) or not again():
                    raise
                LOG.info("%s: commit conflict, attempt %d", self.name, attempt)
                time.sleep(0.1 * 2**attempt)
