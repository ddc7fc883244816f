"""One Spark session with a local Iceberg catalog, the contracts, and a lake of folders instead of buckets."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest
from lake import SECRET, FolderStore, FreeLeases, MemoryHours, MemoryLedger
from pyspark.sql import SparkSession

from dataplatform import contracts as contracts_module
from dataplatform.arguments import Lake, StageArguments
from dataplatform.contracts import Contracts
from dataplatform.engine import ddl
from dataplatform.engine.iceberg import Table
from dataplatform.hours import Hours
from dataplatform.session import settle
from dataplatform.stages.curate import CurateFiles, CurateStream
from dataplatform.stages.process import Process

REPOSITORY = Path(__file__).resolve().parents[2]
SCRIPTS = REPOSITORY / "glue-scripts"


@pytest.fixture(scope="session")
def jars() -> Path:
    """The folder of the Iceberg jars: a missing one fails, for a skipped test proves nothing."""
    folder = os.environ.get("DATAPLATFORM_JARS")
    if not folder:
        pytest.fail("DATAPLATFORM_JARS must name the folder that holds the Iceberg Spark runtime jar")
    found = sorted(Path(folder).glob("iceberg-spark-runtime-3.5_2.12-*.jar"))
    if not found:
        pytest.fail(f"no iceberg-spark-runtime-3.5_2.12-*.jar in DATAPLATFORM_JARS={folder}")
    return found[0]


@pytest.fixture(scope="session")
def contracts() -> Contracts:
    """The real contracts, as they are packed for the jobs."""
    path = Path(os.environ.get("DATAPLATFORM_CONTRACTS", REPOSITORY / "build" / "glue" / "contracts.json"))
    if not path.is_file():
        pytest.fail(f"no contracts at {path}: build them, or let DATAPLATFORM_CONTRACTS name the file")
    return contracts_module.parse(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def spark(jars: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """The session every test shares."""
    home = tmp_path_factory.mktemp("spark")
    os.environ["TZ"] = "America/New_York"  # a machine that is not on UTC must not matter
    # Spark's Python workers read JSON files by the library, with what it needs.
    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(SCRIPTS), os.environ.get("PYTHONPATH")]))
    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.jars", str(jars))
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.default.parallelism", "2")
        .config("spark.driver.memory", "2g")
        # Most code of a test runs a few times: compiling it well costs more than it saves.
        .config("spark.driver.extraJavaOptions", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
        .config("spark.sql.warehouse.dir", str(home / "warehouse"))
        .config("spark.sql.extensions", "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions")
        .config("spark.sql.catalog.glue_catalog", "org.apache.iceberg.spark.SparkCatalog")
        .config("spark.sql.catalog.glue_catalog.type", "hadoop")
        .config("spark.sql.catalog.glue_catalog.warehouse", str(home / "iceberg"))
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("ERROR")
    settle(session)
    yield session
    session.stop()


@dataclass
class Platform:
    """A lake of folders and the stages to run over it.

    Tables are made when something needs them: each takes a second, and a test needs few.
    """

    spark: SparkSession
    contracts: Contracts
    lake: Lake
    store: FolderStore
    ledger: MemoryLedger
    leases: FreeLeases
    root: Path
    hours: MemoryHours = field(default_factory=MemoryHours)
    limit: float = 1.0
    made: dict[str, str] = field(default_factory=dict)  # full table names by contract

    def arguments(self, pipeline: str, stage: str, hours: str, execution: str = "run") -> StageArguments:
        return StageArguments(
            pipeline=pipeline,
            stage=stage,
            hours=Hours.parse(hours),
            execution=execution,
            lake=self.lake,
            files_table="files",
            leases_table="leases",
            lateness_hours=72,
            dedup_days=2,
            quarantine_limit=self.limit,
        )

    def process(self, hours: str, pipeline: str = "sales") -> Process:
        return self._stage(Process, self.arguments(pipeline, "process", hours))

    def curate(self, hours: str, pipeline: str = "sales") -> CurateFiles | CurateStream:
        kind = CurateStream if self.contracts.pipeline(pipeline).streaming else CurateFiles
        return self._stage(kind, self.arguments(pipeline, "curate", hours))

    def run(self, hours: str, pipeline: str = "sales") -> None:
        self.process(hours, pipeline).run()
        self.curate(hours, pipeline).run()

    def table(self, name: str):  # noqa: ANN201
        full = self.make(name)
        self.spark.catalog.refreshTable(full)
        return self.spark.table(full)

    def rows(self, name: str) -> list[tuple]:
        return sorted((tuple(row) for row in self.table(name).collect()), key=str)

    def mains(self) -> list[int | None]:
        """The current snapshots of all tables there are."""
        return [Table(self.spark, name).main() for _, name in sorted(self.made.items())]

    def empty(self) -> None:
        """Take all rows out of all tables there are."""
        for name in self.made.values():
            self.spark.sql(f"DELETE FROM {name}")

    def make(self, one: str) -> str:
        """Make a table as the Glue catalog does, columns only, then bring it to its contract; return its full name."""
        contract = self.contracts.get(one)
        name = self.lake.table(contract.layer, contract.dataset)
        if one not in self.made:
            self.spark.sql(f"CREATE NAMESPACE IF NOT EXISTS {name.rsplit('.', 1)[0]}")
            columns = ", ".join(f"`{field.name}` {field.dataType.simpleString()}" for field in contract.schema)
            self.spark.sql(f"CREATE TABLE {name} ({columns}) USING iceberg TBLPROPERTIES ('format-version' = '2')")
            ddl.apply(self.spark, name, contract)
            self.made[one] = name
        return name

    def drop(self) -> None:
        """Drop the tables there are."""
        for name in self.made.values():
            self.spark.sql(f"DROP TABLE {name} PURGE")

    def _stage(self, kind, args):  # noqa: ANN001, ANN202
        self.spark.catalog.clearCache()  # a job has a session of its own
        pipeline = self.contracts.pipeline(args.pipeline)
        needed = [pipeline.processed, *pipeline.curated]
        needed += [lookup for one in pipeline.curated for lookup in self.contracts.get(one).upstream[1:]]
        for one in needed:
            if self.contracts.get(one).format == "iceberg":
                self.make(one)
        beside = {CurateStream: {"hours": self.hours}, CurateFiles: {"secret": SECRET}}.get(kind, {})
        return kind(self.spark, args, self.contracts, self.ledger, self.leases, self.store, **beside)


@pytest.fixture
def platform(spark: SparkSession, contracts: Contracts, tmp_path: Path) -> Iterator[Platform]:
    """A fresh lake."""
    with lake_of(spark, contracts, tmp_path) as made:
        yield made


@contextmanager
def lake_of(spark: SparkSession, contracts: Contracts, root: Path) -> Iterator[Platform]:
    suffix = f"{os.getpid()}_{abs(hash(str(root)))}_{datetime.now():%H%M%S%f}"
    lake = Lake(
        raw=(root / "raw").as_uri(),
        processed=(root / "processed").as_uri(),
        curated=(root / "curated").as_uri(),
        artifacts=(root / "artifacts").as_uri(),
        processed_database=f"processed_{suffix}",
        curated_database=f"curated_{suffix}",
        features=(root / "features").as_uri(),
        features_database=f"features_{suffix}",
    )
    store = FolderStore()
    made = Platform(spark, contracts, lake, store, MemoryLedger(root), FreeLeases(), root)
    yield made
    made.drop()
