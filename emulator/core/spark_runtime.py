"""How a job's Spark is started here: its Java machine, its configuration, its environment.

Starting Spark is most of a short job's time. Three things cut the processor
time of a small Iceberg job to about a third: Java is run directly instead of
by Spark's launcher, itself a Java program; only the first compiler tier is
used, as most code of a short job runs a few times; and classes come from an
archive (class data sharing) that `python -m emulator.services.glue.spark_archive` makes.
"""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

from emulator.core.settings import Settings

# Spark's own JavaModuleOptions for Java 17.
_OPENED_NAMES = """
java.base/java.lang java.base/java.lang.invoke java.base/java.lang.reflect java.base/java.io
java.base/java.net java.base/java.nio java.base/java.util java.base/java.util.concurrent
java.base/java.util.concurrent.atomic java.base/jdk.internal.ref java.base/sun.nio.ch
java.base/sun.nio.cs java.base/sun.security.action java.base/sun.util.calendar
java.security.jgss/sun.security.krb5
"""
_OPENED = _OPENED_NAMES.split()
_JAVA_OPTIONS = (
    "-Xmx1g",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:ReservedCodeCacheSize=128m",
    "-Duser.timezone=UTC",
    "-Djdk.reflect.useDirectMethodHandle=false",
    *(f"--add-opens={opened}=ALL-UNNAMED" for opened in _OPENED),
)

_DEFAULTS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.shuffle.partitions": "4",
    # Renaming is copying on S3: commit each task's files straight away.
    "spark.hadoop.mapreduce.fileoutputcommitter.algorithm.version": "2",
    "spark.hadoop.fs.s3a.directory.marker.retention": "keep",
}


def classpath(settings: Settings, formats: set[str]) -> list[Path]:
    """Spark's jars, then S3's, then those of the table formats a job asked for.

    The archive serves a class path that starts as the one it was made with, so
    the order is fixed.
    """
    spark = sorted(spark_jars().glob("*.jar"))
    more = sorted(settings.jars_dir.glob("*.jar"))
    iceberg = [jar for jar in more if jar.name.startswith("iceberg-")]
    s3 = [jar for jar in more if jar not in iceberg]
    return [*spark, *s3, *(iceberg if "iceberg" in formats else [])]


def spark_jars() -> Path:
    """The jars inside the installed pyspark; finding them does not import it."""
    found = find_spec("pyspark")
    if found is None or found.origin is None:
        raise FileNotFoundError("pyspark is not installed beside the emulator")
    return Path(found.origin).parent / "jars"


def archive_file(settings: Settings) -> Path:
    """Where the class archive for exactly these jars and this Java is kept."""
    names = [f"{jar}:{jar.stat().st_size}" for jar in classpath(settings, {"iceberg"})]
    key = hashlib.sha256("\n".join([str(Path(java()).resolve()), *names]).encode())
    return settings.jars_dir / f"spark-{key.hexdigest()[:16]}.jsa"


def shared_classes(settings: Settings) -> list[str]:
    """Java's option for the class archive, none without one."""
    archive = archive_file(settings)
    return [f"-XX:SharedArchiveFile={archive}"] if archive.exists() else []


def java() -> str:
    """The Java program: JAVA_HOME's, else the one on PATH."""
    home = os.environ.get("JAVA_HOME")
    return f"{home}/bin/java" if home else shutil.which("java") or "java"


def spark_home(directory: Path, jars: list[Path], options: list[str]) -> Path:
    """Make a SPARK_HOME whose spark-submit runs Java at once."""
    submit = directory / "bin" / "spark-submit"
    submit.parent.mkdir(parents=True)
    (directory / "jars").symlink_to(spark_jars())
    command = [java(), *_JAVA_OPTIONS, *options, "-cp", ":".join(map(str, jars)), "org.apache.spark.deploy.SparkSubmit"]
    submit.write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n')
    submit.chmod(0o755)
    return directory


def configuration(settings: Settings, job: dict[str, str], scratch: Path) -> dict[str, str]:
    """Spark's configuration: defaults, what the job sets, and where things are here.

    A job configures its catalogs itself, as on AWS; only their endpoints are added.
    """
    catalogs = {match[1] for name in job if (match := re.match(r"spark\.sql\.catalog\.(\w+)", name))}
    places = {
        "spark.master": "local[2]",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.local.dir": str(scratch),
        "spark.sql.warehouse.dir": str(scratch / "warehouse"),
        "spark.hadoop.fs.s3.impl": "org.apache.hadoop.fs.s3a.S3AFileSystem",
        "spark.hadoop.fs.s3a.endpoint": settings.endpoint,
        "spark.hadoop.fs.s3a.endpoint.region": settings.region,
        "spark.hadoop.fs.s3a.path.style.access": "true",
        "spark.hadoop.fs.s3a.connection.ssl.enabled": "false",
        # Credentials are properties of the Java machine, which both this provider and the one that Iceberg's clients
        # find first read for each request: a machine can be given to a job of another role.
        "spark.hadoop.fs.s3a.aws.credentials.provider": "com.amazonaws.auth.SystemPropertiesCredentialsProvider",
    }
    for catalog in catalogs | {"glue_catalog"}:
        prefix = f"spark.sql.catalog.{catalog}"
        places[f"{prefix}.glue.endpoint"] = settings.endpoint
        places[f"{prefix}.dynamodb.endpoint"] = settings.endpoint
        places[f"{prefix}.s3.endpoint"] = settings.endpoint
        places[f"{prefix}.s3.path-style-access"] = "true"
        places[f"{prefix}.client.region"] = settings.region
    return {**_DEFAULTS, **job, **places}


def write_configuration(home: Path, values: dict[str, str]) -> None:
    """Write a SPARK_HOME's spark-defaults.conf, a Java properties file."""
    directory = home / "conf"
    directory.mkdir(exist_ok=True)
    lines = [f"{name} {value}".replace("\\", "\\\\") for name, value in values.items()]
    (directory / "spark-defaults.conf").write_text("\n".join(lines) + "\n")


def environment(settings: Settings, home: Path, libraries: list[Path], scratch: Path) -> dict[str, str]:
    """The environment of a job and of its Java machine: libraries, and the emulator as AWS; no credentials."""
    return {
        **aws_environment(settings),
        "PYTHONPATH": ":".join(map(str, libraries)),
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_HOME": str(home),
        "SPARK_CONF_DIR": str(home / "conf"),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "TMPDIR": str(scratch),
    }


def aws_environment(settings: Settings) -> dict[str, str]:
    """The environment in which a child of the emulator finds it as AWS, and nothing else: no credentials either."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "JAVA_HOME") if name in os.environ}
    return {
        **kept,
        "TZ": "UTC",
        "AWS_ENDPOINT_URL": settings.endpoint,
        "AWS_REGION": settings.region,
        "AWS_DEFAULT_REGION": settings.region,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
