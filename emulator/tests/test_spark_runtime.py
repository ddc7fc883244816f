"""How a job's Java and Spark are set up, without starting them."""

from __future__ import annotations

from pathlib import Path

import pytest

from emulator.core import spark_runtime
from emulator.core.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    jars = tmp_path / "jars"
    jars.mkdir()
    for name in ("iceberg-aws-bundle-1.jar", "hadoop-aws-3.jar", "aws-java-sdk-bundle-1.jar"):
        (jars / name).write_bytes(b"jar")
    return Settings(port=4566, state_dir=tmp_path, jars_dir=jars)


def test_iceberg_is_there_only_when_asked_for(settings: Settings) -> None:
    plain = [jar.name for jar in spark_runtime.classpath(settings, set())]
    asked = [jar.name for jar in spark_runtime.classpath(settings, {"iceberg"})]
    assert plain[-2:] == ["aws-java-sdk-bundle-1.jar", "hadoop-aws-3.jar"]
    assert asked == [*plain, "iceberg-aws-bundle-1.jar"]


def test_the_archive_belongs_to_exactly_these_jars(settings: Settings) -> None:
    first = spark_runtime.archive_file(settings)
    assert spark_runtime.archive_file(settings) == first
    (settings.jars_dir / "hadoop-aws-3.jar").write_bytes(b"another jar")
    assert spark_runtime.archive_file(settings) != first


def test_java_is_started_at_once(settings: Settings) -> None:
    jars = [Path("/with space/a.jar"), Path("/b.jar")]
    home = spark_runtime.spark_home(settings.state_dir / "home", jars, ["-XX:SharedArchiveFile=/x.jsa"])
    script = (home / "bin" / "spark-submit").read_text()
    assert "-XX:SharedArchiveFile=/x.jsa -cp '/with space/a.jar:/b.jar' org.apache.spark.deploy.SparkSubmit" in script
    assert list((home / "jars").glob("spark-core*.jar"))


def test_a_job_cannot_leave_the_emulator(settings: Settings) -> None:
    job = {
        "spark.sql.catalog.mine": "org.apache.iceberg.spark.SparkCatalog",
        "spark.sql.catalog.mine.glue.endpoint": "https://elsewhere",
        "spark.sql.shuffle.partitions": "7",
        "spark.ui.enabled": "true",
    }
    values = spark_runtime.configuration(settings, job, settings.state_dir)
    assert values["spark.sql.catalog.mine"] == "org.apache.iceberg.spark.SparkCatalog"
    assert values["spark.sql.catalog.mine.glue.endpoint"] == settings.endpoint
    assert values["spark.sql.catalog.mine.s3.endpoint"] == settings.endpoint
    assert values["spark.hadoop.fs.s3a.endpoint"] == settings.endpoint
    assert (values["spark.sql.shuffle.partitions"], values["spark.ui.enabled"]) == ("7", "false")
    assert "spark.sql.catalog.glue_catalog" not in values, "jobs configure their catalogs themselves, as on AWS"
