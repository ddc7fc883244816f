"""Java machines that stay warm between jobs, as Glue keeps workers ready.

Starting Java and compiling its first queries costs more processor time than a
small job itself. A job's `spark-submit` therefore borrows a machine here: one
that an earlier job with the same jars and configuration ended well on, whatever
its role, or a new one. The machine has the job's credentials while it is lent and
none otherwise. Whatever a job that failed or was killed left behind is gone
with its machine.
"""

from __future__ import annotations

import contextlib
import json
import logging
import shutil
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from py4j.clientserver import ClientServer, JavaParameters, PythonParameters
from py4j.protocol import Py4JError

from emulator.core import admin, processes, spark_runtime
from emulator.core.settings import Settings

log = logging.getLogger(__name__)

ROUTE = "/_local/spark"
_START_SECONDS = 60.0
# Each job leaves some classes and clients in its machine; none of them may become a leak that matters.
_JOBS_A_MACHINE = 50
_IDLE = 3  # as many as pipelines that run beside each other most of the time

_SUBMIT = """\
#!{python} -SE
# Stands for spark-submit: borrows a running Java machine from the emulator and says where it listens.
import http.client, json, os, struct, sys

connection = http.client.HTTPConnection("127.0.0.1", {port})
connection.request("POST", "{route}", json.dumps({{"run": "{run}"}}))
answer = connection.getresponse()
body = json.loads(answer.read())
if answer.status != 200:
    sys.exit(f"no Java machine: {{body}}")
secret = body["secret"].encode()
target = os.environ["_PYSPARK_DRIVER_CONN_INFO_PATH"]
with open(target + ".part", "wb") as file:
    file.write(struct.pack("!ii", body["port"], len(secret)) + secret)
os.rename(target + ".part", target)
sys.stdin.buffer.read()  # pyspark holds the other end while the job lives
"""


@dataclass(frozen=True)
class Wish:
    """What a job's Java machine must be like, and the credentials that it works with while the job has it."""

    formats: frozenset[str]
    jars: tuple[Path, ...]
    conf: Mapping[str, str]
    access_key: str
    secret_key: str = field(repr=False)

    @property
    def key(self) -> str:
        """Equal for jobs that can have the same machine, one after the other."""
        return json.dumps([sorted(self.formats), [str(jar) for jar in self.jars], sorted(self.conf.items())])


@dataclass
class Machine:
    """A Java process that waits for a Python process to drive it."""

    key: str
    process: subprocess.Popen[bytes]
    directory: Path
    port: int
    secret: str
    jobs: int = 0
    log_start: int = 0  # where in the log the present job's part begins, bytes

    @property
    def log(self) -> Path:
        """Everything the machine wrote."""
        return self.directory / "log"


@dataclass
class _Pool:
    settings: Settings
    lock: threading.Lock = field(default_factory=threading.Lock)
    wishes: dict[str, Wish] = field(default_factory=dict)
    lent: dict[str, Machine] = field(default_factory=dict)
    idle: list[Machine] = field(default_factory=list)
    started: int = 0


_pool: _Pool | None = None


def install(settings: Settings) -> None:
    """Serve the jobs' spark-submit."""
    global _pool
    _pool = _Pool(settings)
    admin.route("POST", ROUTE, lambda body: _borrow(body["run"]))


def home(directory: Path, run: str, wish: Wish) -> Path:
    """Make a SPARK_HOME whose spark-submit borrows a machine for the run."""
    pool = _installed()
    with pool.lock:
        pool.wishes[run] = wish
    submit = directory / "bin" / "spark-submit"
    submit.parent.mkdir(parents=True)
    (directory / "jars").symlink_to(spark_runtime.spark_jars())
    submit.write_text(_SUBMIT.format(python=sys.executable, port=pool.settings.port, route=ROUTE, run=run))
    submit.chmod(0o755)
    return directory


def machine_of(run: str) -> Machine | None:
    """The machine the run has borrowed, if it has."""
    return _installed().lent.get(run)


def give_back(run: str, well: bool) -> None:
    """End the run's use of its machine, which is kept only when the run ended well."""
    pool = _installed()
    with pool.lock:
        pool.wishes.pop(run, None)
        machine = pool.lent.pop(run, None)
    if machine is None:
        return
    if not well or machine.jobs >= _JOBS_A_MACHINE or not _cleared(machine):
        return _discard(machine)
    with pool.lock:
        pool.idle.append(machine)
        surplus = pool.idle[:-_IDLE]
        pool.idle = pool.idle[-_IDLE:]
    for old in surplus:
        _discard(old)


def _installed() -> _Pool:
    assert _pool is not None, "install was not called"
    return _pool


