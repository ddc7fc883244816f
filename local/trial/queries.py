"""Holds the saved queries and views against the contracts: every name in them has to be that of a column there is.

Trino would say so, too, but takes half a minute to start.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import sqlglot
from sqlglot import exp
from sqlglot.errors import OptimizeError, ParseError, TokenError
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import traverse_scope
from sqlglot.schema import MappingSchema

_TABLE = re.compile(r"\{([a-z]+)\}\.")
# Athena's names are lower case whatever the quotes.
_DIALECT = "trino, normalization_strategy = case_insensitive"
_UNRESOLVED = re.compile(r"Column '([^']+)' could not be resolved|Unknown column: (\S+)")


class _Refused(Exception):
    """What Athena would say."""


def problems(bundle: str, folder: Path) -> Iterator[str]:
    """Say what Athena would refuse in the queries of a folder and in the views below it, by the contracts' columns."""
    tables = {key: _columns(one) for key, one in json.loads(bundle)["contracts"].items()}
    schema = MappingSchema(dialect=_DIALECT)
    for name, columns in tables.items():
        schema.add_table(name, columns)
    for path in sorted([*folder.glob("*.sql"), *folder.glob("views/*.sql")]):
        try:
            _hold(_TABLE.sub(r"\1.", path.read_text(encoding="utf-8")), schema, sorted(tables))
        except _Refused as error:
            yield f"{folder.parent.name}/{folder.name}/{path.relative_to(folder)}: {error}"


def _hold(query: str, schema: MappingSchema, tables: list[str]) -> None:
    try:
        tree = sqlglot.parse_one(query, dialect=_DIALECT)
    except (ParseError, TokenError) as error:
        raise _Refused(f"SYNTAX_ERROR: {str(error).splitlines()[0]}") from error
    sources = (source for scope in traverse_scope(tree) for _, source in scope.selected_sources.values())
    for source in sources:
        if isinstance(source, exp.Table) and not isinstance(source.this, exp.Func):
            name = f"{source.db}.{source.name}".lower()
            if name not in tables:
                raise _Refused(f"TABLE_NOT_FOUND: there is no {name}; there are: {', '.join(tables)}")
    try:
        # Athena knows what a SELECT calls its results in its ORDER BY alone.
        qualify(tree, schema=schema, dialect=_DIALECT, canonicalize_table_aliases=False, expand_alias_refs=False)
    except OptimizeError as error:
        text = str(error).splitlines()[0]
        if found := _UNRESOLVED.search(text):
            text = f"Column '{found[1] or found[2]}' cannot be resolved"
        raise _Refused(f"COLUMN_NOT_FOUND: {text}") from error


def _columns(contract: Mapping[str, list[Mapping[str, str]]]) -> dict[str, str]:
    return {one["name"].lower(): one["physical"] for one in contract["columns"] + contract["pathColumns"]}
