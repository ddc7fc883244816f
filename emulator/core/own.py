"""Services that moto lacks: what the emulator answers itself, read and written by AWS's model of the operation."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from moto.backend_index import backend_url_patterns
from moto.core.serialize import get_serializer_class
from moto.moto_server.werkzeug_app import create_backend_app

from emulator.core.refusals import gate
from emulator.core.refusals.registry import Refused
from emulator.core.strict import routes
from emulator.core.strict.routes import Environ

log = logging.getLogger(__name__)

Json = dict[str, Any]
Operation = Callable[[Json], Json]

_own: dict[str, Service] = {}


class Service:
    """One service with JSON targets; service is its name without hyphens, as moto's dispatcher has it."""

    def __init__(self, service: str, operations: dict[str, Operation]) -> None:
        self.service = service
        self.operations = operations

    def __call__(self, environ: Environ, start: Callable[..., Any]) -> list[bytes]:
        """Answer one request, whose service's lock is held."""
        asked = routes.find(self.service, environ)
        if asked is None or (operation := self.operations.get(asked[0].name)) is None:
            name = environ.get("HTTP_X_AMZ_TARGET", "")
            log.warning("%s: the emulator lacks %s", self.service, name)
            return _answer("UnknownOperationException", f"the emulator lacks {name}", HTTPStatus.BAD_REQUEST, start)
        try:
            answer = operation(gate.parameters(*asked, environ))
        except Refused as refused:
            return gate.write(asked[0], environ, refused, start)
        model = asked[0].service_model
        made: Any = get_serializer_class(model.service_name, model.protocol)(operation_model=asked[0]).serialize(answer)
        body = made["body"].encode()
        start("200 OK", list({**made["headers"], "Content-Length": str(len(body))}.items()))
        return [body]


def serve(service: Service, pattern: Any = None) -> None:
    """Answer for a service, in the place of moto where moto has it; the pattern is of its hosts where moto has not."""
    _own[service.service] = service
    if pattern is not None:
        backend_url_patterns.append((service.service, pattern))


def app_of(name: Any) -> Any:
    """The application of a service for moto's dispatcher, which names none that it does not know."""
    if name is None:
        return _Lacking()
    return _own.get(name) or create_backend_app(name)


class _Lacking:
    """Answers for services that neither moto nor a folder of emulator/services has."""

    service = "unknown"

    def __call__(self, environ: Environ, start: Callable[..., Any]) -> list[bytes]:
        """Say what is missing, and where that is made."""
        scope = environ.get("HTTP_AUTHORIZATION", "").partition("Credential=")[2].partition(",")[0].split("/")
        name = scope[3] if len(scope) > 3 else environ.get("PATH_INFO", "")
        message = (
            f"moto has no service {name} and the emulator none of its own: "
            "CONTRIBUTING.md, 'Add a call or a service to the emulator', says how to make one"
        )
        log.warning(message)
        return _answer("UnknownServiceException", message, HTTPStatus.NOT_IMPLEMENTED, start)


def _answer(code: str, message: str, status: HTTPStatus, start: Callable[..., Any]) -> list[bytes]:
    body = json.dumps({"__type": code, "message": message}).encode()
    headers = [("Content-Type", "application/x-amz-json-1.1"), ("Content-Length", str(len(body)))]
    start(f"{status.value} {status.phrase}", headers)
    return [body]
