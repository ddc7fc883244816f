"""JVMs that stay warm between jobs, as Glue keeps workers ready.

Starting Java and compiling its first queries costs more processor time than a
small job itself. A job's `spark-submit` therefore borrows a JVM here: one
that an earlier job with the same jars and configuration ended well on, whatever
its role, or a new one. The JVM has the job's credentials while it is lent and
none otherwise. Whatever a job that failed or was killed left behind is gone
with its JVM.
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
# Each job leaves some classes and clients in its JVM; none of them may become a leak that matters.
_JOBS_PER_DRIVER = 50
_IDLE = 3  # as many as pipelines that run beside each other most of the time

_SUBMIT = """\
#!{python} -SE
# Stands for spark-submit: borrows a running JVM from the emulator and says where it listens.
import http.client, json, os, struct, sys

connection = http.client.HTTPConnection("127.0.0.1", {port})
connection.request("POST", "{route}", json.dumps({{"run": "{run}"}}))
answer = connection.getresponse()
body = json.loads(answer.read())
if answer.status != 200:
    sys.exit(f"no JVM: {{body}}")
secret = body["secret"].encode()
target = os.environ["_PYSPARK_DRIVER_CONN_INFO_PATH"]
with open(target + ".part", "wb") as file:
    file.write(struct.pack("!ii", body["port"], len(secret)) + secret)
os.rename(target + ".part", target)
sys.stdin.buffer.read()  # pyspark holds the other end while the job lives
"""


@dataclass(frozen=True)
class Wish:
    """What a job's JVM must be like, and the credentials that it works with while the job has it."""

    formats: frozenset[str]
    jars: tuple[Path, ...]
    conf: Mapping[str, str]
    access_key: str
    secret_key: str = field(repr=False)

    @property
    def key(self) -> str:
        """Equal for jobs that can have the same JVM, one after the other."""
        return json.dumps([sorted(self.formats), [str(jar) for jar in self.jars], sorted(self.conf.items())])


@dataclass
class Driver:
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
        """Everything the JVM wrote."""
        return self.directory / "log"


@dataclass
class _Pool:
    settings: Settings
    lock: threading.Lock = field(default_factory=threading.Lock)
    wishes: dict[str, Wish] = field(default_factory=dict)
    lent: dict[str, Driver] = field(default_factory=dict)
    idle: list[Driver] = field(default_factory=list)
    started: int = 0


_pool: _Pool | None = None


def install(settings: Settings) -> None:
    """Serve the jobs' spark-submit."""
    global _pool
    _pool = _Pool(settings)
    admin.route("POST", ROUTE, lambda body: _borrow(body["run"]))


def home(directory: Path, run: str, wish: Wish) -> Path:
    """Make a SPARK_HOME whose spark-submit borrows a JVM for the run."""
    pool = _installed()
    with pool.lock:
        pool.wishes[run] = wish
    submit = directory / "bin" / "spark-submit"
    submit.parent.mkdir(parents=True)
    (directory / "jars").symlink_to(spark_runtime.spark_jars())
    submit.write_text(_SUBMIT.format(python=sys.executable, port=pool.settings.port, route=ROUTE, run=run))
    submit.chmod(0o755)
    return directory


def driver_of(run: str) -> Driver | None:
    """The JVM that the run has borrowed, if it has."""
    return _installed().lent.get(run)


def give_back(run: str, well: bool) -> None:
    """End the run's use of its JVM, which is kept only when the run ended well."""
    pool = _installed()
    with pool.lock:
        pool.wishes.pop(run, None)
        driver = pool.lent.pop(run, None)
    if driver is None:
        return
    if not well or driver.jobs >= _JOBS_PER_DRIVER or not _cleared(driver):
        return _discard(driver)
    with pool.lock:
        pool.idle.append(driver)
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
        fitting = [driver for driver in pool.idle if driver.key == wish.key]
        driver = fitting[-1] if fitting else None
        if driver is not None:
            pool.idle.remove(driver)
        pool.started += driver is None
        number = pool.started
    if driver is not None and driver.process.poll() is not None:
        _discard(driver)
        return _borrow(run)
    if driver is None:
        driver = _start(pool.settings, wish, number)
    if not _lend(driver, wish):
        _discard(driver)
        if driver.jobs == 0:
            raise OSError(f"the JVM {number} does not take a job's credentials")
        return _borrow(run)
    driver.jobs += 1
    driver.log_start = driver.log.stat().st_size if driver.jobs > 1 else 0
    with pool.lock:
        if run in pool.wishes:
            pool.lent[run] = driver
            return {"port": driver.port, "secret": driver.secret}
    _discard(driver)
    raise KeyError(run)  # the run ended while its JVM started


