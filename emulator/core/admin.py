"""The emulator's own calls under /_local/: what exists, what runs, what to break."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable
from typing import Any

log = logging.getLogger(__name__)

Environ = dict[str, Any]
Handler = Callable[[dict[str, Any]], object]

_REASONS = {
    200: "OK",
    400: "Bad Request",
    404: "Not Found",
    500: "Internal Server Error",
}
_routes: dict[tuple[str, str], Handler] = {}
_mounted: dict[str, Callable[[Environ, Callable[..., Any]], Iterable[bytes]]] = {}


def route(method: str, path: str, handler: Handler) -> None:
    """Register a call; the handler gets the JSON body and returns the answer.

    ValueError and TypeError mean a wrong request and KeyError something that isn't there.
    """
    _routes[method, path] = handler


def mount(prefix: str, application: Callable[[Environ, Callable[..., Any]], Iterable[bytes]]) -> None:
    """Give an application all requests below a path."""
    _mounted[prefix] = application


def answer(environ: Environ, start: Callable[..., Any]) -> Iterable[bytes]:
    """Answer one admin request as JSON."""
    method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
    for prefix, application in _mounted.items():
        if path.startswith(prefix):
            return application(environ, start)
    handler = _routes.get((method, path))
    if handler is None:
        known = sorted(f"{verb} {name}" for verb, name in _routes)
        return _send(start, 404, {"error": f"no call {method} {path}", "calls": known})
    try:
        text = environ["wsgi.input"].read()
        body = json.loads(text) if text else {}
        if not isinstance(body, dict):
            raise TypeError("the body must be a JSON object")
        return _send(start, 200, handler(body))
    except (ValueError, TypeError) as error:
        return _send(start, 400, {"error": str(error)})
    except KeyError as error:
        return _send(start, 404, {"error": f"not found: {error.args[0]}"})
    except Exception as error:
        log.exception("%s %s", method, path)
        return _send(start, 500, {"error": repr(error)})


def _send(start: Callable[..., Any], status: int, value: object) -> list[bytes]:
    body = json.dumps(value, indent=1, default=str).encode() + b"\n"
    start(
        f"{status} {_REASONS[status]}",
        [("Content-Type", "application/json"), ("Content-Length", str(len(body)))],
    )
    return [body]
