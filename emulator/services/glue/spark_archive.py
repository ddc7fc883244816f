"""Makes the class archive that lets jobs start Spark fast: `python -m emulator.services.glue.spark_archive --jars DIR`.

A training job touches what jobs of the platform touch (CSV and JSON on S3, an
Iceberg table in Glue, MERGE, branches, aggregation); the classes it loaded are
written beside the jars. Without the archive jobs run the same, only slower.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import boto3

from emulator.core import processes, spark_runtime
from emulator.core.settings import REGION, Settings
from emulator.services.glue import spark_pool

_TRAINING = Path(__file__).with_name("spark_training.py")
_CATALOG = "spark.sql.catalog.glue_catalog"


def make(jars_dir: Path) -> Path:
    """Make the archive unless it is there; its path.

    Raises CalledProcessError when the training job fails.
    """
    with tempfile.TemporaryDirectory(prefix="spark-archive-") as folder:
        directory = Path(folder)
        settings = Settings(port=0, state_dir=directory, jars_dir=jars_dir.resolve())
        target = spark_runtime.archive_file(settings)
        if target.exists():
            return target
        unfinished = target.with_suffix(f".{os.getpid()}.tmp")
        emulator = subprocess.Popen(
            [sys.executable, "-m", "emulator", "--port", "0", "--state-dir", folder, "--jars", str(jars_dir)],
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert emulator.stdout is not None
            endpoint = emulator.stdout.readline().split()[1]
            port = int(endpoint.rpartition(":")[2])
            settings = Settings(port=port, state_dir=directory, jars_dir=settings.jars_dir)
            _prepare(endpoint)
            _train(settings, unfinished)
            unfinished.rename(target)
        finally:
            unfinished.unlink(missing_ok=True)
            emulator.terminate()
            emulator.wait()
    return target


def _prepare(endpoint: str) -> None:
    def client(service: str) -> boto3.client:
        return boto3.client(
            service,
            endpoint_url=endpoint,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    client("s3").create_bucket(Bucket="training", CreateBucketConfiguration={"LocationConstraint": REGION})
    client("glue").create_database(DatabaseInput={"Name": "training"})


def _train(settings: Settings, archive: Path) -> None:
    directory = settings.state_dir
    scratch = directory / "tmp"
    scratch.mkdir()
    conf = {
        "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
        _CATALOG: "org.apache.iceberg.spark.SparkCatalog",
        f"{_CATALOG}.catalog-impl": "org.apache.iceberg.aws.glue.GlueCatalog",
        f"{_CATALOG}.io-impl": "org.apache.iceberg.aws.s3.S3FileIO",
        f"{_CATALOG}.warehouse": "s3://training",
    }
    jars = spark_runtime.classpath(settings, {"iceberg"})
    options = [f"-XX:ArchiveClassesAtExit={archive}", "-Xlog:cds=off", "-Xlog:cds+dynamic=off"]
    options += [f"-D{name}=test" for name in spark_pool.CREDENTIALS]
    home = spark_runtime.spark_home(directory / "spark", jars, options)
    spark_runtime.write_configuration(home, spark_runtime.configuration(settings, conf, scratch))
    environment = spark_runtime.environment(settings, home, [], scratch)
    command = [sys.executable, str(_TRAINING)]
    training = subprocess.Popen(command, env=environment, cwd=scratch, start_new_session=True)
    try:
        if training.wait() != 0:
            raise subprocess.CalledProcessError(training.returncode, command)
    finally:
        processes.stop(training)  # Java would write its archive even after a failure


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m emulator.services.glue.spark_archive", description=__doc__)
    parser.add_argument("--jars", type=Path, required=True, help="folder of Spark's additional jars")
    sys.stdout.write(f"{make(parser.parse_args().jars)}\n")


if __name__ == "__main__":
    main()
