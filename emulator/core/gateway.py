"""The WSGI application: admin calls, faults and locks around moto's dispatcher."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable, Iterable
from functools import cache, lru_cache
from typing import Any
from urllib.parse import parse_qsl

import moto.core.responses as moto_responses
from moto.core.utils import method_names_from_class
from moto.moto_server.werkzeug_app import DomainDispatcherApplication

from emulator.core import admin, faults, inventory, locks, own
from emulator.core.permissions import callers, denied, enforce
from emulator.core.refusals import gate
from emulator.core.strict import routes
from emulator.services.s3 import reads as s3_reads

Environ = dict[str, Any]
StartResponse = Callable[..., Any]

access_log = logging.getLogger("emulator.access")

# These wait for somebody who calls back, or read a child's answer: they take
# the lock themselves, for as long as they touch state.
_UNLOCKED = {
    ("awslambda", "Invoke"),
    ("stepfunctions", "StartSyncExecution"),
    ("sagemakerruntime", "InvokeEndpoint"),
}


class Gateway:
    """Answers every request of the emulator."""

    def __init__(self) -> None:
        self.dispatcher = DomainDispatcherApplication(own.app_of)
        # The dispatcher tries some two hundred patterns for each request.
        find = self.dispatcher.get_backend_for_host
        self.dispatcher.get_backend_for_host = lru_cache(maxsize=512)(find)  # type: ignore[method-assign]
        # Looking through a class for its methods takes longer than most calls.
        moto_responses.method_names_from_class = cache(method_names_from_class)

    def __call__(self, environ: Environ, start: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        with callers.calling(environ):
            return self._answer(environ, start)

    def _answer(self, environ: Environ, start: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path.startswith("/_local/"):
            return admin.answer(environ, start)
        # moto matches keys in the spelling of the wire; waitress names it so.
        environ["RAW_URI"] = environ.get("REQUEST_URI", path)
        if (source := environ.get("HTTP_X_AMZ_COPY_SOURCE")) is not None:
            # S3 takes a plus sign there for a space (awsdocs/aws-doc-sdk-examples#4780), moto for itself.
            environ["HTTP_X_AMZ_COPY_SOURCE"] = source.replace("+", "%20")
        app = self.dispatcher.get_application(environ)
        service: str = app.service
        inventory.called(service)
        operation = operation_of(environ, service)
        begun = time.monotonic()
        status = ""

        def started(line: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            nonlocal status
            status = line
            if service == "s3":
                headers = [
                    *headers,
                    ("x-amz-request-id", uuid.uuid4().hex[:16].upper()),
                ]
            return start(line, headers, *rest)

        fault = faults.matching(service, operation, environ)
        try:
            if fault is not None:
                return fault.answer(service, started)
            if (refused := enforce.refusal(service, operation, environ)) is not None:
                return denied.answer(service, environ, refused, started)
            asked = routes.find(service, environ)
            if (answered := gate.misfit(asked, environ, started)) is not None:
                return answered
            if (service, operation) in _UNLOCKED:
                return app(environ, started)
            if service == "sns":  # publishes into queues inside moto
                with locks.holding("sns"), locks.holding("sqs"):
                    return gate.refusal(asked, environ, started) or app(environ, started)
            with locks.holding(service):
                if (answered := gate.refusal(asked, environ, started)) is not None:
                    return answered
                read = s3_reads.answer(environ, started) if service == "s3" else None
                return app(environ, started) if read is None else read
        finally:
            access_log.info(
                "%s %s %s %s %.1fms",
                service,
                operation,
                path,
                status[:3],
                (time.monotonic() - begun) * 1e3,
            )


def operation_of(environ: Environ, service: str) -> str:
    """The API operation's name as AWS calls it, or a guess by verb for REST."""
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    if target:
        return target.rpartition(".")[2]
    path, query = environ.get("PATH_INFO", ""), environ.get("QUERY_STRING", "")
    method = environ["REQUEST_METHOD"]
    if service == "s3":
        return s3_operation(method, path, query, environ)
    if service == "awslambda" and path.rstrip("/").endswith("/invocations"):
        return "Invoke"
    if service == "sagemakerruntime" and path.endswith("/invocations"):
        return "InvokeEndpoint"
    form = environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded")
    if form:
        body = environ["wsgi.input"]
        start = body.read(4096)
        body.seek(0)
        return dict(parse_qsl(start.decode("utf-8", "replace"))).get("Action", "")
    return f"{method} {path}"


def s3_operation(method: str, path: str, query: str, environ: Environ) -> str:
    """Name the S3 calls that faults are asked for: objects, parts and lists."""
    _, _, key = path.lstrip("/").partition("/")
    words = {name for name, _ in parse_qsl(query, keep_blank_values=True)}
    if not key:
        if method == "GET" and (not words or words & {"list-type", "prefix", "delimiter", "max-keys"}):
            return "ListObjectsV2" if "list-type" in words else "ListObjects"
        if method == "POST" and "delete" in words:
            return "DeleteObjects"
        return f"{method} {','.join(sorted(words))}".strip()
    if method == "PUT" and "partNumber" in words:
        return "UploadPart"
    if method == "PUT" and not words - {"x-id"}:
        return "CopyObject" if "HTTP_X_AMZ_COPY_SOURCE" in environ else "PutObject"
    if method == "POST" and "uploads" in words:
        return "CreateMultipartUpload"
    if method == "POST" and "uploadId" in words:
        return "CompleteMultipartUpload"
    plain = {"GET": "GetObject", "HEAD": "HeadObject", "DELETE": "DeleteObject"}
    if method in plain and not words - {"versionId", "x-id", "partNumber"}:
        return plain[method]
    return f"{method} {','.join(sorted(words))}".strip()