def _borrow(run: str) -> dict[str, Any]:
    pool = _installed()
    with pool.lock:
        wish = pool.wishes[run]
        fitting = [machine for machine in pool.idle if machine.key == wish.key]
        machine = fitting[-1] if fitting else None
        if machine is not None:
            pool.idle.remove(machine)
        pool.started += machine is None
        number = pool.started
    if machine is not None and machine.process.poll() is not None:
        _discard(machine)
        return _borrow(run)
    if machine is None:
        machine = _start(pool.settings, wish, number)
    if not _lend(machine, wish):
        _discard(machine)
        if machine.jobs == 0:
            raise OSError(f"the Java machine {number} does not take a job's credentials")
        return _borrow(run)
    machine.jobs += 1
    machine.log_start = machine.log.stat().st_size if machine.jobs > 1 else 0
    with pool.lock:
        if run in pool.wishes:
            pool.lent[run] = machine
            return {"port": machine.port, "secret": machine.secret}
    _discard(machine)
    raise KeyError(run)  # the run ended while its machine started


def _start(settings: Settings, wish: Wish, number: int) -> Machine:
    directory = settings.state_dir / "spark" / str(number)
    scratch, told = directory / "tmp", directory / "port"
    scratch.mkdir(parents=True)
    archive = spark_runtime.archive_file(settings)
    shared = [f"-XX:SharedArchiveFile={archive}"] if archive.exists() else []
    jars = [*spark_runtime.classpath(settings, set(wish.formats)), *wish.jars]
    home = spark_runtime.spark_home(directory / "home", jars, shared)
    spark_runtime.write_configuration(home, spark_runtime.configuration(settings, dict(wish.conf), scratch))
    environment = spark_runtime.environment(settings, home, [], scratch)
    environment["_PYSPARK_DRIVER_CONN_INFO_PATH"] = str(told)
    environment["PYSPARK_PIN_THREAD"] = "true"
    with (directory / "log").open("wb") as output:
        process = subprocess.Popen(
            [str(home / "bin" / "spark-submit"), "pyspark-shell"],
            stdin=subprocess.PIPE,  # Java ends when the emulator is gone
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=scratch,
            env=environment,
            start_new_session=True,
        )
    processes.register(process, "spark", f"machine-{number}")
    deadline = time.monotonic() + _START_SECONDS
    while not told.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            processes.stop(process)
            process.wait()
            processes.unregister(process)
            raise OSError(f"Java did not start: {(directory / 'log').read_text(errors='replace')[-500:]}")
        time.sleep(0.02)
    content = told.read_bytes()
    port, length = struct.unpack("!ii", content[:8])
    return Machine(wish.key, process, directory, port, content[8 : 8 + length].decode())


# Every client in the machine reads these properties anew for each request and keeps no credentials itself: see
# spark_runtime.configuration. So whatever a job leaves behind, a cached file system say, has the next job's rights.
_KEY = "aws.accessKeyId"
_SECRETS = ("aws.secretKey", "aws.secretAccessKey")  # of version 1 and 2 of the SDK
CREDENTIALS = (_KEY, *_SECRETS)


def _lend(machine: Machine, wish: Wish) -> bool:
    """Give the machine the job's credentials."""

    def set_properties(jvm: Any) -> None:
        jvm.java.lang.System.setProperty(_KEY, wish.access_key)
        for name in _SECRETS:
            jvm.java.lang.System.setProperty(name, wish.secret_key)

    return _tell(machine, set_properties)


def _cleared(machine: Machine) -> bool:
    """Stop the job's Spark context, as the end of a machine of its own would, and take the job's credentials away."""

    def clear(jvm: Any) -> None:
        # Scala's companion object: what it finds is private to Spark, so the class itself does not offer it.
        context = getattr(getattr(jvm.org.apache.spark, "SparkContext$"), "MODULE$").getActive()
        if context.isDefined():
            context.get().stop()
        jvm.org.apache.spark.sql.SparkSession.clearActiveSession()
        jvm.org.apache.spark.sql.SparkSession.clearDefaultSession()
        for name in CREDENTIALS:
            jvm.java.lang.System.clearProperty(name)

    return _tell(machine, clear)


def _tell(machine: Machine, do: Callable[[Any], None]) -> bool:
    """Do something inside the machine; False when it cannot be used any more."""
    try:
        gateway = ClientServer(
            java_parameters=JavaParameters(port=machine.port, auth_token=machine.secret),
            python_parameters=PythonParameters(port=0, eager_load=False),
        )
        try:
            do(gateway.jvm)
        finally:
            gateway.close()
    except (Py4JError, OSError) as error:
        log.warning("machine at port %d is not used again: %s", machine.port, error)
        return False
    return True


def _discard(machine: Machine) -> None:
    processes.stop(machine.process)
    with contextlib.suppress(BrokenPipeError):
        assert machine.process.stdin is not None
        machine.process.stdin.close()
    machine.process.wait()
    processes.unregister(machine.process)
    shutil.rmtree(machine.directory / "tmp", ignore_errors=True)
