"""The Lambda Runtime API: the HTTP calls by which a function gets its work.

Each function process has a server of its own, so that any runtime can be given
plain host:port. See "Using the Lambda runtime API" in AWS's documentation.
"""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import BinaryIO

_VERSION = "/2018-06-01/runtime/"
_ERROR_TYPE = "lambda-runtime-function-error-type"


@dataclass
class Invocation:
    """One event on its way through a function process.

    deadline_ms is in milliseconds since the epoch; error_type is set when the
    function, or the process below it, failed and payload describes how.
    """

    request_id: str
    function_arn: str
    event: bytes
    deadline_ms: int
    payload: bytes = b""
    error_type: str | None = None
    done: threading.Event = field(default_factory=threading.Event)

    def succeed(self, payload: bytes) -> None:
        """The function answered."""
        if not self.done.is_set():
            self.payload = payload
            self.done.set()

    def fail(self, error_type: str, payload: bytes) -> None:
        """The function, or its process, failed; the first word counts."""
        if not self.done.is_set():
            self.error_type = error_type
            self.payload = payload
            self.done.set()


def error_payload(error_type: str, message: str) -> bytes:
    """The JSON by which Lambda describes an error."""
    return json.dumps({"errorType": error_type, "errorMessage": message}).encode()


class RuntimeApi(socketserver.ThreadingTCPServer):
    """Serves one function process."""

    daemon_threads = True
    request_queue_size = 8

    def __init__(self, on_init_error: Callable[[bytes], None]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.work: SimpleQueue[Invocation | None] = SimpleQueue()
        self.current: Invocation | None = None
        self.ready = threading.Event()
        self.on_init_error = on_init_error
        threading.Thread(target=self.serve_forever, args=(0.5,), name="runtime-api", daemon=True).start()

    @property
    def address(self) -> str:
        """host:port for AWS_LAMBDA_RUNTIME_API."""
        host, port = self.server_address[:2]
        return f"{host!s}:{port}"

    def close(self) -> None:
        """Stop serving and let a waiting process go."""
        self.work.put(None)
        threading.Thread(target=self._close, daemon=True).start()

    def _close(self) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """A process that was killed leaves broken connections; nothing to say."""


class _Handler(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True
    server: RuntimeApi

    def handle(self) -> None:
        while line := self.rfile.readline(65_536):
            verb, path, _ = line.decode("latin-1").split(" ", 2)
            headers = _headers(self.rfile)
            if headers.get("expect", "").lower() == "100-continue":
                self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            body = _body(self.rfile, headers)
            if not self._answer(verb, path, headers, body):
                return

    def _answer(self, verb: str, path: str, headers: dict[str, str], body: bytes) -> bool:
        api = self.server
        call = path.removeprefix(_VERSION)
        if verb == "GET" and call == "invocation/next":
            return self._next()
        if verb == "POST" and call == "init/error":
            api.on_init_error(body)
            return self._send(202, body=b'{"status":"OK"}')
        parts = call.split("/")
        current = api.current
        if verb != "POST" or len(parts) != 3 or parts[0] != "invocation" or parts[2] not in ("response", "error"):
            return self._send(404, body=error_payload("NotFound", path))
        if current is None or current.request_id != parts[1]:
            return self._send(400, body=error_payload("InvalidRequestID", f"not running: {parts[1]}"))
        api.current = None
        if parts[2] == "error" or _ERROR_TYPE in headers:
            current.fail(headers.get(_ERROR_TYPE, "Unhandled"), body)
        else:
            current.succeed(body)
        return self._send(202, body=b'{"status":"OK"}')

    def _next(self) -> bool:
        api = self.server
        api.ready.set()
        invocation = api.work.get()
        if invocation is None:
            return False
        api.current = invocation
        return self._send(
            200,
            {
                "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
                "Lambda-Runtime-Deadline-Ms": str(invocation.deadline_ms),
                "Lambda-Runtime-Invoked-Function-Arn": invocation.function_arn,
                "Lambda-Runtime-Trace-Id": f"Root=1-{invocation.deadline_ms // 1000:08x}-{invocation.request_id[:8]}"
                f"{invocation.request_id[9:13]}{invocation.request_id[14:18]}{invocation.request_id[19:27]};Sampled=0",
            },
            invocation.event,
        )

    def _send(self, status: int, headers: dict[str, str] | None = None, body: bytes = b"") -> bool:
        lines = [
            f"HTTP/1.1 {status} -",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
        ]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        self.wfile.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        return True


def _headers(stream: BinaryIO) -> dict[str, str]:
    headers = {}
    while (line := stream.readline(65_536)) not in (b"\r\n", b"\n", b""):
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    return headers


def _body(stream: BinaryIO, headers: dict[str, str]) -> bytes:
    """A request's body; trailers of a chunked one are added to the headers."""
    if headers.get("transfer-encoding", "").lower() != "chunked":
        return stream.read(int(headers.get("content-length") or 0))
    parts = []
    while size := int(stream.readline(1024).split(b";")[0] or b"0", 16):
        parts.append(stream.read(size))
        stream.readline(16)
    # Runtimes that stream tell in a trailer that the response broke off.
    headers.update({name: value for name, value in _headers(stream).items() if value})
    return b"".join(parts)
