"""One function process: its code, environment, life and death."""

from __future__ import annotations

import logging
import signal
import subprocess
import threading
import time

from emulator.core import processes
from emulator.core.log_streams import LogStream
from emulator.core.settings import Settings
from emulator.services.awslambda.code import FunctionConfig, StartError, environment, unpack
from emulator.services.awslambda.runtime_api import Invocation, RuntimeApi, error_payload

log = logging.getLogger(__name__)

_INIT_SECONDS = 10.0  # Lambda's own limit for the init phase


class FunctionProcess:
    """A warm process that takes one invocation at a time."""

    def __init__(self, config: FunctionConfig, settings: Settings) -> None:
        self.config = config
        self.busy = True
        self._init_error: bytes | None = None
        self._lines: list[str] = []
        self._lines_lock = threading.Lock()
        self._closed = False
        self._pending: Invocation | None = None
        self.log_stream = LogStream(settings, config.log_group, config.version, config.role)
        code = unpack(config, settings.state_dir / "functions")
        temporary = settings.state_dir / "functions" / "tmp" / self.log_stream.name[-12:]
        temporary.mkdir(parents=True, exist_ok=True)
        self._api = RuntimeApi(self._set_init_error)
        try:
            self._process = subprocess.Popen(
                [str(code / "bootstrap")],
                cwd=code,
                env=environment(
                    config,
                    settings,
                    self._api.address,
                    self.log_stream,
                    code,
                    temporary,
                ),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            self._api.close()
            raise StartError(
                "Runtime.InvalidEntrypoint",
                f"Error: fork/exec /var/task/bootstrap: {error.strerror}",
            ) from error
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
                self._fail(
                    invocation,
                    "Sandbox.Timedout",
                    f"Error: init timed out after {_INIT_SECONDS:.0f} seconds",
                )
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
