"""CloudWatch's expressions: metric math, and the rules of composite alarms.

Both are close enough to Python's that its parser reads them. Known is what the functions
given say; anything else is an error, as an alarm that is not understood must not look quiet.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

_WORDS = re.compile(r'"[^"]*"|\b(?:AND|OR|NOT|TRUE|FALSE)\b')
_PYTHON = {"AND": "and", "OR": "or", "NOT": "not", "TRUE": "True", "FALSE": "False"}
_OPERATORS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


def evaluate(text: str, names: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]]) -> Any:
    """The value of an expression; None where a value it needs is missing. ValueError when it is not understood."""
    python = _WORDS.sub(lambda word: _PYTHON.get(word[0], word[0]), text)
    try:
        return _value(ast.parse(python.strip(), mode="eval").body, names, functions)
    except (SyntaxError, KeyError, TypeError) as error:
        raise ValueError(f"expression {text!r}: {error!r}") from error


def _value(node: ast.expr, names: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]]) -> Any:
    def of(part: ast.expr) -> Any:
        return _value(part, names, functions)

    match node:
        case ast.Constant():
            return node.value
        case ast.Name():
            return names[node.id]
        case ast.List():
            return [of(part) for part in node.elts]
        case ast.Call(func=ast.Name(id=name)):
            return functions[name](*[of(part) for part in node.args])
        case ast.BoolOp():
            values = [of(part) for part in node.values]
            if None in values:
                return None
            return all(values) if isinstance(node.op, ast.And) else any(values)
        case ast.UnaryOp(op=ast.Not()):
            return not of(node.operand)
        case ast.BinOp():
            return _both(node.op, of(node.left), of(node.right))
        case ast.Compare(ops=[sign], comparators=[right]):
            return _both(sign, of(node.left), of(right))
    raise TypeError(f"{ast.unparse(node)} is not known")


def _both(sign: ast.AST, left: Any, right: Any) -> Any:
    """The value of two; none of a missing one, and none of a division by zero, which leaves a gap."""
    if left is None or right is None or (isinstance(sign, ast.Div) and right == 0):
        return None
    return _OPERATORS[type(sign)](left, right)


def metric_math(series: list[float | None]) -> dict[str, Callable[..., Any]]:
    """The functions of metric math over one period; series are the values that METRICS() stands for."""
    return {"METRICS": lambda: series, "FILL": _fill, "SUM": _sum, "IF": _if}


def _fill(value: Any, filling: float) -> Any:
    if isinstance(value, list):
        return [filling if one is None else one for one in value]
    return filling if value is None else value


def _sum(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _if(condition: Any, then: Any, otherwise: Any) -> Any:
    if condition is None:
        return None
    return then if condition else otherwise
