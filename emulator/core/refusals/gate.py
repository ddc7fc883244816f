"""Lets the checks look at a request, and writes what they refuse."""

from __future__ import annotations

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from moto.core.model import OperationModel
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import determine_request_protocol
from moto.core.serialize import get_serializer_class

from emulator.core.descriptors import Descriptor
from emulator.core.refusals import registry
from emulator.core.refusals.registry import Call, Refused
from emulator.core.strict import errors, routes, wire
from emulator.core.strict.routes import Environ, Labels

log = logging.getLogger(__name__)

Start = Callable[..., Any]
Asked = tuple[OperationModel, Labels]


def misfit(service: Descriptor, asked: Asked | None, environ: Environ, start: Start) -> list[bytes] | None:
    """Answer a request that does not fit the model of its operation; None for others."""
    if asked is None or not (found := wire.problems(*asked, environ)):
        return None
    return write(asked[0], environ, errors.refused(service, asked[0], found), start)


def refusal(asked: Asked | None, environ: Environ, start: Start) -> list[bytes] | None:
    """Answer a request that AWS refuses for what is there; None for what moto is to answer.

    The caller holds the service's lock.
    """
    if asked is None:
        return None
    operation, labels = asked
    service = operation.service_model.service_name
    if not registry.guarded(service, operation.name):
        return None
    try:
        registry.look(Call(service, operation.name, parameters(operation, labels, environ)))
    except Refused as refused:
        return write(operation, environ, refused, start)
    return None


def parameters(operation: OperationModel, labels: Labels, environ: Environ) -> dict[str, Any]:
    """What a request says, by the names of its operation's model."""
    request = routes.request(environ, b"" if operation.has_streaming_input else routes.body(environ))
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


def write(operation: OperationModel, environ: Environ, refused: Refused, start: Start) -> list[bytes]:
    """Answer with an error, in the form of the operation's model."""
    model = operation.service_model
    log.info("refused %s %s: %s", model.service_name, operation.name, refused)
    protocol = determine_request_protocol(model, environ.get("CONTENT_TYPE", ""))
    made: Any = get_serializer_class(model.service_name, protocol)(operation_model=operation).serialize(refused)
    status = HTTPStatus(refused.status or made["status_code"])
    body = made["body"].encode() if environ["REQUEST_METHOD"] != "HEAD" else b""
    start(f"{status.value} {status.phrase}", list({**made["headers"], "Content-Length": str(len(body))}.items()))
    return [body]
