"""Which conditions of a resolved query hold for every row it takes from a table.

Conditions come from WHERE and from inner joins' ON, as conjuncts of the form
`column operator constant`, and go down into subqueries, views and WITH queries
as far as that cannot change their result: through plain projections, through
the keys of GROUP BY and of every window's PARTITION BY, into all branches of
set operations.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from emulator.services.athena.predicates import Predicate

_OPERATORS = {exp.EQ: "=", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">="}
_MIRRORED = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_CHANGING = (exp.Rand, exp.Randn, exp.Uuid)


def collect(scopes: list[Scope], evaluate: Callable[[str], Any]) -> dict[int, list[Predicate]]:
    """Conditions by the id() of the table's node; evaluate gives a constant expression's value."""
    used = Counter(id(source) for scope in scopes for _, source in scope.selected_sources.values())
    narrowed: dict[int, list[Predicate]] = {}
    # traverse_scope goes from the innermost query out; conditions go the other way.
    above: dict[int, list[Predicate]] = {}
    for scope in reversed(scopes):
        inherited = above.get(id(scope), [])
        if isinstance(scope.expression, exp.SetOperation):
            _into_branches(scope, inherited, above)
            continue
        if not isinstance(scope.expression, exp.Select):
            continue
        found = [*_own(scope, evaluate), *_through(scope.expression, inherited)]
        for alias, (_, source) in scope.selected_sources.items():
            mine = [predicate for table, predicate in found if table == alias]
            if isinstance(source, exp.Table):
                narrowed[id(source)] = mine
            elif used[id(source)] == 1:
                above[id(source)] = mine
    return narrowed


def _into_branches(scope: Scope, inherited: list[Predicate], above: dict[int, list[Predicate]]) -> None:
    names = scope.expression.named_selects
    if scope.expression.args.get("limit") or scope.expression.args.get("offset"):
        return
    for branch in scope.set_operation_scopes:
        inner = branch.expression.named_selects
        above[id(branch)] = [
            Predicate(inner[names.index(p.column)], p.operator, p.values) for p in inherited if p.column in names
        ]


def _through(select: exp.Select, inherited: list[Predicate]) -> Iterator[tuple[str, Predicate]]:
    """Conditions on the result, as conditions on what the query reads."""
    if select.args.get("limit") or select.args.get("offset"):
        return
    grouped = select.args.get("group")
    if (grouped is None and any(_aggregates(select))) or (grouped and not _plain(grouped)):
        return
    keys = {key.sql() for key in grouped.expressions} if grouped else None
    windows = [
        {key.sql() for key in window.args.get("partition_by") or []}
        for window in select.find_all(exp.Window)
        if window.find_ancestor(exp.Select) is select
    ]
    columns = {column.alias_or_name: column.unalias() for column in select.selects}
    for predicate in inherited:
        column = columns.get(predicate.column)
        if not isinstance(column, exp.Column):
            continue
        text = column.sql()
        if (keys is None or text in keys) and all(text in window for window in windows):
            yield column.table, Predicate(column.name, predicate.operator, predicate.values)


def _plain(group: exp.Group) -> bool:
    return not any(group.args.get(part) for part in ("cube", "rollup", "grouping_sets"))


def _aggregates(select: exp.Select) -> Iterator[exp.Expression]:
    for column in select.selects:
        for found in column.find_all(exp.AggFunc):
            if found.find_ancestor(exp.Window, exp.Select) is select:
                yield found


def _own(scope: Scope, evaluate: Callable[[str], Any]) -> Iterator[tuple[str, Predicate]]:
    select = scope.expression
    joins = select.args.get("joins") or []
    where = select.args.get("where")
    if where is not None:
        yield from _conjuncts(where.this, evaluate)
    # ON holds for all rows only where no join keeps rows that don't match.
    if all(join.side == "" and join.kind in ("", "INNER", "CROSS") for join in joins):
        for join in joins:
            if join.args.get("on") is not None:
                yield from _conjuncts(join.args["on"], evaluate)


def _conjuncts(condition: exp.Expression, evaluate: Callable[[str], Any]) -> Iterator[tuple[str, Predicate]]:
    part = condition.unnest()
    if isinstance(part, exp.And):
        yield from _conjuncts(part.this, evaluate)
        yield from _conjuncts(part.expression, evaluate)
    else:
        yield from _predicates(part, evaluate)


def _predicates(part: exp.Expression, evaluate: Callable[[str], Any]) -> Iterator[tuple[str, Predicate]]:
    if type(part) in _OPERATORS:
        operator, one, other = _OPERATORS[type(part)], part.this.unnest(), part.expression.unnest()
        if not isinstance(one, exp.Column):
            operator, one, other = _MIRRORED[operator], other, one
        yield from _predicate(one, operator, [other], evaluate)
    elif isinstance(part, exp.Between) and not part.args.get("symmetric"):
        yield from _predicate(part.this.unnest(), ">=", [part.args["low"]], evaluate)
        yield from _predicate(part.this.unnest(), "<=", [part.args["high"]], evaluate)
    elif isinstance(part, exp.In) and part.expressions and not part.args.get("query"):
        yield from _predicate(part.this.unnest(), "in", part.expressions, evaluate)


def _predicate(
    column: exp.Expression, operator: str, constants: list[exp.Expression], evaluate: Callable[[str], Any]
) -> Iterator[tuple[str, Predicate]]:
    if not isinstance(column, exp.Column):
        return
    values = []
    for constant in constants:
        if constant.find(exp.Column, exp.Query, exp.Placeholder, exp.Parameter, *_CHANGING):
            return
        value = evaluate(constant.sql(dialect="duckdb"))
        if value is None:
            return
        values.append(value)
    yield column.table, Predicate(column.name, operator, tuple(values))
