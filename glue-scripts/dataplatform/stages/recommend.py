"""The recommend stage of recommendations: what a model recommends becomes the table, all of it or nothing."""

import logging
from dataclasses import dataclass
from functools import reduce

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from dataplatform import quality
from dataplatform.arguments import RecommendArguments
from dataplatform.contracts import FEATURES, Contract, Contracts
from dataplatform.counts import Report, Step
from dataplatform.engine.lease import Leases
from dataplatform.engine.publish import Published, Publisher, replace
from dataplatform.engine.spark import only
from dataplatform.engine.storage import ObjectStore
from dataplatform.stages.features import FULL, folder

LOG = logging.getLogger(__name__)

BATCH = "batch"
RECOMMENDATIONS, RUNS = "curated.recommendations", "features.model_runs"
_NAMED = 5  # of what is wrong, so many are named


class InvalidBatchError(RuntimeError):
    """What a model recommends cannot be published; the message names every reason."""


@dataclass
class Recommend:
    """One run of the stage."""

    spark: SparkSession
    args: RecommendArguments
    contracts: Contracts
    leases: Leases
    store: ObjectStore

    def run(self) -> Report:
        """Replace the table by the run's batch, in one snapshot.

        Raise InvalidBatchError, naming every reason, when it may not be; then nothing changes.
        """
        args, contract = self.args, self.contracts.get(RECOMMENDATIONS)
        report = Report(args.pipeline, args.stage, args.hours, args.execution)
        table = args.lake.table(contract.layer, contract.dataset)
        source = f"{args.lake.features}/{BATCH}/{args.execution}/recommendations.parquet"
        rows = self._read(source, contract).persist()
        try:
            published = self._publish(source, rows, table, contract)
        finally:
            rows.unpersist()
        LOG.info("%s: %d rows, %d changed, model %s", table, published.rows, published.changed, args.model_version)
        report.publish(contract.id, contract.upstream, table, published)
        # No job of Glue trains or keeps the account of it: what comes after says it for them.
        report.steps.append(Step(f"{args.pipeline}-train", RUNS, self.contracts.get(RUNS).upstream, 1))
        report.write(self.store, args.lake.artifacts)
        return report

    def _publish(self, source: str, rows: DataFrame, table: str, contract: Contract) -> Published[None]:
        if problems := self._problems(rows, contract):
            raise InvalidBatchError(f"{source} is not published: {'; '.join(problems)}")
        with self.leases.hold([table]) as check:
            return Publisher(self.spark, self.args.owner, check).publish(
                table,
                contract,
                lambda current: replace(rows, current, contract),
                lambda done: quality.audit(done, contract),
            )

    def _read(self, source: str, contract: Contract) -> DataFrame:
        rows = self._parquet(source, "the model's batch")
        try:
            return quality.conform(rows, contract)
        except quality.QualityError as error:
            raise InvalidBatchError(f"{source} is not published: {error}") from error

    def _parquet(self, source: str, what: str) -> DataFrame:
        try:
            return self.spark.read.parquet(source)
        except AnalysisException as error:
            raise InvalidBatchError(f"{source} cannot be read: {what} was not written, or is gone: {error}") from error

    def _problems(self, rows: DataFrame, contract: Contract) -> list[str]:
        """Return why rows are not what a model recommends."""
        if rows.isEmpty():
            return ["it is empty"]
        problems = []
        try:
            quality.audit(rows, contract)
        except quality.QualityError as error:
            problems.append(str(error))
        versions = _values(rows, "model_version")
        if versions != [self.args.model_version]:
            problems.append(f"it is of the model {', '.join(versions)}, not {self.args.model_version}")
        if rows.select("generated_at").distinct().count() != 1:
            problems.append("its rows are of several times")
        return problems + _misranked(rows) + self._unknown(rows)

    def _unknown(self, rows: DataFrame) -> list[str]:
        """Products in none of the files that the model learnt from: of no interaction, and not of the catalog."""
        root, run = self.args.lake.features, self.args.training_run or self.args.execution
        learnt = [
            self._parquet(folder(root, run, FULL, one.dataset), "what the run's model learnt from").select("product_id")
            for one in self.contracts.iceberg(FEATURES)
        ]
        known = reduce(DataFrame.union, learnt).distinct()
        names = _values(rows.join(known, "product_id", "left_anti"), "product_id")
        return [f"products that the run did not learn from: {', '.join(names)}"] if names else []


def _misranked(rows: DataFrame) -> list[str]:
    """Customers whose ranks are not 1 to how many there are, or whose scores rise with them."""
    before = F.lag("score").over(Window.partitionBy("customer_key").orderBy("rank"))
    found = only(
        rows.withColumn("_rises", F.col("score") > before)
        .groupBy("customer_key")
        .agg(
            ((F.min("rank") != 1) | (F.max("rank") != F.count("*"))).alias("gaps"),
            F.max(F.coalesce("_rises", F.lit(False))).alias("rises"),
        )
        .agg(F.count_if("gaps").alias("gaps"), F.count_if("rises").alias("rises"))
    )
    sentences = {
        "gaps": "customers whose ranks are not 1 to the number of their rows",
        "rises": "customers with a score above that of the rank before",
    }
    return [f"{found[name]} {text}" for name, text in sentences.items() if found[name]]


def _values(rows: DataFrame, column: str) -> list[str]:
    """The first values of a column."""
    return sorted(str(row[column]) for row in rows.select(column).distinct().orderBy(column).limit(_NAMED).collect())
