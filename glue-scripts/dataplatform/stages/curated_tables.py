"""The curated tables of a pipeline, computed again where a source touches them."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from dataplatform import quality
from dataplatform.arguments import StageArguments
from dataplatform.contracts import Contract, Contracts
from dataplatform.counts import Report
from dataplatform.engine.iceberg import Table
from dataplatform.engine.lease import Check, Leases
from dataplatform.engine.publish import Published, Publisher, replace
from dataplatform.stages import sources, units
from dataplatform.stages.sources import FileSource, Source
from dataplatform.transforms import find
from dataplatform.transforms.kinds import CuratedTransform
from dataplatform.transforms.pseudonyms import PROPERTY, Secret

LOG = logging.getLogger(__name__)
# How many rows and files an error names.
_NAMED = 10


class UnknownSecretError(RuntimeError):
    """A table needs pseudonyms, and the job cannot make them."""


@dataclass
class CuratedTables:
    """The curated tables of the pipeline that the arguments name."""

    spark: SparkSession
    args: StageArguments
    contracts: Contracts
    secret: Secret | None = None  # only of pipelines whose tables know customers by pseudonyms

    @cached_property
    def curated(self) -> list[Contract]:
        """The tables' contracts."""
        return [self.contracts.get(one) for one in self.contracts.pipeline(self.args.pipeline).curated]

    @property
    def names(self) -> list[str]:
        """The tables' full names."""
        return [self._name(one) for one in self.curated]

    def recompute(self, source: Source, leases: Leases) -> Report:
        """Compute again what a source touches that has no files of a run."""
        args = self.args
        report = Report(args.pipeline, args.stage, str(args.hours), args.execution)
        hours = source.touched()
        if hours and self.curated:
            with leases.hold(self.names) as check:
                self.publish(source, hours, report, check)
        return report

    def publish(self, source: Source, hours: Sequence[int], report: Report, check: Check) -> None:
        """Publish what a source touches, which is read under the leases that ``check`` is of."""
        report.newest = hours[-1] + units.HOUR_SECONDS if hours else None
        processed = self.contracts.pipeline(self.args.pipeline).processed
        timed = [contract.unit for contract in self.curated if contract.unit != "key"]
        rows = None
        if source.forgotten:
            rows = _by_file(source).table().persist()
        elif timed:
            rows = source.rows(hours, "day" if "day" in timed else "hour").persist()
        for contract in self.curated:
            if rows is not None and source.forgotten:
                published = self._anew(contract, rows, check)
            elif rows is not None and contract.unit != "key":
                published = self._by_time(contract, rows, hours, check)
            else:
                published = self._by_key(contract, _by_file(source), check)
            report.publish(contract.id, [processed, *contract.upstream[1:]], self._name(contract), published)
        if rows is not None:
            rows.unpersist()

    def whole(self, contract: Contract) -> DataFrame:
        """Return a whole table as it is now."""
        return sources.whole(self.spark, self.args.lake, contract)

    def _name(self, contract: Contract) -> str:
        return self.args.lake.table(contract.layer, contract.dataset)

    def _by_time(self, contract: Contract, rows: DataFrame, hours: Sequence[int], check: Check) -> Published[None]:
        event_time = F.col(self.contracts.get(contract.upstream[0]).event_time)
        scope = units.Times(contract, event_time, hours)
        return self._table(contract, scope.of_source(rows), scope, check)

    def _by_key(self, contract: Contract, source: FileSource, check: Check) -> Published[None]:
        """Recompute the rows of the keys that the run's files touch, each from everything there is about it."""
        transform = find(CuratedTransform, contract)
        if transform.whole or (transform.pseudonymous and self._of_another_secret(contract)):
            return self._anew(contract, source.table(), check)
        made = transform.key
        columns = {name: made[name]() if name in made else F.col(name) for name in contract.primary_key}
        keys = units.Keys.of(self._keyed(contract, source.kept()), columns)
        keys.touched.persist()
        mine = keys.of_source(self._keyed(contract, source.table())).persist()
        published = self._table(contract, mine, keys, check)
        mine.unpersist()
        keys.touched.unpersist()
        return published

    def _anew(self, contract: Contract, rows: DataFrame, check: Check) -> Published[None]:
        """Compute a table from all rows there are, its pseudonyms by the secret in force: another may have made them.

        The property that says which secret it was comes after: a run that dies in between is followed by one that does
        it again.
        """
        published = self._table(contract, self._keyed(contract, rows), units.Whole(), check)
        if self._pseudonymous(contract):
            mark = self._known(contract).mark
            self.spark.sql(f"ALTER TABLE {self._name(contract)} SET TBLPROPERTIES ('{PROPERTY}' = '{mark}')")
        return published

    def _keyed(self, contract: Contract, rows: DataFrame) -> DataFrame:
        return self._known(contract).add(rows) if self._pseudonymous(contract) else rows

    def _pseudonymous(self, contract: Contract) -> bool:
        return find(CuratedTransform, contract).pseudonymous

    def _of_another_secret(self, contract: Contract) -> bool:
        return Table(self.spark, self._name(contract)).properties().get(PROPERTY) != self._known(contract).mark

    def _known(self, contract: Contract) -> Secret:
        if self.secret is None:
            raise UnknownSecretError(f"{contract.id} knows customers by pseudonyms, and the job has no key of them")
        return self.secret

    def _table(self, contract: Contract, mine: DataFrame, scope: units.Scope, check: Check) -> Published[None]:
        transform = find(CuratedTransform, contract)
        lookups = {one: self.whole(self.contracts.get(one)) for one in contract.upstream[1:]}
        wanted = quality.conform(transform.transform(mine, *lookups.values()), contract)
        expected = transform.row_count
        referred = sources.referred(self.spark, self.args.lake, self.contracts, contract)

        def changes(current: DataFrame) -> DataFrame:
            return replace(wanted, scope.of_table(current), contract)

        def audit(published: DataFrame) -> None:
            done = scope.of_table(published)
            try:
                quality.audit(done, contract, published, referred)
            except quality.QualityError as error:
                raise quality.QualityError(f"{error}{_named(contract, mine, done, scope)}") from error
            if expected and not expected.where:
                _require_all(contract, mine, done, scope, expected.column)

        return Publisher(self.spark, self.args.owner, check).publish(self._name(contract), contract, changes, audit)


