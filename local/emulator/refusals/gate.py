"""Reads a request by its service's model, lets the checks look at it and writes what they refuse."""

from __future__ import annotations

import logging
from collections.abc import Callable
from http import HTTPStatus
from io import BytesIO
from typing import Any

from moto.core.model import OperationModel
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.responses import boto3_service_name
from moto.core.routing import get_service_router
from moto.core.serialize import get_serializer_class
from moto.core.utils import get_service_model
from werkzeug.exceptions import NotFound

from emulator.refusals import registry
from emulator.refusals.registry import Call, Refused

log = logging.getLogger(__name__)

Environ = dict[str, Any]


def answer(service: str, environ: Environ, start: Callable[..., Any]) -> list[bytes] | None:
    """Answer a request that AWS refuses; None for what moto is to answer."""
    name = boto3_service_name.get(service, service)
    found = _operation(name, environ)
    if found is None or not registry.guarded(name, found[0].name):
        return None
    operation, labels = found
    try:
        registry.look(Call(name, operation.name, _parameters(operation, labels, environ)))
    except Refused as refused:
        log.info("%s %s: %s", name, operation.name, refused)
        return _write(operation, environ, refused, start)
    return None


def _operation(service: str, environ: Environ) -> tuple[OperationModel, dict[str, Any]] | None:
    try:
        return get_service_router(service).match(_request(environ, b"" if service == "s3" else _body(environ)))
    except (NotFound, NotImplementedError):
        return None


def _parameters(operation: OperationModel, labels: dict[str, Any], environ: Environ) -> dict[str, Any]:
    request = _request(environ, b"" if operation.has_streaming_input else _body(environ))
    protocol = determine_request_protocol(operation.service_model, request.content_type)
    parser: Any = PROTOCOL_PARSERS[protocol](operation)
    return parser.parse(
        {
            "method": request.method,
            "values": request.values,
            "headers": request.headers,
            "body": request.get_data(),
            "url_path": request.path,
            "url_params": labels,
        }
    )


def _request(environ: Environ, body: bytes) -> Request:
    """The request for moto's readers, which leave the environment's own body unread."""
    return Request({**environ, "wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))})


def _body(environ: Environ) -> bytes:
    body = environ["wsgi.input"]
    text = body.read()
    body.seek(0)
    return text


def _write(operation: OperationModel, environ: Environ, refused: Refused, start: Callable[..., Any]) -> list[bytes]:
    model = get_service_model(operation.service_model.service_name)
    protocol = determine_request_protocol(model, environ.get("CONTENT_TYPE", ""))
    made = get_serializer_class(model.service_name, protocol)(operation_model=operation).serialize(refused)
    status = HTTPStatus(refused.status or made["status_code"])
    body = made["body"].encode() if environ["REQUEST_METHOD"] != "HEAD" else b""
    headers = {**made["headers"], "Content-Length": str(len(body))}
    start(f"{status.value} {status.phrase}", list(headers.items()))
    return [body]
