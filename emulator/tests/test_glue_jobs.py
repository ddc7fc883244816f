"""Glue job runs: real processes, real Spark, and the states that tell of them."""

from __future__ import annotations

import io
import os
import signal
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from emulator.services.glue import jobs as glue_jobs
from emulator.services.glue.arguments import Arguments
from emulator.services.glue.process import last_exception
from emulator.tests.conftest import eventually

Start = Callable[..., Any]
ENDED = ("SUCCEEDED", "FAILED", "TIMEOUT", "STOPPED")
ICEBERG = (
    "spark.sql.extensions=org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions"
    " --conf spark.sql.catalog.glue_catalog=org.apache.iceberg.spark.SparkCatalog"
    " --conf spark.sql.catalog.glue_catalog.catalog-impl=org.apache.iceberg.aws.glue.GlueCatalog"
    " --conf spark.sql.catalog.glue_catalog.io-impl=org.apache.iceberg.aws.s3.S3FileIO"
)


class Glue:
    """One bucket of scripts, and jobs made of them."""

    def __init__(self, client: Callable[..., Any], role: str, bucket: str):
        self.glue, self.s3, self.logs = client("glue"), client("s3"), client("logs")
        self.role, self.bucket = role, bucket
        self.s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})

    def job(self, script: str, arguments: dict[str, str] | None = None, **more: Any) -> str:
        name = f"{self.bucket}-{len(self.glue.list_jobs()['JobNames'])}"
        self.s3.put_object(Bucket=self.bucket, Key=f"{name}.py", Body=script.encode())
        self.glue.create_job(
            Name=name,
            Role=self.role,
            Command={"Name": "glueetl", "ScriptLocation": f"s3://{self.bucket}/{name}.py", "PythonVersion": "3"},
            DefaultArguments=arguments or {},
            GlueVersion="5.0",
            **more,
        )
        return name

    def start(self, name: str, **more: Any) -> str:
        return self.glue.start_job_run(JobName=name, **more)["JobRunId"]

    def run(self, name: str, run_id: str) -> dict[str, Any]:
        return self.glue.get_job_run(JobName=name, RunId=run_id)["JobRun"]

    def ended(self, name: str, run_id: str, seconds: float = 240) -> dict[str, Any]:
        eventually(lambda: self.run(name, run_id)["JobRunState"] in ENDED, seconds)
        return self.run(name, run_id)

    def logged(self, group: str, run_id: str) -> list[str]:
        events = self.logs.get_log_events(logGroupName=group, logStreamName=run_id, startFromHead=True)
        return [event["message"] for event in events["events"]]


@pytest.fixture
def glue(client: Callable[..., Any], role: str, unique: str) -> Glue:
    return Glue(client, role, unique)


def test_a_script_that_ends_well(glue: Glue) -> None:
    name = glue.job("import sys; print('argv', sys.argv[1:])", {"--fruit": "apple", "--enable-metrics": "true"})
    run_id = glue.start(name, Arguments={"--fruit": "pear"})
    assert glue.run(name, run_id)["JobRunState"] in ("STARTING", "RUNNING")
    run = glue.ended(name, run_id)
    assert (run["JobRunState"], run.get("ErrorMessage"), run["Attempt"]) == ("SUCCEEDED", None, 0)
    assert run["StartedOn"] <= run["CompletedOn"]
    assert run_id.startswith("jr_") and len(run_id) == 67
    argv = ["--JOB_NAME", name, "--JOB_ID", f"j_{name}", "--JOB_RUN_ID", run_id, "--fruit", "pear"]
    assert glue.logged("/aws-glue/jobs/output", run_id) == [f"argv {argv}"]


