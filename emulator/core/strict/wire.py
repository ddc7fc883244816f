"""Reads what a request says, by its protocol, and checks it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import parse_qs, parse_qsl
from xml.etree import ElementTree

from moto.core.model import OperationModel, Shape
from moto.core.parse import PROTOCOL_PARSERS

from emulator.core.strict import routes
from emulator.core.strict.routes import Environ, Labels
from emulator.core.strict.shapes import Check, Checks, Found, lower_first

_FORM = "application/x-www-form-urlencoded"
_HEAD = {"Action", "Version"}


def problems(operation: OperationModel, labels: Labels, environ: Environ) -> Found:
    """What is wrong with a request as the operation's model has it."""
    found: Found = []
    if operation.input_shape is None:
        return found
    protocol = operation.service_model.protocol
    if protocol in ("rest-json", "rest-xml"):
        for check in _located(operation):
            check(labels, environ, found)
        _READERS[protocol](operation, environ, found)
    elif environ.get("CONTENT_TYPE", "").startswith(_FORM):
        _form(operation, environ, found)
    else:
        _json(operation, environ, found)
    return found


@cache
def _checks(service: str, on_the_wire: bool) -> Checks:
    return Checks(on_the_wire)


def _check(operation: OperationModel, shape: Any, on_the_wire: bool) -> Check:
    return _checks(operation.service_model.service_name, on_the_wire).of(shape)


def _body(environ: Environ) -> bytes:
    text = routes.body(environ)
    return gzip.decompress(text) if environ.get("HTTP_CONTENT_ENCODING") == "gzip" else text


def _json(operation: OperationModel, environ: Environ, found: Found) -> None:
    try:
        given = json.loads(_body(environ) or b"{}")
    except ValueError:
        found.append("The body is no JSON")
        return
    _check(operation, operation.input_shape, True)(given, "", found)


class _Noting(dict[str, str]):
    """A form that notes what of it was read."""

    def __init__(self, given: dict[str, str]) -> None:
        super().__init__(given)
        self.noted: set[str] = set()

    def get(self, name: str, otherwise: Any = None) -> Any:
        if name in self:
            self.noted.add(name)
        return super().get(name, otherwise)


def _form(operation: OperationModel, environ: Environ, found: Found) -> None:
    form = _Noting(dict(parse_qsl(_body(environ).decode(), keep_blank_values=True)))
    try:
        # Services that take JSON take forms, too, as their older clients send them.
        form_of = "ec2" if operation.service_model.protocol == "ec2" else "query"
        parser: Any = PROTOCOL_PARSERS[form_of](operation)
        given = parser._do_parse({"values": form}, operation.input_shape)
    except ValueError as error:
        found.append(f"A value cannot be converted: {error}")
        return
    _check(operation, operation.input_shape, False)(given, "", found)
    found += [f"Unknown parameter '{name}'" for name in sorted(form.keys() - form.noted - _HEAD)]


def _rest_json(operation: OperationModel, environ: Environ, found: Found) -> None:
    shape = _payload(operation)
    if shape is None:
        return
    try:
        given = json.loads(_body(environ) or b"{}")
    except ValueError:
        found.append("The body is no JSON")
        return
    inputs: Any = operation.input_shape  # there is one where there is a payload
    if "payload" in inputs.serialization:
        _check(operation, shape, True)(given, "", found)
    else:
        _in_body(operation)(given, "", found)


def _rest_xml(operation: OperationModel, environ: Environ, found: Found) -> None:
    shape = _payload(operation)
    if shape is None:
        return
    text = _body(environ)
    if not text:
        return
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError:
        found.append("The XML you provided was not well-formed")
        return
    _unknown_elements(shape, root, "", found)
    parser: Any = PROTOCOL_PARSERS["rest-xml"](operation)
    try:
        given = parser._parse_shape(shape, root)
    except ValueError as error:
        found.append(f"A value cannot be converted: {error}")
        return
    _check(operation, shape, False)(given, "", found)


_READERS: dict[str, Callable[[OperationModel, Environ, Found], None]] = {"rest-json": _rest_json, "rest-xml": _rest_xml}


