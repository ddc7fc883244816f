"""waitress, with two habits changed that S3's clients stumble over."""

from __future__ import annotations

import re
import socket
from typing import Any

import waitress
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.task import WSGITask

_METADATA = re.compile(rb"^x-amz-meta-[^:\r]+", re.MULTILINE | re.IGNORECASE)

# Long polls and invocations each occupy a thread while they wait.
_THREADS = 64
_MAX_BODY = 5 * 1024**3  # S3's own limit for one PutObject


class _Task(WSGITask):
    """waitress capitalizes header names; S3 gives metadata names in lower case."""

    def build_response_header(self) -> bytes:
        return _METADATA.sub(
            lambda name: name[0].lower(), super().build_response_header()
        )


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
        asyncore_use_poll=True,
        channel_timeout=300,
        clear_untrusted_proxy_headers=True,
        ident="emulator",
    )
    server.channel_class = _Channel
    return server
