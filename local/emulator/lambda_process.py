"""One function process: its code, environment, life and death."""

from __future__ import annotations

import io
import logging
import os
import platform
import signal
import struct
import subprocess
import threading
import time
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

from emulator import processes
from emulator.lambda_logs import LogStream
from emulator.runtime_api import Invocation, RuntimeApi, error_payload
from emulator.settings import Settings

log = logging.getLogger(__name__)

_INIT_SECONDS = 10.0  # Lambda's own limit for the init phase
_MACHINES = {62: "x86_64", 183: "arm64"}  # e_machine of an ELF header
_HOST = {"x86_64": "x86_64", "AMD64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}.get(platform.machine(), "?")


@dataclass(frozen=True)
class FunctionConfig:
    """What a process needs of a function; another config means another process.

    timeout is in seconds. The memory limit is told to the function, but not
    enforced: the process may use more.
    """

    name: str
    arn: str
    version: str
    handler: str
    runtime: str
    architecture: str
    timeout: float
    memory_mb: int
    log_group: str
    environment: tuple[tuple[str, str], ...]
    code_sha: str
    code: bytes = field(repr=False, compare=False)


class StartError(Exception):
    """A process could not be started; error_type and message as Lambda gives them."""

    def __init__(self, error_type: str, message: str):
        super().__init__(message)
        self.error_type = error_type


class FunctionProcess:
    """A warm process that takes one invocation at a time."""

    def __init__(self, config: FunctionConfig, settings: Settings):
        self.config = config
        self.busy = True
        self._init_error: bytes | None = None
        self._lines: list[str] = []
        self._lines_lock = threading.Lock()
        self._closed = False
        self._pending: Invocation | None = None
        self.log_stream = LogStream(settings, config.log_group, config.version)
        code = _unpack(config, settings.state_dir / "functions")
        temporary = settings.state_dir / "functions" / "tmp" / self.log_stream.name[-12:]
        temporary.mkdir(parents=True, exist_ok=True)
        self._api = RuntimeApi(self._set_init_error)
        try:
            self._process = subprocess.Popen(
                [str(code / "bootstrap")],
                cwd=code,
                env=_environment(config, settings, self._api.address, self.log_stream, code, temporary),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            self._api.close()
            raise StartError("Runtime.InvalidEntrypoint", f"Error: fork/exec /var/task/bootstrap: {error.strerror}") from error
        processes.register(self._process, "lambda", config.name, lambda: self.busy)
        self._reader = threading.Thread(target=self._read_output, name=f"lambda-{config.name}", daemon=True)
        self._reader.start()

    @property
    def alive(self) -> bool:
        """Whether it can take another invocation."""
        return self._process.poll() is None and not self._closed

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def run(self, invocation: Invocation) -> None:
        """Do one invocation; invocation.done is set when this returns."""
        begun = time.monotonic()
        self._note(f"START RequestId: {invocation.request_id} Version: {self.config.version}")
        self._pending = invocation
        if self._initialized(invocation):
            invocation.deadline_ms = int((time.time() + self.config.timeout) * 1000)
            self._api.work.put(invocation)
            if self._process.poll() is not None:
                # The reader fails what is pending when a process ends; this one
                # may have ended before it knew of this invocation.
                self._fail_exit(invocation)
            if not invocation.done.wait(self.config.timeout):
                message = f"Error: Task timed out after {self.config.timeout:.2f} seconds"
                self._fail(invocation, "Sandbox.Timedout", message)
                self.stop()
        self._end(invocation, begun)

    def rest(self) -> None:
        """Idle from now on; output that came late is still written."""
        self.busy = False
        self.flush()

    def stop(self) -> None:
        """Kill the process; nothing more is logged for it."""
        self._closed = True
        processes.stop(self._process, signal.SIGKILL)
        self._api.close()

    def flush(self) -> list[str]:
        """Write collected output to the log stream; what was written."""
        with self._lines_lock:
            lines, self._lines = self._lines, []
        self.log_stream.write(lines)
        return lines

    def _initialized(self, invocation: Invocation) -> bool:
        deadline = time.monotonic() + _INIT_SECONDS
        while not self._api.ready.wait(0.01):
            if self._init_error is not None:
                invocation.fail("Unhandled", self._init_error)
                return False
            if self._process.poll() is not None:
                self._reader.join(1)
                self._fail_exit(invocation)
                return False
            if time.monotonic() > deadline:
                self._fail(invocation, "Sandbox.Timedout", f"Error: init timed out after {_INIT_SECONDS:.0f} seconds")
                self.stop()
                return False
        return True

    def _fail_exit(self, invocation: Invocation) -> None:
        code = self._process.wait()
        if code < 0:
            how = f"with error: signal: {signal.strsignal(-code) or -code}".lower()
        elif code:
            how = f"with error: exit status {code}"
        else:
            how = "without providing a reason"
        self._fail(invocation, "Runtime.ExitError", f"Error: Runtime exited {how}")

    def _fail(self, invocation: Invocation, error_type: str, message: str) -> None:
        message = f"RequestId: {invocation.request_id} {message}"
        self._note(message)
        invocation.fail(error_type, error_payload(error_type, message))

    def _end(self, invocation: Invocation, begun: float) -> None:
        took = (time.monotonic() - begun) * 1000
        self._note(f"END RequestId: {invocation.request_id}")
        self._note(
            f"REPORT RequestId: {invocation.request_id}\tDuration: {took:.2f} ms\t"
            f"Billed Duration: {took + 1:.0f} ms\tMemory Size: {self.config.memory_mb} MB"
        )

    def _set_init_error(self, body: bytes) -> None:
        self._init_error = body

    def _note(self, line: str) -> None:
        with self._lines_lock:
            self._lines.append(line)

    def _read_output(self) -> None:
        assert self._process.stdout is not None
        for raw in self._process.stdout:
            self._note(raw.decode("utf-8", "replace").rstrip("\r\n"))
            if not self.busy:
                self.flush()
        self._process.wait()
        processes.unregister(self._process)
        if self._pending is not None and not self._pending.done.is_set():
            self._fail_exit(self._pending)
        self._api.close()


def _unpack(config: FunctionConfig, root: Path) -> Path:
    """The folder of the unpacked code, made once for each code archive."""
    if not config.runtime.startswith("provided"):
        raise StartError("Runtime.Unsupported", f"runtime {config.runtime!r}: only provided.* (a bootstrap) runs here")
    folder = root / config.code_sha.replace("/", "_")
    bootstrap = folder / "bootstrap"
    if not bootstrap.exists():
        scratch = root / f"{folder.name}.{threading.get_ident()}"
        with zipfile.ZipFile(io.BytesIO(config.code)) as archive:
            archive.extractall(scratch)
        if not (scratch / "bootstrap").exists():
            raise StartError("Runtime.InvalidEntrypoint", "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]")
        (scratch / "bootstrap").chmod(0o755)
        try:
            scratch.rename(folder)
        except OSError:
            if not bootstrap.exists():
                raise
    built_for = _architecture(bootstrap)
    for what, architecture in (("its code is", built_for), ("the function is configured for", config.architecture)):
        if architecture and architecture != _HOST:
            raise StartError(
                "Runtime.InvalidEntrypoint",
                f"Error: fork/exec /var/task/bootstrap: exec format error: {what} {architecture}, this machine is {_HOST}",
            )
    return folder


def _architecture(path: Path) -> str | None:
    """The architecture an ELF file is built for; None for a script."""
    with path.open("rb") as file:
        head = file.read(20)
    if head[:4] != b"\x7fELF":
        return None
    machine = struct.unpack("<H" if head[5] == 1 else ">H", head[18:20])[0]
    return _MACHINES.get(machine, f"ELF machine {machine}")


def _environment(
    config: FunctionConfig, settings: Settings, api: str, stream: LogStream, code: Path, temporary: Path
) -> dict[str, str]:
    """The variables that Lambda sets, the function's own, and the endpoint."""
    return {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "TMPDIR": str(temporary),
        "AWS_LAMBDA_RUNTIME_API": api,
        "AWS_LAMBDA_FUNCTION_NAME": config.name,
        "AWS_LAMBDA_FUNCTION_VERSION": config.version,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(config.memory_mb),
        "AWS_LAMBDA_LOG_GROUP_NAME": stream.group,
        "AWS_LAMBDA_LOG_STREAM_NAME": stream.name,
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{config.runtime}",
        "LAMBDA_TASK_ROOT": str(code),
        "_HANDLER": config.handler,
        "AWS_REGION": settings.region,
        "AWS_DEFAULT_REGION": settings.region,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_ENDPOINT_URL": settings.endpoint,
        "AWS_EC2_METADATA_DISABLED": "true",
        **dict(config.environment),
    }