@pytest.mark.parametrize(
    ("give", "want"),
    [
        ("def f():\n  raise ValueError('no such hour')\nf()", "ValueError: no such hour"),
        ("import sys; sys.exit(3)", "Command failed with exit code 3"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "Command failed with exit code 137"),
    ],
)
def test_a_script_that_fails(glue: Glue, give: str, want: str) -> None:
    name = glue.job(give, {"--custom-logGroup-prefix": f"/aws-glue/{glue.bucket}"})
    run = glue.ended(name, glue.start(name))
    assert (run["JobRunState"], run["ErrorMessage"]) == ("FAILED", want)


def test_a_script_that_is_missing(glue: Glue) -> None:
    name = glue.job("pass")
    glue.s3.delete_object(Bucket=glue.bucket, Key=f"{name}.py")
    run = glue.ended(name, glue.start(name))
    assert run["JobRunState"] == "FAILED"
    assert run["ErrorMessage"].startswith("LAUNCH ERROR | ")


def test_error_log_goes_to_the_named_group(glue: Glue) -> None:
    name = glue.job("import sys; print('careful', file=sys.stderr)", {"--custom-logGroup-prefix": f"/{glue.bucket}"})
    run_id = glue.start(name)
    assert glue.ended(name, run_id)["LogGroupName"] == f"/{glue.bucket}"
    assert glue.logged(f"/{glue.bucket}/error", run_id) == ["careful"]


def test_libraries_are_imported_from_archives(glue: Glue) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("fruits/__init__.py", "BEST = 'plum'")
    glue.s3.put_object(Bucket=glue.bucket, Key="lib/fruits.zip", Body=packed.getvalue())
    script = "import fruits; print(fruits.BEST)"
    name = glue.job(script, {"--extra-py-files": f"s3://{glue.bucket}/lib/fruits.zip"})
    run_id = glue.start(name)
    assert glue.ended(name, run_id)["JobRunState"] == "SUCCEEDED"
    assert glue.logged("/aws-glue/jobs/output", run_id) == ["plum"]


def test_concurrent_runs_are_limited_and_stopped(glue: Glue) -> None:
    name = glue.job("import time; time.sleep(600)")
    first = glue.start(name)
    with pytest.raises(glue.glue.exceptions.ConcurrentRunsExceededException):
        glue.start(name)
    eventually(lambda: glue.run(name, first)["JobRunState"] == "RUNNING", 30)
    answer = glue.glue.batch_stop_job_run(JobName=name, JobRunIds=[first])
    assert answer["SuccessfulSubmissions"] == [{"JobName": name, "JobRunId": first}]
    assert glue.ended(name, first, 30)["JobRunState"] == "STOPPED"
    again = glue.glue.batch_stop_job_run(JobName=name, JobRunIds=[first])
    assert again["Errors"][0]["JobRunId"] == first
    second = glue.start(name)
    assert [run["Id"] for run in glue.glue.get_job_runs(JobName=name)["JobRuns"]] == [second, first]
    glue.glue.batch_stop_job_run(JobName=name, JobRunIds=[second])
    assert glue.ended(name, second, 30)["JobRunState"] == "STOPPED"


def test_a_failed_run_is_tried_again(glue: Glue) -> None:
    script = "import sys; print(sys.argv[-1]); raise SystemExit(1 if sys.argv[4][-9:] != 'attempt_1' else 0)"
    name = glue.job(script.replace("sys.argv[4]", "sys.argv[6]"), MaxRetries=2)
    first = glue.start(name)
    assert glue.ended(name, first)["JobRunState"] == "FAILED"
    second = f"{first}_attempt_1"
    run = glue.ended(name, second)
    assert (run["JobRunState"], run["Attempt"], run["PreviousRunId"]) == ("SUCCEEDED", 1, first)
    assert len(glue.glue.get_job_runs(JobName=name)["JobRuns"]) == 2


SPARK = """
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
bucket = {bucket!r}
spark.range(50).withColumnRenamed("id", "n").write.json(f"s3://{{bucket}}/in")
spark.sql(f"CREATE TABLE glue_catalog.{{bucket}}.t (n bigint) USING iceberg LOCATION 's3://{{bucket}}/t'")
spark.read.schema("n bigint").json(f"s3://{{bucket}}/in").writeTo(f"glue_catalog.{{bucket}}.t").append()
print("rows", spark.table(f"glue_catalog.{{bucket}}.t").count(), spark.conf.get("spark.sql.session.timeZone"))
spark.sql("SELECT * FROM glue_catalog.absent.t")
"""


