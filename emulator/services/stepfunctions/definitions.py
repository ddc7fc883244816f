"""What Step Functions finds wrong with a definition that moto's grammar takes: a function of the definition alone.

The rules are those of the Amazon States Language (states-language.net), which asl-validator checks, too, and of
"Integrating services with Step Functions" (Developer Guide). Codes and words are AWS's where they are known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from emulator.services.stepfunctions.integrations import unrecognized

Json = dict[str, Any]

_NAME = 80  # characters of a state's name: Developer Guide, "Step Functions service quotas"

_COMMON = {"Type", "Comment", "QueryLanguage"}
_PATHS = {"InputPath", "OutputPath"}
_WORK = {"Parameters", "ResultSelector", "ResultPath", "Retry", "Catch", "Next", "End", "Assign", "Arguments", "Output"}
_FIELDS = {
    "Task": _COMMON
    | _PATHS
    | _WORK
    | {"Resource", "Credentials", "TimeoutSeconds", "TimeoutSecondsPath", "HeartbeatSeconds", "HeartbeatSecondsPath"},
    "Parallel": _COMMON | _PATHS | _WORK | {"Branches"},
    "Map": _COMMON
    | _PATHS
    | _WORK
    | {"ItemProcessor", "Iterator", "ItemSelector", "Items", "ItemsPath", "ItemReader", "ItemBatcher", "ResultWriter"}
    | {"MaxConcurrency", "MaxConcurrencyPath", "ToleratedFailureCount", "ToleratedFailureCountPath", "Label"}
    | {"ToleratedFailurePercentage", "ToleratedFailurePercentagePath"},
    "Pass": _COMMON | _PATHS | {"Result", "ResultPath", "Parameters", "Next", "End", "Assign", "Output"},
    "Wait": _COMMON
    | _PATHS
    | {"Seconds", "SecondsPath", "Timestamp", "TimestampPath", "Next", "End", "Assign", "Output"},
    "Choice": _COMMON | _PATHS | {"Choices", "Default", "Assign", "Output"},
    "Succeed": _COMMON | _PATHS | {"Output"},
    "Fail": _COMMON | {"Error", "ErrorPath", "Cause", "CausePath"},
}

# Of these a state has at most one; of the sets marked True exactly one.
_ONE_OF: dict[str, list[tuple[bool, set[str]]]] = {
    "Task": [(False, {"TimeoutSeconds", "TimeoutSecondsPath"}), (False, {"HeartbeatSeconds", "HeartbeatSecondsPath"})],
    "Map": [
        (True, {"ItemProcessor", "Iterator"}),
        (False, {"ItemSelector", "Parameters"}),
        (False, {"MaxConcurrency", "MaxConcurrencyPath"}),
        (False, {"Items", "ItemsPath"}),
    ],
    "Wait": [(True, {"Seconds", "SecondsPath", "Timestamp", "TimestampPath"})],
    "Fail": [(False, {"Error", "ErrorPath"}), (False, {"Cause", "CausePath"})],
}
_GOES_ON = {"Task", "Parallel", "Map", "Pass", "Wait"}


@dataclass(frozen=True)
class Problem:
    """A mistake, with the place that AWS names it by."""

    code: str
    message: str
    place: str

    def __str__(self) -> str:
        return f"{self.code}: {self.message} at {self.place}"


def problems(definition: Json) -> list[Problem]:
    """All mistakes of a definition; none of one that Step Functions takes."""
    scopes = list(_scopes(definition, ""))
    found = [problem for place, scope in scopes for problem in _problems(scope, place)]
    names = Counter(name for _, scope in scopes for name in scope["States"])
    found += [
        Problem("DUPLICATE_STATE_NAME", f"Duplicate State name: {name}", f"{place}/States/{name}")
        for place, scope in scopes
        for name in scope["States"]
        if names[name] > 1
    ]
    return found


def _scopes(scope: Any, place: str) -> Iterator[tuple[str, Json]]:
    """A state machine and those inside its states, with their places; what is none is moto's grammar's to refuse."""
    if not isinstance(scope, dict) or not isinstance(scope.get("States"), dict):
        return
    yield place, scope
    for name, state in scope["States"].items():
        if isinstance(state, dict):
            inside = [(f"Branches[{number}]", one) for number, one in enumerate(state.get("Branches") or [])]
            inside += [(field, state[field]) for field in ("ItemProcessor", "Iterator") if field in state]
            for field, inner in inside:
                yield from _scopes(inner, f"{place}/States/{name}/{field}")


def _problems(scope: Json, place: str) -> Iterator[Problem]:
    states: Json = {name: state for name, state in scope["States"].items() if isinstance(state, dict)}
    targets = {name: list(_targets(state)) for name, state in states.items()}
    leads = [("StartAt", scope.get("StartAt"), place)]
    leads += [("Next", target, f"{place}/States/{name}") for name, found in targets.items() for target in found]
    for field, target, where in leads:
        if target not in states:
            yield Problem("MISSING_TRANSITION_TARGET", f"Missing '{field}' target: {target}", f"{where}/{field}")
    reached = _reached(scope.get("StartAt"), targets)
    for name, state in states.items():
        where = f"{place}/States/{name}"
        if name not in reached:
            yield Problem("MISSING_TRANSITION_TARGET", f'State "{name}" is not reachable.', where)
        if len(name) > _NAME:
            yield Problem("SCHEMA_VALIDATION_FAILED", f"State name has more than {_NAME} characters", where)
        yield from _state(state, where)
    if not any(state.get("End") or state.get("Type") in ("Succeed", "Fail") for state in states.values()):
        yield Problem("MISSING_TERMINAL_STATE", "No state ends the machine", place or "/")


def _targets(state: Json) -> Iterator[Any]:
    """Where a state leads to, inside its own state machine."""
    for field in ("Next", "Default"):
        if field in state:
            yield state[field]
    for field in ("Choices", "Catch"):
        for one in state.get(field) or []:
            if isinstance(one, dict) and "Next" in one:
                yield one["Next"]


def _reached(start: Any, targets: dict[str, list[Any]]) -> set[str]:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name in targets and name not in seen:
            seen.add(name)
            waiting += targets[name]
    return seen


def _state(state: Json, place: str) -> Iterator[Problem]:
    def wrong(message: str, inside: str = "") -> Problem:
        return Problem("SCHEMA_VALIDATION_FAILED", message, place + inside)

    kind = state.get("Type")
    if kind not in _FIELDS:
        yield wrong(f"Type {kind} is none of {sorted(_FIELDS)}", "/Type")
        return
    for field in sorted(state.keys() - _FIELDS[kind]):
        yield wrong(f'Field "{field}" is not supported', f"/{field}")
    rules = _ONE_OF.get(kind, [])
    if kind in _GOES_ON:
        rules = [*rules, (True, {"Next", "End"})]
    for exactly, fields in rules:
        given = len(fields & state.keys())
        if given > 1 or (exactly and not given):
            yield wrong(f"These fields exclude each other, and one is required: {sorted(fields)}")
    for field in ("Retry", "Catch"):
        yield from (wrong(message, f"/{field}") for message in _error_names(state.get(field) or []))
    for field in ("TimeoutSeconds", "HeartbeatSeconds"):
        if isinstance(state.get(field), int) and state[field] < 1:
            yield wrong("The value is less than 1", f"/{field}")
    for field in ("Parameters", "ResultSelector", "ItemSelector"):
        yield from (wrong(message, f"/{field}") for message in _template(state.get(field)))
    if kind == "Task" and (message := unrecognized(state.get("Resource"))):
        yield wrong(message, "/Resource")


def _error_names(handlers: list[Any]) -> Iterator[str]:
    for number, handler in enumerate(handlers):
        names = handler.get("ErrorEquals") if isinstance(handler, dict) else None
        if not names:
            yield "ErrorEquals is required and not empty"
        elif "States.ALL" in names and (len(names) > 1 or number + 1 < len(handlers)):
            yield "States.ALL must appear alone and at end of list"


def _template(template: Any) -> Iterator[str]:
    """Fields that have one name without ".$", and values of such that are neither path nor intrinsic function."""
    if isinstance(template, dict):
        names = Counter(name.removesuffix(".$") for name in template)
        yield from (f'The field "{name}" is given with and without ".$"' for name, times in names.items() if times > 1)
        for name, value in template.items():
            if name.endswith(".$") and not (isinstance(value, str) and value.startswith(("$", "States."))):
                yield f'The value for the field "{name}" must be a valid JSONPath or a valid intrinsic function call'
    for inner in template.values() if isinstance(template, dict) else template if isinstance(template, list) else ():
        yield from _template(inner)