def _payload(operation: OperationModel) -> Shape | None:
    """The shape of the body; None where it is text or bytes, or there is none."""
    shape: Any = operation.input_shape
    name = shape.serialization.get("payload")
    if name is not None:
        payload = shape.members[name]
        return payload if payload.type_name == "structure" else None
    return shape if any("location" not in member.serialization for member in shape.members.values()) else None


@cache
def _in_body(operation: OperationModel) -> Check:
    """The check of the members that are in the body, where others are not."""
    whole: Any = operation.input_shape
    inner = {
        member.serialization.get("name", name): (_check(operation, member, True), name)
        for name, member in whole.members.items()
        if "location" not in member.serialization
    }
    required = [spelled for spelled, (_, name) in inner.items() if name in whole.required_members]

    def check(value: Any, path: str, found: Found) -> None:
        if not isinstance(value, dict):
            found.append("The body is no object")
            return
        for spelled in required:
            if value.get(spelled) is None:
                label = lower_first(inner[spelled][1])
                found.append(f"Value null at '{label}' failed to satisfy constraint: Member must not be null")
        for spelled, one in value.items():
            if spelled not in inner:
                found.append(f"Unknown member '{spelled}'")
            elif one is not None:
                inner[spelled][0](one, f"{lower_first(inner[spelled][1])}.", found)

    return check


Located = Callable[[Labels, Environ, Found], None]


@cache
def _located(operation: OperationModel) -> tuple[Located, ...]:
    """The checks of what is in the path, the query and the headers; members that nothing limits have none."""
    shape: Any = operation.input_shape
    made = []
    for name, member in shape.members.items():
        location = member.serialization.get("location")
        if location in ("uri", "querystring", "header"):
            made.append(_one(operation, name, member, location, name in shape.required_members))
    return tuple(one for one in made if one is not None)


def _one(operation: OperationModel, name: str, member: Shape, location: str, required: bool) -> Located | None:
    limits = {"enum", "pattern", "min", "max"} & member.metadata.keys()
    if not limits and not required:
        return None
    inner = _check(operation, member, False)
    spelled = member.serialization.get("name", name)
    header = "HTTP_" + spelled.upper().replace("-", "_")
    convert = _SPELLED.get(spelled) or _CONVERTED.get(member.type_name, str)

    def check(labels: Labels, environ: Environ, found: Found) -> None:
        if location == "uri":
            text = labels.get(spelled)
        elif location == "header":
            text = environ.get(header)
        else:
            text = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True).get(spelled, [None])[0]
        if text is None:
            if required:
                label = lower_first(name)
                found.append(f"Value null at '{label}' failed to satisfy constraint: Member must not be null")
            return
        try:
            inner(convert(text), f"{lower_first(name)}.", found)
        except ValueError as error:
            found.append(f"'{spelled}' cannot be converted: {error}")

    return check


# AWS's SDK for C++, which pyarrow has, says "enabled", and S3 takes it.
_SPELLED: dict[str, Callable[[str], Any]] = {"x-amz-checksum-mode": str.upper}
_CONVERTED: dict[str, Callable[[str], Any]] = {
    "integer": int,
    "long": int,
    "boolean": lambda text: text.lower() == "true",
    "list": lambda text: [one.strip() for one in text.split(",")],
}


def _unknown_elements(shape: Any, element: ElementTree.Element, path: str, found: Found) -> None:
    """Name the elements that a shape does not have; moto's reader passes over them."""
    if shape.type_name == "structure":
        known = {_spelled(name, member): member for name, member in shape.members.items()}
        for child in element:
            name = child.tag.rpartition("}")[2]
            if name not in known:
                found.append(f"Unknown element '{path}{name}'")
                continue
            member = known[name]
            flat = member.type_name == "list" and member.serialization.get("flattened")
            _unknown_elements(member.member if flat else member, child, f"{path}{name}/", found)
    elif shape.type_name == "list":
        for child in element:
            _unknown_elements(shape.member, child, path, found)


def _spelled(name: str, member: Any) -> str:
    if member.type_name == "list" and member.serialization.get("flattened"):
        return member.member.serialization.get("name") or member.serialization.get("name", name)
    return member.serialization.get("name", name)