def test_spark_writes_an_iceberg_table(glue: Glue) -> None:
    glue.glue.create_database(DatabaseInput={"Name": glue.bucket})
    arguments = {"--datalake-formats": "iceberg", "--conf": ICEBERG}
    name = glue.job(SPARK.format(bucket=glue.bucket), arguments)
    run_id = glue.start(name)
    run = glue.ended(name, run_id)
    assert glue.logged("/aws-glue/jobs/output", run_id) == ["rows 50 UTC"], run.get("ErrorMessage")
    assert run["JobRunState"] == "FAILED"
    assert "TABLE_OR_VIEW_NOT_FOUND" in run["ErrorMessage"]
    table = glue.glue.get_table(DatabaseName=glue.bucket, Name="t")["Table"]
    assert table["Parameters"]["table_type"] == "ICEBERG"
    assert table["VersionId"] == "2"


WARM = """
import os
from pyspark.sql import SparkSession
spark = SparkSession.builder.appName({name!r}).getOrCreate()
print(spark._jvm.java.lang.ProcessHandle.current().pid(), spark.sparkContext.appName, spark.catalog.tableExists("left"))
spark.range(3).createTempView("left")
{end}
"""


def test_spark_jobs_share_a_jvm_but_nothing_else(glue: Glue) -> None:
    def run(name: str, end: str = "") -> list[str]:
        job = glue.job(WARM.format(name=name, end=end), {"--conf": "spark.sql.shuffle.partitions=3"})
        run_id = glue.start(job)
        ended = glue.ended(job, run_id)
        assert ended["JobRunState"] == ("FAILED" if end else "SUCCEEDED"), ended
        return glue.logged("/aws-glue/jobs/output", run_id)[0].split()

    first, second = run("a"), run("b")
    assert first[1:] == ["a", "False"]
    assert second == [first[0], "b", "False"]
    killed = run("c", "os.kill(os.getpid(), 9)")
    assert killed[0] == first[0]
    after = run("d")
    assert after[0] != first[0], "a machine is not used again after a job that was killed"
    assert not os.path.exists(f"/proc/{first[0]}")


class StubProcess:
    """Stands for a child that never ends by itself."""

    process = None
    running = 0
    most = 0
    let_go = threading.Event()

    def __init__(self, *_: Any):
        pass

    def start(self) -> None:
        StubProcess.running += 1
        StubProcess.most = max(StubProcess.most, StubProcess.running)

    def wait(self, limit: float | None) -> int | None:
        ended = StubProcess.let_go.wait(limit)
        StubProcess.running -= 1
        return 0 if ended else None


class StubJob:
    """As much of a job as runs look at."""

    name, command, default_arguments, non_overridable_arguments = "stub", {}, {}, {}
    execution_property = {"MaxConcurrentRuns": 5}
    max_retries = timeout = allocated_capacity = max_capacity = worker_type = None
    role = ""
    security_configuration = number_of_workers = notification_property = glue_version = execution_class = None

    def __init__(self) -> None:
        self.job_runs: list[Any] = []


@pytest.fixture
def stubbed(monkeypatch: pytest.MonkeyPatch) -> StubJob:
    monkeypatch.setattr(glue_jobs.process, "GlueProcess", StubProcess)
    monkeypatch.setattr(glue_jobs, "_settings", object())
    monkeypatch.setattr(glue_jobs, "_tell", lambda run: None)
    monkeypatch.setattr(glue_jobs, "_MINUTE_SECONDS", 0.1)
    StubProcess.most = 0
    StubProcess.let_go.clear()
    return StubJob()


