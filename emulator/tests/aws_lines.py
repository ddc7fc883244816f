"""Lines that a page begins with aws, run as the AWS CLI would."""

import json
import re
import shlex
from collections.abc import Callable, Mapping
from typing import Any

from botocore import xform_name


def lines(page: str) -> list[str]:
    """Return a page's lines that begin with aws, in its blocks and, where they have options, in its sentences."""
    return re.findall(r"(?m:^aws .*$)|(?<=`)aws [^`\n]+ --[^`\n]+", page)


def run(client: Callable[[str], Any], line: str, files: Mapping[str, str] | None = None) -> tuple[str, dict[str, Any]]:
    """Run a line; return the operation's name and its answer."""
    _, service, operation, *options = shlex.split(line)
    api = client("s3" if service == "s3api" else service)
    model = api.meta.service_model.operation_model(
        next(name for name in api.meta.service_model.operation_names if xform_name(name, "-") == operation)
    )
    members = {xform_name(name, "-"): name for name in model.input_shape.members} if model.input_shape else {}
    members["notification-endpoint"] = "Endpoint"  # of subscribe: the CLI has an --endpoint of its own
    arguments = {}
    words = iter(options)
    for word in words:
        if word == "--query":  # what is shown of the answer
            next(words)
            continue
        name = members[word.removeprefix("--")]
        shape = model.input_shape.members[name]
        arguments[name] = shape.type_name == "boolean" or _value(shape, next(words), files or {})
    return model.name, getattr(api, xform_name(model.name))(**arguments)


def _value(shape: Any, text: str, files: Mapping[str, str]) -> Any:
    """An option's value: a file's content, JSON, the CLI's shorthand of names and values, or itself."""
    if text.startswith("file://"):
        return files[text.removeprefix("file://")]
    if shape.type_name == "structure":
        pairs = (pair.split("=", 1) for pair in text.split(","))
        return {name: _value(shape.members[name], word, files) for name, word in pairs}
    if shape.type_name == "boolean":
        return json.loads(text)
    return int(text) if shape.type_name in ("integer", "long") else text
