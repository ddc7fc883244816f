"""The child process of one Glue run: its files, its log streams, how it ended."""

from __future__ import annotations

import logging
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from emulator.core import aws, processes, spark_runtime
from emulator.core.log_files import LogFile
from emulator.core.permissions import callers
from emulator.core.settings import Settings
from emulator.services.glue import spark_pool
from emulator.services.glue.arguments import Arguments

log = logging.getLogger(__name__)

LOG_PREFIX = "/aws-glue/jobs"
_LOG_INTERVAL_SECONDS = 1.0
_MAX_ERROR = 2000  # characters of a run's ErrorMessage


class GlueProcess:
    """Runs one script; everything it needs lies in a folder of its own."""

    process: subprocess.Popen[bytes]

    def __init__(
        self, settings: Settings, job: str, run_id: str, role: str, command: dict[str, Any], arguments: Arguments
    ) -> None:
        self._settings = settings
        self._job, self._run_id, self._role = job, run_id, role
        self._script = arguments.own("scriptLocation") or command["ScriptLocation"]
        self._kind = command.get("Name", "glueetl")
        self._arguments = arguments
        self._directory = settings.state_dir / "glue" / run_id
        self._scratch = self._directory / "tmp"
        prefix = arguments.own("custom-logGroup-prefix") or LOG_PREFIX
        self._logs = [
            LogFile(settings, f"{prefix}/{suffix}", run_id, role, self._directory / suffix)
            for suffix in ("output", "error")
        ]
        self._borrowed = False  # whether the log of the run's JVM is followed, too

    def start(self) -> None:
        """Fetch script and libraries from S3 and start the process.

        Raises ClientError when an object is missing, ValueError for arguments
        that cannot be read or a kind of job that isn't run here.
        """
        if self._kind not in ("glueetl", "pythonshell"):
            raise ValueError(f"jobs of kind {self._kind} are not run here")
        spark = self._arguments.spark()
        self._scratch.mkdir(parents=True)
        script = self._fetch(self._script, self._directory / "script")
        libraries = [self._fetch(uri, self._directory / "lib") for uri in self._arguments.listed("extra-py-files")]
        jars = [self._fetch(uri, self._directory / "jars") for uri in self._arguments.listed("extra-jars")]
        for uri in self._arguments.listed("extra-files"):
            self._fetch(uri, self._scratch)

        formats = frozenset(self._arguments.listed("datalake-formats"))
        wish = spark_pool.Wish(formats, tuple(jars), spark, *callers.key_of(self._role))
        home = spark_pool.home(self._directory / "spark", self._run_id, wish)
        own = ["--JOB_NAME", self._job, "--JOB_ID", f"j_{self._job}", "--JOB_RUN_ID", self._run_id]
        with (self._directory / "output").open("wb") as output, (self._directory / "error").open("wb") as error:
            self.process = subprocess.Popen(
                [sys.executable, str(script), *own, *self._arguments.script()],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=error,
                cwd=self._scratch,
                env={
                    **spark_runtime.environment(self._settings, home, libraries, self._scratch),
                    **callers.environment(self._role),
                },
                start_new_session=True,
            )
        processes.register(self.process, "glue", self._job)

    def wait(self, limit: float | None) -> int | None:
        """Wait for the end, passing on what is logged; None when limit seconds pass first."""
        deadline = time.monotonic() + limit if limit else float("inf")
        code: int | None = None
        while code is None and time.monotonic() < deadline:
            try:
                code = self.process.wait(max(0.0, min(_LOG_INTERVAL_SECONDS, deadline - time.monotonic())))
            except subprocess.TimeoutExpired:
                self._pass_on()
        processes.stop(self.process)
        self.process.wait()
        processes.unregister(self.process)
        self._pass_on()
        spark_pool.give_back(self._run_id, well=code == 0)
        shutil.rmtree(self._scratch, ignore_errors=True)
        return code

    def error(self, code: int) -> str:
        """Why the run failed: the last exception, or how the process ended."""
        found = last_exception((self._directory / "error").read_text(errors="replace"))
        if found is not None:
            return found
        # A process that ended by signal 9 has -9 here and 137 in a shell.
        return f"Command failed with exit code {code if code > 0 else 128 - code}"

    def _pass_on(self) -> None:
        if not self._borrowed and (driver := spark_pool.driver_of(self._run_id)) is not None:
            self._borrowed = True
            errors = self._logs[1]
            log_file = LogFile(self._settings, errors.group, self._run_id, self._role, driver.log, driver.log_start)
            self._logs.append(log_file)
        for file in self._logs:
            file.pass_on()

    def _fetch(self, uri: str, directory: Path) -> Path:
        match = re.fullmatch(r"s3a?://([^/]+)/(.+)", uri)
        if match is None:
            raise ValueError(f"not an S3 location: {uri!r}")
        directory.mkdir(parents=True, exist_ok=True)
        target = directory / match[2].rpartition("/")[2]
        body = aws.client("s3", role=self._role).get_object(Bucket=match[1], Key=match[2])["Body"]
        with target.open("wb") as file:
            shutil.copyfileobj(body, file)
        return target


def last_exception(text: str) -> str | None:
    """The last uncaught exception of a Python program's error output, without its stack.

    Spark's Java exceptions follow on a line of their own, after a colon.
    """
    _, found, tail = text.rpartition("Traceback (most recent call last):\n")
    if not found:
        return None
    lines = tail.splitlines()
    for number, line in enumerate(lines):
        if line and not line[0].isspace():
            cause = lines[number + 1] if number + 1 < len(lines) else ""
            return (line + (cause if cause.startswith(": ") else ""))[:_MAX_ERROR]
    return None
