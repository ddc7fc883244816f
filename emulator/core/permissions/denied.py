"""AccessDenied in the form that each service's clients read."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import escape

from emulator.core.descriptors import Descriptor


def answer(service: Descriptor, environ: dict[str, Any], message: str, start: Callable[..., Any]) -> list[bytes]:
    """Write the refusal of a request."""
    form = environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded")
    status, kind, code = "403 Forbidden", "application/xml", "AccessDenied"
    if service.errors == "xml":
        text = (
            ""
            if environ["REQUEST_METHOD"] == "HEAD"
            else f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
        )
    elif form:
        code = service.denied
        inner = f"<Type>Sender</Type><Code>{code}</Code><Message>{escape(message)}</Message>"
        text = f"<ErrorResponse><Error>{inner}</Error></ErrorResponse>"
    else:
        code, kind = "AccessDeniedException", "application/x-amz-json-1.1"
        text = json.dumps({"__type": code, "message": message, "Message": message})
        status = service.denied_status
    body = text.encode()
    headers = [("Content-Type", kind), ("Content-Length", str(len(body))), ("x-amzn-ErrorType", code)]
    start(status, headers)
    return [body]
