"""waitress, taught to leave the names of S3's user metadata as S3 spells them."""

from __future__ import annotations

import re
import socket
from typing import Any

import waitress
from waitress.channel import HTTPChannel
from waitress.task import WSGITask

_METADATA = re.compile(rb"^x-amz-meta-[^:\r]+", re.MULTILINE | re.IGNORECASE)

# Long polls and invocations each occupy a thread while they wait.
_THREADS = 64
_MAX_BODY = 5 * 1024**3  # S3's own limit for one PutObject


class _Task(WSGITask):
    """waitress capitalizes header names; S3 gives metadata names in lower case."""

    def build_response_header(self) -> bytes:
        return _METADATA.sub(lambda name: name[0].lower(), super().build_response_header())


class _Channel(HTTPChannel):
    task_class = _Task


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