def _by_file(source: Source) -> FileSource:
    if not isinstance(source, FileSource):
        raise TypeError(f"{type(source).__name__} is no table: it has neither all its rows nor those of a key")
    return source


def _named(contract: Contract, source: DataFrame, done: DataFrame, scope: units.Scope) -> str:
    """Name the first rows that break a rule, and the files that they were computed from."""
    rows = done.where(quality.broken(contract)).select(scope.table_unit().alias("unit")).distinct().limit(_NAMED)
    found = [row["unit"] for row in rows.collect()]
    if not found:
        return ""
    said = f"; the first in {', '.join(map(str, found))}"
    if "file_digest" not in source.columns:
        return said
    came = source.where(scope.source_unit().isin(found)).groupBy("file_digest").agg(F.max("arrival_time").alias("at"))
    files = [row["file_digest"] for row in came.orderBy(F.col("at").desc()).limit(_NAMED).collect()]
    return f"{said}, from the files {', '.join(files)}, the newest first; dataplatform apart puts one apart"


def _require_all(contract: Contract, source: DataFrame, done: DataFrame, scope: units.Scope, counted: str) -> None:
    """Raise QualityError, naming the first units, unless every source row is in the table."""
    want = source.groupBy(scope.source_unit().alias("unit")).agg(F.count("*").alias("want"))
    have = done.groupBy(scope.table_unit().alias("unit")).agg(F.sum(counted).alias("have"))
    wrong = (
        want.join(have, "unit", "full").where(~F.col("want").eqNullSafe(F.col("have"))).orderBy("unit").limit(_NAMED)
    )
    units_wrong = [f"{row['unit']} ({row['have']} of {row['want']})" for row in wrong.collect()]
    if units_wrong:
        raise quality.QualityError(f"{contract.id}: {counted} differ from the source rows in {', '.join(units_wrong)}")
