"""What who asks may not read, in Athena's words, where Trino has others."""

from __future__ import annotations

import re
from dataclasses import dataclass

from trino.exceptions import TrinoQueryError

from emulator.services.athena.catalog import Catalog
from emulator.services.athena.errors import NOT_THERE, NotPermittedError, QueryError
from emulator.services.athena.permissions import Permissions

# What is said of a table of which nothing is granted, or not all that the query names.
_DENIED = re.compile(r"Access Denied: Cannot select from (?:table or view|table|view) (?:\w+\.)?(\w+)\.(\w+)")
# What is said of a query of all columns when none may be read; it names no table.
_NOTHING = "Relation not found or not allowed"


@dataclass(frozen=True)
class Denials:
    """A query of one principal."""

    query: str
    catalog: Catalog
    permissions: Permissions

    def of(self, error: TrinoQueryError) -> QueryError | None:
        """What Athena says instead; None for an error that is about something else."""
        if match := _DENIED.search(error.message):
            database, table = match.groups()
            columns = [column.name for column in self.catalog.columns(database, table)]
            if self.permissions.sees(database, table, columns):
                readable = self.permissions.access(database, table, columns).columns
                if hidden := self._first_named(set(columns) - set(readable)):
                    return QueryError("COLUMN_NOT_FOUND", f"Column '{hidden}' {NOT_THERE}")
            return NotPermittedError(table)
        if error.message.endswith(_NOTHING) and (table := self._first_named(self._unseen())):
            return NotPermittedError(table)
        return None

    def _unseen(self) -> set[str]:
        tables = self.catalog.every_table().items()
        return {name for (database, name), columns in tables if not self.permissions.sees(database, name, columns)}

    def _first_named(self, names: set[str]) -> str:
        """The first of these that the query's text has."""
        return next((word for word in re.findall(r"\w+", self.query.lower()) if word in names), "")
