"""Athena's SQL to DuckDB's: sqlglot parses, resolves every name against the catalog, and writes.

Nothing is rewritten by hand: what sqlglot can't parse, resolve or express in
DuckDB's dialect is an error. The resolved query also tells which columns of
each table are used and which conditions hold for them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import sqlglot
from sqlglot import exp
from sqlglot.errors import OptimizeError, ParseError, SqlglotError, TokenError, UnsupportedError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.pushdown_projections import pushdown_projections
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, traverse_scope
from sqlglot.schema import MappingSchema

from emulator.services.athena import conditions
from emulator.services.athena.errors import QueryError
from emulator.services.athena.predicates import Predicate

# Athena's names are lower case whatever the quotes.
DIALECT = "trino, normalization_strategy = case_insensitive"
_PLACE = "$tables"
_UNUSED = "_"  # what sqlglot selects where nothing is needed
_UNNAMED = "$unnamed"
_NOT_THERE = "cannot be resolved or requester is not authorized to access requested resources"


@dataclass(frozen=True)
class Source:
    """A table as a query names it; version is FOR … AS OF's kind and expression, if any."""

    database: str
    name: str
    version: tuple[str, exp.Expression] | None = None


@dataclass
class Read:
    """One place in the query where a table is read: relation stands for it in DuckDB."""

    relation: str
    source: Source
    columns: list[str]
    predicates: list[Predicate] = field(default_factory=list)


@dataclass
class Plan:
    """A query for DuckDB, and what to put under the names it reads."""

    sql: str
    reads: list[Read]


def parse(text: str) -> exp.Expression:
    """The one statement in the text; a QueryError says where it goes wrong."""
    try:
        statements = [statement for statement in sqlglot.parse(text, dialect=DIALECT) if statement is not None]
    except (ParseError, TokenError) as error:
        raise _syntax(error) from error
    if len(statements) != 1:
        raise QueryError("SYNTAX_ERROR", f"Only one sql statement is allowed, found {len(statements)}")
    return statements[0]


def _syntax(error: SqlglotError) -> QueryError:
    found = getattr(error, "errors", None) or [{}]
    where = f"line {found[0].get('line')}:{found[0].get('col')}: " if found[0].get("line") else ""
    return QueryError("SYNTAX_ERROR", f"{where}{found[0].get('description') or str(error).splitlines()[0]}")


class Translator:
    """Translates one query. Tables come from look_up: column types, or a view's text and database."""

    def __init__(
        self,
        look_up: Callable[[Source], dict[str, pa.DataType] | tuple[str, str]],
        evaluate: Callable[[str], Any],
    ) -> None:
        self._look_up = look_up
        self._evaluate = evaluate

    def plan(self, query: exp.Expression, database: str | None) -> Plan:
        """Resolve and translate a SELECT, WITH, VALUES or set operation."""
        tree, sources = self._expanded(query, database)
        _mark_unnamed(tree)
        schema = MappingSchema(dialect=DIALECT)
        for key, (_, columns) in sources.items():
            types = {name: exp.DataType.build(_sql_type(kind), dialect="duckdb") for name, kind in columns.items()}
            schema.add_table(exp.table_(key, db=_PLACE, quoted=True), types or {_UNUSED: "INT"}, match_depth=False)
        try:
            tree = qualify(
                tree,
                schema=schema,
                dialect=DIALECT,
                identify=True,
                canonicalize_table_aliases=False,
                # Athena knows what a SELECT calls its results in its ORDER BY alone.
                expand_alias_refs=False,
            )
            tree = annotate_types(tree, schema=schema, dialect=DIALECT)
            _number_unnamed(tree)
            tree = pushdown_projections(tree)
            reads = self._reads(tree, sources)
            _drop_zoned_precision(tree)
            sql = tree.sql(dialect="duckdb", unsupported_level=sqlglot.ErrorLevel.RAISE)
        except UnsupportedError as error:
            raise QueryError("NOT_SUPPORTED", str(error)) from error
        except OptimizeError as error:
            raise _unresolved(error) from error
        return Plan(sql, reads)

    def _expanded(
        self, query: exp.Expression, database: str | None
    ) -> tuple[exp.Expression, dict[str, tuple[Source, dict[str, pa.DataType]]]]:
        """Put views' queries in their place, and a key of its own in the place of every table."""
        sources: dict[str, tuple[Source, dict[str, pa.DataType]]] = {}

        def expand(tree: exp.Expression, database: str | None, above: tuple[Source, ...]) -> exp.Expression:
            for node in _tables(tree):
                source = _source(node, database)
                found = self._look_up(source)
                if isinstance(found, tuple):
                    if source in above:
                        raise QueryError("VIEW_IS_RECURSIVE", f"View {source.name} refers to itself")
                    inner = expand(parse(found[0]), found[1], (*above, source))
                    alias = node.alias or source.name
                    node.replace(exp.Subquery(this=inner, alias=exp.TableAlias(this=exp.to_identifier(alias))))
                    continue
                key = f"t{len(sources)}"
                sources[key] = (source, found)
                renamed = exp.table_(key, db=_PLACE, quoted=True, alias=node.alias or source.name)
                for part in ("joins", "laterals", "sample", "pivots"):
                    renamed.set(part, node.args.get(part))
                if isinstance(node.args.get("alias"), exp.TableAlias):
                    renamed.set("alias", node.args["alias"].copy())
                if node is tree:
                    tree = renamed
                else:
                    node.replace(renamed)
            return tree

        return expand(query, database, ()), sources

    def _reads(self, tree: exp.Expression, sources: dict[str, tuple[Source, dict[str, pa.DataType]]]) -> list[Read]:
        scopes = traverse_scope(tree)
        narrowed = conditions.collect(scopes, self._evaluate)
        reads = []
        for scope in scopes:
            for alias, (_, node) in scope.selected_sources.items():
                if isinstance(node, exp.Table) and node.db == _PLACE:
                    source, columns = sources[node.name]
                    used = {column.name for column in scope.columns if column.table == alias}
                    relation = f"t{len(reads)}"
                    ordered = [name for name in columns if name in used]
                    reads.append(Read(relation, source, ordered, narrowed.get(id(node), [])))
                    node.set("db", None)
                    node.set("this", exp.to_identifier(relation, quoted=True))
        return reads


