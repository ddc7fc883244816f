"""waitress, with three habits changed that AWS's clients stumble over."""

from __future__ import annotations

import re
import socket
import time
from typing import Any

import waitress
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.task import WSGITask

_METADATA = re.compile(rb"^x-amz-meta-[^:\r]+", re.MULTILINE | re.IGNORECASE)

_READ_AT_ONCE = 3000  # bytes of body that Go's client reads with the head
_REQUEST_ENDS_SECONDS = 0.02
_PROVIDER = re.compile("Terraform|Pulumi")

# Long polls and invocations each occupy a thread while they wait.
_THREADS = 64
_MAX_BODY = 5 * 1024**3  # S3's own limit for one PutObject
# Bytes read at once. For each read the server waits until a thread that computes lets it (up to 5 ms): a photo
# read by waitress's 8 KiB would take a dozen such waits.
_READ = 256 * 1024


class _Task(WSGITask):
    """Writes metadata names in lower case, as S3 does, and the head of a response
    together with its body.

    The Go SDK's request reader says EOF as an error once the answer has come
    (smithy-go, safeWriteToReadCloser), whereupon net/http closes the connection
    below the answer. An answer that came whole with its head is in the client's
    buffer then; one too long for that is sent a moment later to the Terraform
    provider, whose logging is what makes it use that reader.
    """

    def build_response_header(self) -> bytes:
        head = super().build_response_header()
        return _METADATA.sub(lambda name: name[0].lower(), head)

    def write(self, data: bytes) -> None:
        if self.wrote_header:
            super().write(data)
            return
        if len(data) > _READ_AT_ONCE and _PROVIDER.search(self._user_agent()):
            time.sleep(_REQUEST_ENDS_SECONDS)
        channel, collected = self.channel, _Collected(self.channel)
        self.channel = collected
        try:
            super().write(data)
        finally:
            self.channel = channel
        channel.write_soon(b"".join(collected.parts))

    def _user_agent(self) -> str:
        return self.request.headers.get("USER_AGENT", "")


class _Collected:
    """Takes what would be written to a channel."""

    def __init__(self, channel: Any) -> None:
        self.server = channel.server
        self.parts: list[bytes] = []

    def write_soon(self, data: bytes) -> int:
        self.parts.append(bytes(data))
        return len(data)


class _Parser(HTTPRequestParser):
    """waitress waits for the body of a request that expects a 100-continue, even
    when it has none; boto3 writes empty objects that way."""

    def parse_header(self, header_plus: bytes) -> None:
        super().parse_header(header_plus)
        if self.content_length == 0 and not self.chunked:
            self.expect_continue = False


class _Channel(HTTPChannel):
    task_class = _Task
    parser_class = _Parser


def create_server(application: Any, listener: socket.socket) -> Any:
    """A server of the application on a bound socket; its run() serves."""
    server = waitress.create_server(
        application,
        sockets=[listener],
        threads=_THREADS,
        connection_limit=1000,
        max_request_body_size=_MAX_BODY,
        recv_bytes=_READ,
        asyncore_use_poll=True,
        channel_timeout=300,
        clear_untrusted_proxy_headers=True,
        ident="emulator",
    )
    server.channel_class = _Channel
    return server
