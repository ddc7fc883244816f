"""Which operation a request asks for: found by moto's routers, and remembered for S3, whose requests look alike."""

from __future__ import annotations

from functools import cache
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl, unquote

from botocore.session import Session
from moto.core.model import OperationModel
from moto.core.request import Request
from moto.core.responses import boto3_service_name
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model
from werkzeug.exceptions import NotFound

Environ = dict[str, Any]
Labels = dict[str, Any]

# Headers that tell operations of the same path apart.
_TELLING = ("HTTP_X_AMZ_COPY_SOURCE", "HTTP_X_AMZ_RENAME_SOURCE")

_known: dict[tuple[Any, ...], OperationModel] = {}


def find(service: str, environ: Environ) -> tuple[OperationModel, Labels] | None:
    """The operation and the parts of the path that are parameters; None where AWS's model knows no such request."""
    name = _aws_name(service)
    if name is None:
        return None
    if name == "s3":
        return _s3(environ)
    if target := environ.get("HTTP_X_AMZ_TARGET"):
        operation = _by_target(name, target)
        return (operation, {}) if operation is not None else None
    return _routed(name, environ, body(environ))


@cache
def _aws_name(service: str) -> str | None:
    """botocore's name of a service of moto's, which has no hyphens; None for moto's own, such as its admin pages."""
    named = {name.replace("-", ""): name for name in Session().get_available_services()}
    return named.get(boto3_service_name.get(service, service))


def body(environ: Environ) -> bytes:
    """The request's body, which stays to be read."""
    stream = environ["wsgi.input"]
    text = stream.read()
    stream.seek(0)
    return text


def request(environ: Environ, text: bytes) -> Request:
    """The request for moto's readers, which leave the environment's own body unread."""
    return Request({**environ, "wsgi.input": BytesIO(text), "CONTENT_LENGTH": str(len(text))})


@cache
def _by_target(service: str, target: str) -> OperationModel | None:
    model, name = get_service_model(service), target.rpartition(".")[2]
    return model.operation_model(name) if name in model.operation_names else None


def _s3(environ: Environ) -> tuple[OperationModel, Labels] | None:
    query = parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    bucket, _, key = environ["RAW_URI"].partition("?")[0].lstrip("/").partition("/")
    words = tuple(sorted((name, value if name == "list-type" else "") for name, value in query))
    telling = tuple(name in environ for name in _TELLING)
    looks = (environ["REQUEST_METHOD"], bool(bucket), bool(key), words, telling)
    if looks not in _known:
        routed = _routed("s3", environ, b"")
        if routed is None:
            return None
        _known[looks] = routed[0]
    return _known[looks], {"Bucket": unquote(bucket), "Key": unquote(key)}


def _routed(service: str, environ: Environ, text: bytes) -> tuple[OperationModel, Labels] | None:
    try:
        return get_service_router(service).match(request(environ, text))
    except (NotFound, NotImplementedError):
        return None