def test_what_a_job_pins_no_start_replaces(stubbed: StubJob) -> None:
    """AWS Glue API, Job, NonOverridableArguments: "not overridden when providing job arguments in a job run"."""
    stubbed.default_arguments = {"--b": "default", "--c": "default"}
    stubbed.non_overridable_arguments = {"--scriptLocation": "s3://own/job.py", "--c": "pinned"}
    given = {"--scriptLocation": "s3://other/job.py", "--b": "given", "--c": "given", "--d": "given"}
    glue_jobs.start_job_run(stubbed, *[None] * 8, arguments=given)
    StubProcess.let_go.set()
    [run] = stubbed.job_runs
    assert run.arguments == {"--scriptLocation": "s3://own/job.py", "--b": "given", "--c": "pinned", "--d": "given"}


def test_a_run_over_its_time(stubbed: StubJob) -> None:
    glue_jobs.start_job_run(stubbed, None, None, 1, None, None, None, None, None, None)
    eventually(lambda: stubbed.job_runs[0].ended, 5)
    assert stubbed.job_runs[0].status == "TIMEOUT"


def test_at_most_two_processes(stubbed: StubJob) -> None:
    for _ in range(5):
        glue_jobs.start_job_run(stubbed, None, None, None, None, None, None, None, None, None)
    eventually(lambda: sum(run.status == "RUNNING" for run in stubbed.job_runs) == 2, 5)
    assert [run.status for run in stubbed.job_runs].count("STARTING") == 3
    StubProcess.let_go.set()
    eventually(lambda: all(run.ended for run in stubbed.job_runs), 5)
    assert StubProcess.most == 2


def test_a_killed_child_leaves_nothing_running(glue: Glue, server: Any) -> None:
    script = "import subprocess, time; print(subprocess.Popen(['sleep', '600']).pid, flush=True); time.sleep(600)"
    name = glue.job(script)
    run_id = glue.start(name)
    child = int(eventually(lambda: _first(glue, run_id), 30))
    parent = int(Path(f"/proc/{child}/stat").read_text().split()[3])
    os.kill(parent, signal.SIGKILL)
    run = glue.ended(name, run_id, 30)
    assert (run["JobRunState"], run["ErrorMessage"]) == ("FAILED", "Command failed with exit code 137")
    eventually(lambda: not os.path.exists(f"/proc/{child}"), 10)


def _first(glue: Glue, run_id: str) -> str | None:
    try:
        return next(iter(glue.logged("/aws-glue/jobs/output", run_id)), None)
    except glue.logs.exceptions.ResourceNotFoundException:
        return None


@pytest.mark.parametrize(
    ("give", "want"),
    [
        ("", {}),
        ("a.b=c", {"a.b": "c"}),
        ("a=b --conf c=d=e  --conf f=", {"a": "b", "c": "d=e", "f": ""}),
    ],
)
def test_conf_argument(give: str, want: dict[str, str]) -> None:
    assert Arguments({"--conf": give}).spark() == want


def test_conf_argument_refused() -> None:
    with pytest.raises(ValueError, match="not name=value: 'ab'"):
        Arguments({"--conf": "ab"}).spark()


@pytest.mark.parametrize(
    ("give", "want"),
    [
        ("all went well\n", None),
        ("Traceback (most recent call last):\n  File x\n    y()\nKeyError: 'z'\n", "KeyError: 'z'"),
        (
            "Traceback (most recent call last):\n  File\npy4j.protocol.Py4JJavaError: An error occurred.\n"
            ": org.apache.spark.SparkException: lost\n\tat org.x\n",
            "py4j.protocol.Py4JJavaError: An error occurred.: org.apache.spark.SparkException: lost",
        ),
        (
            "Traceback (most recent call last):\n  F\nA: 1\n\nDuring handling of the above exception:\n\n"
            "Traceback (most recent call last):\n  F\nB: 2\n",
            "B: 2",
        ),
    ],
)
def test_last_exception(give: str, want: str | None) -> None:
    assert last_exception(give) == want
