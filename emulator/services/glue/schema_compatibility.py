"""Whether a version of a JSON Schema may follow another, by the modes of Glue's Schema Registry, read strictly.

AWS is reported both to enforce them to the letter and not at all (awslabs/aws-glue-schema-registry#172, #268,
PR#494); what passes here passes either way. A schema accepts another when each document of the other is one of its
own. Known are the words of JSON Schema that contracts are made of: what says anything else is compared as it is
written.
"""

from __future__ import annotations

import json
from typing import Any

Json = dict[str, Any]

_WORDS = {"type", "enum", "pattern", "format", "minLength", "maxLength", "minimum", "maximum"}
_WORDS |= {"properties", "required", "additionalProperties", "items"}
_SAYS_NOTHING = {"$schema", "$id", "title", "description", "default", "examples"}


def compatible(mode: str, before: list[str], new: str) -> bool:
    """Whether a definition may follow the last of those before it, or all of them where the mode says so."""
    direction, _, all_of_them = mode.partition("_")
    checked = before if all_of_them else before[-1:]
    backward, forward = direction in ("BACKWARD", "FULL"), direction in ("FORWARD", "FULL")
    for text in checked:
        old, now = json.loads(text), json.loads(new)
        if (backward and not accepts(now, old)) or (forward and not accepts(old, now)):
            return False
    return True


def accepts(reader: Json, writer: Json) -> bool:
    """Whether every document that fits the writer's schema fits the reader's."""
    return (
        _types(writer) <= _types(reader)
        and ("enum" not in reader or ("enum" in writer and _texts(writer["enum"]) <= _texts(reader["enum"])))
        and all(word not in reader or reader[word] == writer.get(word) for word in ("pattern", "format"))
        and all(word not in reader or writer.get(word, -1e99) >= reader[word] for word in ("minLength", "minimum"))
        and all(word not in reader or writer.get(word, 1e99) <= reader[word] for word in ("maxLength", "maximum"))
        and set(reader.get("required", ())) <= set(writer.get("required", ()))
        and _properties(reader, writer)
        and accepts_items(reader, writer)
        and _others(reader) == _others(writer)
    )


def accepts_items(reader: Json, writer: Json) -> bool:
    """The same for the items of lists."""
    return "items" not in reader or ("items" in writer and accepts(reader["items"], writer["items"]))


def _types(schema: Json) -> set[str]:
    given = schema.get("type", ["array", "boolean", "null", "number", "object", "string"])
    named = set(given if isinstance(given, list) else [given])
    return named | ({"integer"} if "number" in named else set())


def _texts(values: list[Any]) -> set[str]:
    return {json.dumps(value) for value in values}


def _others(schema: Json) -> Json:
    return {word: value for word, value in schema.items() if word not in _WORDS | _SAYS_NOTHING}


def _properties(reader: Json, writer: Json) -> bool:
    """A property that only one of them names is anything, or nothing, to the other, as the other is open or closed."""
    read, written = reader.get("properties", {}), writer.get("properties", {})
    open_reader, open_writer = (one.get("additionalProperties", True) is not False for one in (reader, writer))
    return (
        (open_reader or (not open_writer and written.keys() <= read.keys()))
        and all(accepts(read[name], written[name]) for name in read.keys() & written.keys())
        and (not open_writer or read.keys() <= written.keys())
    )
