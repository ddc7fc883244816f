"""S3 lists, written fast: moto's serializer takes half a millisecond a key."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape

from moto.core.responses import ActionResult
from moto.s3.responses import S3Response

from emulator.core.patch import wrap


@wrap(S3Response)
def list_objects_v2(moto: Any, self: Any) -> Any:
    """Lists objects as moto does."""
    return _fast(moto, self, "Contents", "Contents")


@wrap(S3Response)
def list_objects(moto: Any, self: Any) -> Any:
    """Lists objects, first version of the call."""
    return _fast(moto, self, "Contents", "Contents")


@wrap(S3Response)
def list_object_versions(moto: Any, self: Any) -> Any:
    """Lists versions."""
    return _fast(moto, self, "Versions", "Version")


def _fast(moto: Any, response: Any, field: str, element: str) -> Any:
    """Let moto write all but one field, and put that one's elements in."""
    serialized = response.serialized

    def serialize(action: ActionResult) -> Any:
        answer: Any = action.result
        items = answer.pop(field, None) or []
        status, headers, body = serialized(action)
        text = body.decode() if isinstance(body, bytes) else body
        if items:
            root, end, rest = text.rpartition("</")
            text = root + "".join(_element(element, item) for item in items) + end + rest
        return status, headers, text

    response.serialized = serialize
    return moto(response)


def _element(name: str, value: Any) -> str:
    if isinstance(value, dict):
        parts = [
            _element(field, part)
            for field, parts in value.items()
            for part in (parts if isinstance(parts, list) else [parts])
            if part is not None
        ]
        return f"<{name}>{''.join(parts)}</{name}>"
    if isinstance(value, bool):
        value = str(value).lower()
    return f"<{name}>{escape(str(value))}</{name}>"
