"""Checks of values against shapes: required and unknown members, types, enumerations, patterns, lengths, ranges.

A check is made once a shape. It is a function of a value, of the value's path, which AWS writes in its errors, and of
the list that takes what is wrong; a shape that limits nothing has none.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache
from typing import Any

import regex
from moto.core.model import Shape, StructureShape

Found = list[str]
Check = Callable[[Any, str, Found], None]

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "character": (str,),
    "blob": (str, bytes),
    "integer": (int,),
    "long": (int,),
    "float": (int, float, str),  # JSON has no NaN, which comes as text
    "double": (int, float, str),
    "boolean": (bool,),
    "list": (list,),
    "map": (dict,),
    "structure": (dict,),
}
# Java's regular expressions write characters beyond the first 65,536 as pairs.
_BEYOND = (r"\uD800\uDC00-\uDBFF\uDFFF", r"\U00010000-\U0010FFFF")


class Checks:
    """Makes the checks of one service's shapes, with members named as on the wire or as in the model."""

    def __init__(self, on_the_wire: bool) -> None:
        self._on_the_wire = on_the_wire
        self._made: dict[str, Check] = {}
        self._making: dict[str, Check] = {}
        self._lock = threading.RLock()

    def of(self, shape: Shape) -> Check:
        """The check of a shape, which may be part of itself; others see it when all its parts are made."""
        if (made := self._made.get(shape.name)) is not None:
            return made
        with self._lock:
            name, outermost = shape.name, not self._making
            if (known := self._made.get(name) or self._making.get(name)) is not None:
                return known
            # What checks it is looked up when it is called: it is made only now.
            self._making[name] = lambda value, path, found: self._made[name](value, path, found)  # noqa: PLW0108
            try:
                made = self._making[name] = self._make(shape)
                if outermost:
                    self._made.update(self._making)
            finally:
                if outermost:
                    self._making = {}
            return made

    def _make(self, shape: Shape) -> Check:
        kind = shape.type_name
        if kind == "structure":
            return self._structure(shape)  # type: ignore[arg-type]
        if kind == "list":
            return _sized(shape, self._list(shape))
        if kind == "map":
            return _sized(shape, self._map(shape))
        return _scalar(shape)

    def _structure(self, shape: StructureShape) -> Check:
        if shape.is_document_type:
            return _anything
        members = {}
        for name, member in shape.members.items():
            spelled = member.serialization.get("name", name) if self._on_the_wire else name
            members[spelled] = (self.of(member), lower_first(name))
        required = [
            (shape.members[name].serialization.get("name", name) if self._on_the_wire else name, lower_first(name))
            for name in shape.required_members
        ]
        union = getattr(shape, "is_tagged_union", False)

        def check(value: Any, path: str, found: Found) -> None:
            if not isinstance(value, dict):
                found.append(_wrong_type(path))
                return
            for name, label in required:
                if value.get(name) is None:
                    found.append(f"Value null at '{path}{label}' failed to satisfy constraint: Member must not be null")
            given = 0
            for name, one in value.items():
                if one is None:
                    continue
                given += 1
                if name not in members:
                    if name != "__type":
                        found.append(f"Unknown member '{name}' at '{path or '/'}'")
                    continue
                inner, label = members[name]
                inner(one, f"{path}{label}.", found)
            if union and given > 1:
                found.append(f"Value at '{path}' must have one member set, not {given}")

        return check

    def _list(self, shape: Any) -> Check:
        inner = self.of(shape.member)

        def check(value: Any, path: str, found: Found) -> None:
            for position, one in enumerate(value, 1):
                inner(one, f"{path}{position}.member.", found)

        return check

    def _map(self, shape: Any) -> Check:
        of_key, of_value = self.of(shape.key), self.of(shape.value)

        def check(value: Any, path: str, found: Found) -> None:
            for key, one in value.items():
                of_key(key, f"{path}key.", found)
                if one is not None:
                    of_value(one, f"{path}{key}.value.", found)

        return check


def lower_first(name: str) -> str:
    """A member's name as AWS writes it in errors."""
    return name[:1].lower() + name[1:]


def _sized(shape: Shape, inner: Check) -> Check:
    kinds: Any = _TYPES[shape.type_name]
    length = _length(shape)

    def check(value: Any, path: str, found: Found) -> None:
        if not isinstance(value, kinds):
            found.append(_wrong_type(path))
            return
        length(len(value), value, path, found)
        inner(value, path, found)

    return check


def _scalar(shape: Shape) -> Check:
    kind = shape.type_name
    kinds: Any = _TYPES.get(kind)
    if kinds is None or shape.metadata.get("jsonvalue") or shape.serialization.get("jsonvalue"):
        return _anything  # timestamps have as many forms as protocols
    allowed = frozenset(getattr(shape, "enum", None) or ())
    pattern = _pattern(shape.metadata.get("pattern"))
    length, within = _length(shape), _range(shape)
    numeric = kind in ("integer", "long", "float", "double")

    def check(value: Any, path: str, found: Found) -> None:
        if not isinstance(value, kinds) or (isinstance(value, bool) and kind != "boolean"):
            found.append(_wrong_type(path))
            return
        if allowed and value not in allowed:
            found.append(_unmet(value, path, f"Member must satisfy enum value set: [{', '.join(sorted(allowed))}]"))
        if kind == "blob":
            length(_blob_length(value), None, path, found)
        elif numeric:
            within(value, path, found)
        elif kind != "boolean":
            length(len(value), value, path, found)
            if pattern is not None and not pattern.fullmatch(value):
                constraint = f"Member must satisfy regular expression pattern: {shape.metadata['pattern']}"
                found.append(_unmet(value, path, constraint))

    return check


def _blob_length(value: str | bytes) -> int:
    if isinstance(value, bytes):
        return len(value)
    return len(value) * 3 // 4 - value[-2:].count("=")


def _length(shape: Shape) -> Callable[[int, Any, str, Found], None]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")

    def check(length: int, value: Any, path: str, found: Found) -> None:
        if least is not None and length < least:
            found.append(_unmet(value, path, f"Member must have length greater than or equal to {least}"))
        if most is not None and length > most:
            found.append(_unmet(value, path, f"Member must have length less than or equal to {most}"))

    return check


def _range(shape: Shape) -> Check:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")

    def check(value: Any, path: str, found: Found) -> None:
        if isinstance(value, str):
            return
        if least is not None and value < least:
            found.append(_unmet(value, path, f"Member must have value greater than or equal to {least}"))
        if most is not None and value > most:
            found.append(_unmet(value, path, f"Member must have value less than or equal to {most}"))

    return check


@cache
def _pattern(text: str | None) -> Any:
    r"""AWS takes texts of many lines for patterns like .*\S.*, so a dot stands for a line's end, too."""
    return regex.compile(text.replace(*_BEYOND), regex.DOTALL) if text else None


def _anything(_value: Any, _path: str, _found: Found) -> None:
    return


def _unmet(value: Any, path: str, constraint: str) -> str:
    shown = "" if value is None or len(str(value)) > 200 else f" '{value}'"
    return f"Value{shown} at '{path.rstrip('.')}' failed to satisfy constraint: {constraint}"


def _wrong_type(path: str) -> str:
    return f"Value at '{path.rstrip('.') or '/'}' has a type that cannot be converted"
