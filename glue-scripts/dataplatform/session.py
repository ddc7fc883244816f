"""The one Spark session of a job."""

import logging
import sys

from pyspark.sql import SparkSession


def start(name: str) -> SparkSession:
    """Return the session; catalogs and resources come from the environment, only what the code's meaning rests on is set."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    session = SparkSession.builder.appName(name).getOrCreate()
    # Hours and dates are UTC everywhere.
    session.conf.set("spark.sql.session.timeZone", "UTC")
    return session
