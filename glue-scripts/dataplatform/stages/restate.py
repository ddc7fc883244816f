"""Brings a processed table that older rules wrote to those in force: one form of each identifier, keys over values.

Done by the first run that has the rules, before it publishes, once a table: a property of the table says so after. A
line that is stored meets its equals by its key from then on, whichever rule it was stored under.
"""

import logging
from collections.abc import Mapping
from datetime import datetime

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from dataplatform import quality
from dataplatform.contracts import Contract
from dataplatform.engine.iceberg import Table
from dataplatform.engine.ledger import Ledger
from dataplatform.engine.publish import Publisher, replace
from dataplatform.engine.spark import only
from dataplatform.reading import composed, lines
from dataplatform.stages.equals import first_of_each
from dataplatform.transforms import InvalidTransformError, find, keys
from dataplatform.transforms.kinds import LineTransform

LOG = logging.getLogger(__name__)


def table(
    spark: SparkSession,
    name: str,
    contract: Contract,
    ledger: Ledger,
    publisher: Publisher,
    *,
    referred: Mapping[str, DataFrame],
) -> None:
    """Restate a table unless it is; whoever calls holds its lease. Its rules are of the ``referred`` tables, too.

    Files of rows that changed in more than their key, or that have become one with others, are computed into curated
    again: the ledger is written before the rows go, so that a run that dies in between is followed by one that knows.
    """
    handle = Table(spark, name)
    if handle.properties().get(keys.PROPERTY) == keys.VALUES:
        return
    if handle.main() is not None:
        publisher.publish(
            name,
            contract,
            lambda current: _changes(current, handle, contract, ledger),
            lambda published: quality.audit(published, contract, published, referred),
        )
    spark.sql(f"ALTER TABLE {name} SET TBLPROPERTIES ('{keys.PROPERTY}' = '{keys.VALUES}')")


def _changes(current: DataFrame, handle: Table, contract: Contract, ledger: Ledger) -> DataFrame:
    restate = find(LineTransform, contract).restate
    if restate is None:
        raise InvalidTransformError(f"{handle.name} was written by older rules, and {contract.id} has no restate")
    restated = restate(_composed(current)).select(*contract.names)
    kept = first_of_each(restated, contract)
    said = [name for name in contract.names if name != keys.KEY]
    other = current.select(*said).exceptAll(kept.select(*said)).select("file_digest").distinct().collect()
    digests = {row["file_digest"] for row in other}
    if digests:
        ends = current.agg(*[F.date_format(of("arrival_time"), _ISO) for of in (F.min, F.max)])
        first, last = (datetime.fromisoformat(one) for one in only(ends))
        arrived = ledger.arrived(contract.dataset, first, last)
        files = [file for file in arrived if file.digest in digests]
        ledger.mark_taken(contract.dataset, files, handle.main())
        copies = _copies(restated, kept)
        theirs = [file for file in files if file.digest in copies]
        ledger.mark_merged(
            contract.dataset, theirs, {one.digest: (one.duplicates or 0) + copies[one.digest] for one in theirs}
        )
    LOG.info("%s: lines of %d files are written otherwise now", handle.name, len(digests))
    return replace(kept, current, contract)


def _copies(restated: DataFrame, kept: DataFrame) -> dict[str, int]:
    """How many lines of each file have become copies of others'."""
    gone = restated.join(kept.select(*lines.IDENTITY), list(lines.IDENTITY), "left_anti")
    return {row["file_digest"]: row["count"] for row in gone.groupBy("file_digest").count().collect()}


_ISO = "yyyy-MM-dd'T'HH:mm:ssXXX"


def _composed(rows: DataFrame) -> DataFrame:
    texts = [name for name, kind in rows.dtypes if kind == "string" and name not in (keys.KEY, "file_digest")]
    loose = F.lit(False)
    for name in texts:
        loose |= F.coalesce(composed.loose(name), F.lit(False))
    return rows.where(~loose).unionByName(composed.fields(rows.where(loose), texts))
