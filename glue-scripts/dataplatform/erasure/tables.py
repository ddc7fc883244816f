"""The Iceberg tables: rows deleted, what is computed from them computed again, and the past of the tables removed."""

import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from dataplatform.arguments import StageArguments
from dataplatform.contracts import FEATURES, Contract, Contracts
from dataplatform.engine.iceberg import Table
from dataplatform.engine.lease import Check
from dataplatform.engine.publish import BRANCH_PREFIX
from dataplatform.erasure.person import Person
from dataplatform.erasure.rows import OF_VERSION
from dataplatform.erasure.versions import Bucket
from dataplatform.reading.lines import IDENTITY
from dataplatform.stages import table_maintenance
from dataplatform.stages.curated_tables import CuratedTables
from dataplatform.stages.sources import Without
from dataplatform.stages.stream import StreamSource
from dataplatform.transforms.processed import addresses, identifiers
from dataplatform.transforms.pseudonyms import Secret

LOG = logging.getLogger(__name__)

CUSTOMER = "customer_id"
PSEUDONYM = "customer_key"
PARTY = "party_key"  # the pseudonym, or a visitor
# What rows about assets name a version by.
VERSION = ("object_key", "version_id")
_NAMED = ("name", "email")
_LINE = re.compile("[0-9a-f]{64}:[0-9]+")  # a file's line: its digest and its number


class Held:
    """Leases that whoever runs the erasure holds already."""

    def __init__(self, check: Check) -> None:
        self._check = check

    @contextmanager
    def hold(self, _: Sequence[str]) -> Iterator[Check]:
        """Take nothing and give nothing back."""
        yield self._check


class Changed(StreamSource):
    """Processed clicks of which events went: the hours they were in are what is touched, and nothing arrived."""

    def __init__(
        self, spark: SparkSession, args: StageArguments, raw: Contract, processed: Contract, hours: Sequence[int]
    ) -> None:
        super().__init__(spark, args, raw, processed, ())
        self._hours = hours

    def touched(self) -> list[int]:
        """Return the hours."""
        return list(self._hours)