def _start(settings: Settings, wish: Wish, number: int) -> Driver:
    directory = settings.state_dir / "spark" / str(number)
    scratch, port_file = directory / "tmp", directory / "port"
    scratch.mkdir(parents=True)
    jars = [*spark_runtime.classpath(settings, set(wish.formats)), *wish.jars]
    home = spark_runtime.spark_home(directory / "home", jars, spark_runtime.shared_classes(settings))
    spark_runtime.write_configuration(home, spark_runtime.configuration(settings, dict(wish.conf), scratch))
    environment = spark_runtime.environment(settings, home, [], scratch)
    environment["_PYSPARK_DRIVER_CONN_INFO_PATH"] = str(port_file)
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
    processes.register(process, "spark", f"jvm-{number}")
    deadline = time.monotonic() + _START_SECONDS
    while not port_file.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            processes.stop(process)
            process.wait()
            processes.unregister(process)
            raise OSError(f"Java did not start: {(directory / 'log').read_text(errors='replace')[-500:]}")
        time.sleep(0.02)
    content = port_file.read_bytes()
    port, length = struct.unpack("!ii", content[:8])
    return Driver(wish.key, process, directory, port, content[8 : 8 + length].decode())


# Every client in the JVM reads these properties anew for each request and keeps no credentials itself: see
# spark_runtime.configuration. So whatever a job leaves behind, a cached file system say, has the next job's rights.
_KEY = "aws.accessKeyId"
_SECRETS = ("aws.secretKey", "aws.secretAccessKey")  # of version 1 and 2 of the SDK
CREDENTIALS = (_KEY, *_SECRETS)


def _lend(driver: Driver, wish: Wish) -> bool:
    """Give the JVM the job's credentials."""

    def set_properties(jvm: Any) -> None:
        jvm.java.lang.System.setProperty(_KEY, wish.access_key)
        for name in _SECRETS:
            jvm.java.lang.System.setProperty(name, wish.secret_key)

    return _tell(driver, set_properties)


def _cleared(driver: Driver) -> bool:
    """Stop the job's Spark context, as the end of a JVM of its own would, and take the job's credentials away."""

    def clear(jvm: Any) -> None:
        # Scala's companion object: what it finds is private to Spark, so the class itself does not offer it.
        context = getattr(getattr(jvm.org.apache.spark, "SparkContext$"), "MODULE$").getActive()
        if context.isDefined():
            context.get().stop()
        jvm.org.apache.spark.sql.SparkSession.clearActiveSession()
        jvm.org.apache.spark.sql.SparkSession.clearDefaultSession()
        for name in CREDENTIALS:
            jvm.java.lang.System.clearProperty(name)

    return _tell(driver, clear)


def _tell(driver: Driver, do: Callable[[Any], None]) -> bool:
    """Do something inside the JVM; False when it cannot be used any more."""
    try:
        gateway = ClientServer(
            java_parameters=JavaParameters(port=driver.port, auth_token=driver.secret),
            python_parameters=PythonParameters(port=0, eager_load=False),
        )
        try:
            do(gateway.jvm)
        finally:
            gateway.close()
    except (Py4JError, OSError) as error:
        log.warning("JVM at port %d is not used again: %s", driver.port, error)
        return False
    return True


def _discard(driver: Driver) -> None:
    processes.stop(driver.process)
    with contextlib.suppress(BrokenPipeError):
        assert driver.process.stdin is not None
        driver.process.stdin.close()
    driver.process.wait()
    processes.unregister(driver.process)
    shutil.rmtree(driver.directory / "tmp", ignore_errors=True)
