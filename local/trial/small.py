"""The Spark session of what is tried on this machine: it starts soon, for it has little to do."""

from pyspark.sql import SparkSession

from dataplatform.session import settle


def session(name: str) -> SparkSession:
    """Return a session for a few thousand lines."""
    found: SparkSession = (
        SparkSession.builder.master("local[2]")
        .appName(name)
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.default.parallelism", "2")
        # Code runs once: compiling it well costs more than it saves.
        .config("spark.driver.extraJavaOptions", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
        .getOrCreate()
    )
    found.sparkContext.setLogLevel("ERROR")
    settle(found)
    return found
