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

from emulator.core import admin, descriptors, faults, inventory, locks, own
from emulator.core.descriptors import Descriptor
from emulator.core.permissions import callers, denied, enforce
from emulator.core.refusals import gate
from emulator.core.strict import routes

Environ = dict[str, Any]
StartResponse = Callable[..., Any]

access_log = logging.getLogger("emulator.access")


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
        app: Any = self.dispatcher.get_application(environ)
        service = descriptors.of(app.service)
        inventory.called(service.name)
        operation = operation_of(environ, service)
        begun = time.monotonic()
        status = ""

        def started(line: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            nonlocal status
            status = line
            if service.request_id:
                headers = [*headers, (service.request_id, uuid.uuid4().hex[:16].upper())]
            return start(line, headers, *rest)

        fault = faults.matching(service.name, operation, environ)
        try:
            if fault is not None:
                return fault.answer(service, started)
            if (refused := enforce.refusal(service, operation, environ)) is not None:
                return denied.answer(service, environ, refused, started)
            asked = routes.find(service.name, environ)
            if (answered := gate.misfit(service, asked, environ, started)) is not None:
                return answered
            if operation in service.unlocked:
                return app(environ, started)
            with locks.together(service.name, *service.besides):
                if (answered := gate.refusal(asked, environ, started)) is not None:
                    return answered
                read = service.reader(environ, started) if service.reader else None
                return app(environ, started) if read is None else read
        finally:
            access_log.info(
                "%s %s %s %s %.1fms",
                service.name,
                operation,
                path,
                status[:3],
                (time.monotonic() - begun) * 1e3,
            )


def operation_of(environ: Environ, service: Descriptor) -> str:
    """The API operation's name as AWS calls it, or a guess by verb for REST."""
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    if target:
        return target.rpartition(".")[2]
    if service.operation is not None and (operation := service.operation(environ)):
        return operation
    form = environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded")
    if form:
        body = environ["wsgi.input"]
        start = body.read(4096)
        body.seek(0)
        return dict(parse_qsl(start.decode("utf-8", "replace"))).get("Action", "")
    return f"{environ['REQUEST_METHOD']} {environ.get('PATH_INFO', '')}"