def _tables(tree: exp.Expression) -> list[exp.Table]:
    """The tables that the query reads from outside itself: no names of WITH."""
    found: dict[int, exp.Table] = {}
    for scope in traverse_scope(tree):
        for _, source in scope.selected_sources.values():
            if isinstance(source, exp.Table) and not isinstance(source.this, exp.Func):
                found.setdefault(id(source), source)
    return list(found.values())


def _source(node: exp.Table, database: str | None) -> Source:
    name, db = node.name.lower(), (node.db or database or "").lower()
    if node.catalog and node.catalog.lower() != "awsdatacatalog":
        raise QueryError("CATALOG_NOT_FOUND", f"Catalog '{node.catalog}' does not exist")
    if not db:
        raise QueryError(
            "MISSING_SCHEMA_NAME", f"Schema must be specified for table {name} when session schema is not set"
        )
    version = node.args.get("version")
    if version is not None:
        _drop_zoned_precision(version)
    at = (str(version.this).upper(), version.expression) if version is not None else None
    return Source(db, name, at)


def _mark_unnamed(tree: exp.Expression) -> None:
    """Name result columns that are expressions, before sqlglot names them its own way."""
    select = tree
    while isinstance(select, exp.SetOperation):
        select = select.this.unnest()
    if isinstance(select, exp.Select):
        for number, column in enumerate(select.expressions):
            if not isinstance(column.unnest(), (exp.Alias, exp.Aliases, exp.Column, exp.Star, exp.Dot)):
                select.expressions[number].replace(exp.alias_(column.copy(), f"{_UNNAMED}{number}", quoted=True))


def _number_unnamed(tree: exp.Expression) -> None:
    """Athena calls the third column, when it has no name, _col2; ORDER BY 3 has become ORDER BY its name."""
    names = {}
    for number, column in enumerate(tree.selects):
        if isinstance(column, exp.Alias) and column.alias.startswith(_UNNAMED):
            names[column.alias] = exp.to_identifier(f"_col{number}", quoted=True)
            column.set("alias", names[column.alias])
    for column in (tree.args.get("order") or exp.Order()).find_all(exp.Column):
        if column.name in names:
            column.set("this", names[column.name].copy())


def _drop_zoned_precision(tree: exp.Expression) -> None:
    """DuckDB's timestamps with time zone have one precision, the finest of Athena's."""
    for kind in tree.find_all(exp.DataType):
        if kind.this == exp.DataType.Type.TIMESTAMPTZ:
            kind.set("expressions", [])


def _unresolved(error: OptimizeError) -> QueryError:
    text = str(error).splitlines()[0]
    found = re.search(r"Column '([^']+)' could not be resolved.*Line: (\d+), Col: (\d+)", text)
    if found:  # sqlglot tells where the name ends, Athena where it starts
        where = f"line {found[2]}:{int(found[3]) - len(found[1]) + 1}: "
        return QueryError("COLUMN_NOT_FOUND", f"{where}Column '{found[1]}' {_NOT_THERE}")
    if found := re.fullmatch(r"Unknown column: (\S+)", text):  # it does not tell where
        return QueryError("COLUMN_NOT_FOUND", f"Column '{found[1]}' {_NOT_THERE}")
    return QueryError("COLUMN_NOT_FOUND" if "olumn" in text else "SYNTAX_ERROR", text)


def _sql_type(kind: pa.DataType) -> str:
    """The Arrow type in DuckDB's words."""
    if pa.types.is_decimal(kind):
        return f"DECIMAL({kind.precision}, {kind.scale})"
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return f"{_sql_type(kind.value_type)}[]"
    if pa.types.is_map(kind):
        return f"MAP({_sql_type(kind.key_type)}, {_sql_type(kind.item_type)})"
    if pa.types.is_struct(kind):
        return f"STRUCT({', '.join(f'{field.name} {_sql_type(field.type)}' for field in kind)})"
    if pa.types.is_timestamp(kind):
        return "TIMESTAMPTZ" if kind.tz else "TIMESTAMP"
    names = {
        pa.bool_(): "BOOLEAN",
        pa.int8(): "TINYINT",
        pa.int16(): "SMALLINT",
        pa.int32(): "INTEGER",
        pa.int64(): "BIGINT",
        pa.float32(): "REAL",
        pa.float64(): "DOUBLE",
        pa.date32(): "DATE",
        pa.time64("us"): "TIME",
        pa.binary(): "BLOB",
        pa.large_binary(): "BLOB",
    }
    return names.get(kind, "VARCHAR")


__all__ = ["Plan", "Read", "Scope", "Source", "Translator", "parse"]
