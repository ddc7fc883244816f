"""The Spark session of what is tried on this machine: it starts soon, for it has little to do."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from pyspark.sql import SparkSession

from dataplatform.session import settle
from emulator.core import spark_runtime
from emulator.core.settings import Settings


@contextmanager
def session(name: str) -> Iterator[SparkSession]:
    """A session for a few thousand lines; its Java machine starts as those of the emulator's jobs do."""
    with TemporaryDirectory(prefix="spark-") as folder:
        settings = Settings(port=0, state_dir=Path(folder), jars_dir=Path(os.environ["DATAPLATFORM_JARS"]))
        jars = spark_runtime.classpath(settings, {"iceberg"})
        home = spark_runtime.spark_home(Path(folder) / "home", jars, spark_runtime.shared_classes(settings))
        os.environ["SPARK_HOME"] = str(home)
        found: SparkSession = (
            SparkSession.builder.master("local[2]")
            .appName(name)
            .config("spark.ui.enabled", "false")
            .config("spark.ui.showConsoleProgress", "false")
            .config("spark.sql.shuffle.partitions", "2")
            .config("spark.default.parallelism", "2")
            # Planning anew after each stage costs more than it saves.
            .config("spark.sql.adaptive.enabled", "false")
            .getOrCreate()
        )
        found.sparkContext.setLogLevel("ERROR")
        settle(found)
        try:
            yield found
        finally:
            found.stop()