@dataclass
class Tables:
    """The tables of a lake that hold customers, or are computed from what does."""

    spark: SparkSession
    args: StageArguments
    contracts: Contracts
    secrets: Sequence[Secret] = ()
    """Those that pseudonyms are or were made by, the one in force first."""
    since: datetime | None = None
    """Rows are looked for only in tables that were written since, and tables keep their past: the rows are of nobody,
    whom nothing knew before."""

    def personal(self) -> list[Contract]:
        """Return the processed tables with customers' rows; the one that knows their names is last.

        A run that dies on the way is started again, and has to find the names once more.
        """
        found = [one for one in self.contracts.iceberg() if CUSTOMER in one.names]
        return sorted(found, key=lambda one: (_NAMED[0] in one.names, one.id))

    def lined(self) -> list[Contract]:
        """Return the processed tables with rows of files' lines."""
        return [one for one in self.contracts.iceberg() if set(IDENTITY) <= set(one.names)]

    def described(self) -> list[Contract]:
        """Return the processed tables with rows about assets."""
        return [one for one in self.contracts.iceberg() if set(VERSION) <= set(one.names)]

    def touched(self) -> list[Contract]:
        """Return every table whose past may hold the customer."""
        personal = {one.id for one in (*self.personal(), *self.lined(), *self.described())}
        curated = [
            one
            for pipeline in self.contracts.pipelines.values()
            if pipeline.processed in personal or pipeline.streaming
            for one in pipeline.curated
        ]
        learnt = [one.id for one in self.contracts.iceberg() if self._learnt(one)]
        return [self.contracts.get(one) for one in sorted({*personal, *curated, *learnt})]

    def _learnt(self, contract: Contract) -> bool:
        """Say whether a table is of parties, or what a model that learnt of them says of customers."""
        if contract.layer == FEATURES:
            return PARTY in contract.names
        of_features = any(self.contracts.get(one).layer == FEATURES for one in contract.upstream)
        return of_features and PSEUDONYM in contract.names

    def name(self, contract: Contract) -> str:
        """Return the full name of a table."""
        return self.args.lake.table(contract.layer, contract.dataset)

    def known_as(self, person: Person) -> Person:
        """Return the customer with the names, addresses, pseudonyms and writings of its number that the tables have."""
        person = person.under(self.secrets)
        if self.since:
            return person
        for contract in self.personal():
            self.spark.catalog.refreshTable(self.name(contract))
            rows = self.spark.table(self.name(contract))
            numbers = identifiers.read(rows.select(CUSTOMER).distinct(), {}, {"_number": CUSTOMER})
            # Some sources have an address for a number.
            mine = (F.col("_number") == person.number) | addresses.read(F.col("_number")).isin(*person.emails)
            spelled = numbers.where(mine).collect()
            person = person.spelled(row[CUSTOMER] for row in spelled)
            if set(_NAMED) <= set(contract.names):
                found = rows.where(F.col(CUSTOMER).isin(person.numbers)).select(*_NAMED).distinct().collect()
                person = person.known_as([row[0] for row in found], [row[1] for row in found])
        return person

    def held(self, person: Person, lost: Iterable[str]) -> Iterator[tuple[Contract, DataFrame]]:
        """Yield the customer's rows by table, and those of lines and assets that raw lost; what is learnt is apart."""
        lost = list(lost)
        lines = sorted(one for one in lost if _LINE.fullmatch(one))
        named = {one.id for one in self.personal()}
        others = [one for one in self.lined() if one.id not in named] if lines else []
        for one in self._written((*others, *self.personal())):
            mine = F.col(CUSTOMER).isin(*person.numbers) if one.id in named else F.lit(False)
            yield one, self._rows(one, mine, lines if set(IDENTITY) <= set(one.names) else [])
        for one in self._written(self.described()):
            yield one, self._rows(one, self._of_versions(one, person, lost))
        for one in self._written(one for one in self.contracts.iceberg() if PSEUDONYM in one.names):
            yield one, self._rows(one, F.col(PSEUDONYM).isin(*person.keys))

    def learnt(self, person: Person, visitors: Iterable[str]) -> Iterator[tuple[Contract, DataFrame]]:
        """Yield the features of the customer and of the visitors that it was. Nothing is learnt of who is nobody."""
        parties = (*person.keys, *sorted(visitors))
        for one in self.contracts.iceberg(FEATURES) if self.since is None else []:
            if self._learnt(one):
                yield one, self._rows(one, F.col(PARTY).isin(*parties))

    def erase(self, person: Person, lost: Iterable[str], check: Check) -> dict[str, int]:
        """Delete the customer's rows, and those of lines that raw lost; return how many by contract."""
        return {one.id: self._delete(one, gone, check) for one, gone in self.held(person, lost)}

    def _of_versions(self, contract: Contract, person: Person, lost: Iterable[str]) -> Column:
        """Say which rows about assets go: of versions that went, and of what is called by the customer's name."""
        self.spark.catalog.refreshTable(self.name(contract))
        keys = self.spark.table(self.name(contract)).select(VERSION[0]).distinct().toLocalIterator()
        named = [row[0] for row in keys if person.is_told_by(row[0])]
        gone = [one for one in lost if OF_VERSION in one]
        return F.concat_ws(OF_VERSION, *VERSION).isin(*gone) | F.col(VERSION[0]).isin(*named)

    def unlearn(self, person: Person, visitors: Iterable[str], check: Check) -> dict[str, int]:
        """Delete what is learnt; return how many rows by contract."""
        return {one.id: self._delete(one, gone, check) for one, gone in self.learnt(person, visitors)}

    def recompute_clicks(self, hours: Iterable[int], check: Check) -> None:
        """Compute the tables of the stream again for the event hours that lost events."""
        hours = sorted(hours)
        for name, pipeline in self.contracts.pipelines.items():
            curated = (self.contracts.get(one) for one in pipeline.curated)
            if pipeline.streaming and hours and any(self._written(curated)):
                args = replace(self.args, pipeline=name)
                raw, processed = self.contracts.get(pipeline.raw), self.contracts.get(pipeline.processed)
                CuratedTables(self.spark, args, self.contracts, self._secret).recompute(
                    Changed(self.spark, args, raw, processed, hours), Held(check)
                )

    def forget(self, contract: Contract, bucket: Bucket) -> int:
        """Remove every state of a table but the present one, from its metadata and then from S3's versions.

        Return how many versions and delete markers went. Whoever calls holds the table's lease, so no run is writing
        what no snapshot knows yet.
        """
        if self.since:
            return 0
        name = self.name(contract)
        table = Table(self.spark, name)
        if table.main() is not None:
            for branch in [ref for ref in table.refs() if ref.startswith(BRANCH_PREFIX)]:
                table.drop_branch(branch)
            table_maintenance.rewrite_manifests(self.spark, name)
            now = datetime.now(UTC) + timedelta(seconds=1)
            table_maintenance.expire_snapshots(self.spark, name, now)
            table_maintenance.remove_orphans(self.spark, name, now)
        return bucket.forget(f"{contract.dataset}/")

    def _written(self, contracts: Iterable[Contract]) -> Iterator[Contract]:
        """Yield the tables that may have something of what is looked for."""
        for one in contracts:
            if self.since is None or Table(self.spark, self.name(one)).written_since(self.since):
                yield one

    @property
    def _secret(self) -> Secret | None:
        return self.secrets[0] if self.secrets else None

    def _rows(self, contract: Contract, mine: Column, lines: Sequence[str] = ()) -> DataFrame:
        """Return the rows that a condition says, and those of lines by their identities."""
        name = self.name(contract)
        self.spark.catalog.refreshTable(name)
        rows = self.spark.table(name)
        found = rows.where(mine)
        if lines:
            of_lines = self.spark.createDataFrame([(one,) for one in lines], "_line string")
            same = F.concat_ws(":", *IDENTITY) == F.col("_line")
            found = rows.join(F.broadcast(of_lines), same & ~F.coalesce(mine, F.lit(False)), "left_semi").unionByName(
                found
            )
        return found

    def _delete(self, contract: Contract, rows: DataFrame, check: Check) -> int:
        """Delete rows of a table; return how many."""
        name = self.name(contract)
        gone = rows.localCheckpoint()
        count = gone.count()
        if count:
            LOG.info("%s: %d rows go", contract.id, count)
            for pipeline, one in self.contracts.pipelines.items():
                if one.processed == contract.id:
                    args = replace(self.args, pipeline=pipeline)
                    curated = CuratedTables(self.spark, args, self.contracts, self._secret)
                    curated.recompute(Without(self.spark, name, contract, gone), Held(check))
            check()
            table_maintenance.delete_rows(self.spark, name, contract, gone)
        gone.unpersist()
        return count
