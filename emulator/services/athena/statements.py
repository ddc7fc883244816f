"""SHOW and DESCRIBE, which ask the catalog and read no data."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable

from emulator.services.athena.catalog import Shown
from emulator.services.athena.errors import QueryError

# Names of columns, and rows in text.
Answer = tuple[list[str], list[tuple[str, ...]]]

_NAME = r"[`\"]?([\w$]+)[`\"]?"
_TABLE = rf"(?:{_NAME}\.)?{_NAME}"


def answer(query: str, database: str | None, catalog: Shown) -> Answer | None:
    """The answer to a statement of this kind; None for any other."""
    text = re.sub(r"\s+", " ", query.strip().rstrip(";")).strip()
    for pattern, run in _STATEMENTS:
        match = re.fullmatch(pattern, text, re.IGNORECASE)
        if match:
            return run(match, (database or "").lower(), catalog)
    return None


def _show_tables(match: re.Match[str], database: str, catalog: Shown) -> Answer:
    names = catalog.tables(_required(match[1] or database))
    if match[2]:
        pattern = match[2].replace(".*", "*")
        names = [name for name in names if any(fnmatch.fnmatch(name, one) for one in pattern.split("|"))]
    return ["tab_name"], [(name,) for name in names]


def _show_databases(_: re.Match[str], __: str, catalog: Shown) -> Answer:
    return ["database_name"], [(name,) for name in catalog.databases()]


def _show_columns(match: re.Match[str], database: str, catalog: Shown) -> Answer:
    columns = catalog.columns(_required(match[3] or match[1] or database), match[2].lower())
    return ["field"], [(column.name,) for column in columns]


def _describe(match: re.Match[str], database: str, catalog: Shown) -> Answer:
    columns = catalog.columns(_required(match[1] or database), match[2].lower())
    return ["col_name", "data_type", "comment"], [(column.name, column.type, column.comment) for column in columns]


def _required(database: str) -> str:
    if not database:
        raise QueryError("MISSING_SCHEMA_NAME", "Schema must be specified when session schema is not set")
    return database.lower()


_STATEMENTS: list[tuple[str, Callable[[re.Match[str], str, Shown], Answer]]] = [
    (rf"SHOW TABLES(?: (?:IN|FROM) {_NAME})?(?: (?:LIKE )?'([^']*)')?", _show_tables),
    (r"SHOW (?:DATABASES|SCHEMAS)", _show_databases),
    (rf"SHOW COLUMNS (?:IN|FROM) {_TABLE}(?: (?:IN|FROM) {_NAME})?", _show_columns),
    (rf"(?:DESCRIBE|DESC)(?: FORMATTED| EXTENDED)? {_TABLE}", _describe),
]
