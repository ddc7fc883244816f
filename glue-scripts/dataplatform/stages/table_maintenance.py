"""What keeps an Iceberg table no larger and no older than it has to be: one function a step, each safe to repeat."""

import logging
from datetime import datetime

from pyspark.sql import DataFrame, SparkSession

from dataplatform.contracts import Contract
from dataplatform.engine.iceberg import Table
from dataplatform.engine.spark import jvm, only

LOG = logging.getLogger(__name__)

# Fewer small files than this in a partition are left: rewriting them would cost more than reading them.
_SMALL_FILES = 5
_DOOMED = "doomed"
_MANIFEST_SIZE = "commit.manifest.target-size-bytes"


def delete_rows(spark: SparkSession, table: str, contract: Contract, doomed: DataFrame) -> None:
    """Delete the rows with the primary keys of ``doomed``.

    The keys come from a view: they never appear in a statement, so they are never logged.
    """
    keys = contract.primary_key
    doomed.select(*keys).createOrReplaceTempView(_DOOMED)
    match = " AND ".join(f"t.`{key}` = d.`{key}`" for key in keys)
    spark.sql(f"MERGE INTO {table} AS t USING {_DOOMED} AS d ON {match} WHEN MATCHED THEN DELETE")
    spark.catalog.dropTempView(_DOOMED)


def rewrite_small_files(spark: SparkSession, table: str) -> int:
    """Put the small data files of each partition together; return how many were replaced."""
    done = _call(spark, table, "rewrite_data_files", f"options => map('min-input-files', '{_SMALL_FILES}')")
    return done["rewritten_data_files_count"]


def rewrite_manifests(spark: SparkSession, table: str) -> None:
    """Write the manifests anew, of the files there are: the bounds of values in others go with the old ones."""
    _call(spark, table, "rewrite_manifests")
    stale = spark.sql(f"SELECT length FROM {table}.manifests WHERE deleted_data_files_count > 0").first()
    if stale is None:
        return
    # A manifest that is the only one is left as it is: it has to look like too much for one.
    spark.sql(f"ALTER TABLE {table} SET TBLPROPERTIES ('{_MANIFEST_SIZE}' = '{max(1, stale['length'] // 2)}')")
    try:
        _call(spark, table, "rewrite_manifests")
    finally:
        spark.sql(f"ALTER TABLE {table} UNSET TBLPROPERTIES ('{_MANIFEST_SIZE}')")


def expire_snapshots(spark: SparkSession, table: str, before: datetime) -> int:
    """Forget all snapshots but the current that are older; return how many data files went with them."""
    moment = f"older_than => TIMESTAMP '{before:%Y-%m-%d %H:%M:%S.%f}', retain_last => 1"
    return _call(spark, table, "expire_snapshots", moment)["deleted_data_files_count"]


def remove_orphans(spark: SparkSession, table: str, before: datetime) -> int:
    """Delete the files below the table that no snapshot knows and that are older; return how many.

    The action is called and not the procedure, which refuses to look at the last day: who holds the table's lease may.
    """
    actions = jvm(spark).org.apache.iceberg.spark.actions.SparkActions.get(spark._jsparkSession)
    found = actions.deleteOrphanFiles(Table(spark, table).handle).olderThan(int(before.timestamp() * 1000)).execute()
    return sum(1 for _ in found.orphanFileLocations())


def _call(spark: SparkSession, table: str, procedure: str, arguments: str = "") -> dict[str, int]:
    catalog = table.split(".", 1)[0]
    given = f"table => '{table}'" + (f", {arguments}" if arguments else "")
    done = only(spark.sql(f"CALL {catalog}.system.{procedure}({given})")).asDict()
    LOG.info("%s: %s %s", table, procedure, done)
    return done
