"""What Lake Formation lets a principal read: grants added up over tags, columns and rows.

Pure: it knows what Lake Formation holds from a snapshot, and tables from the
columns it is asked about.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from emulator.services.athena.errors import NotPermittedError, QueryError

Json = dict[str, Any]
Tags = dict[str, str]

ANY_IAM = "IAM_ALLOWED_PRINCIPALS"
_READING = {"ALL", "SELECT", "SUPER"}


@dataclass(frozen=True)
class Access:
    """Columns of a table in its order, and the condition on its rows; None for every row."""

    columns: list[str]
    rows: str | None = None


class Permissions:
    """The grants of one principal and of whoever IAM lets, and the tags and filters they are about."""

    def __init__(self, snapshot: Json) -> None:
        self._grants: list[Json] = snapshot["grants"]
        self._tags: dict[str, Tags] = snapshot["tags"]
        self._filters: dict[str, Json] = snapshot["filters"]

    def access(self, database: str, table: str, columns: list[str]) -> Access:
        """What may be read of a table with these columns; an error when that is nothing."""
        readable: dict[str, set[str]] = {}
        for grant in self._grants:
            if not _READING & set(grant["permissions"]):
                continue
            found, rows = self._granted(grant["resource"], database, table, columns)
            for column in found:
                readable.setdefault(column, set()).add(rows)
        if not readable:
            raise NotPermittedError(table)
        ordered = [column for column in columns if column in readable]
        # A grant without a condition gives every row, whatever the others say.
        conditions = {frozenset() if "" in found else frozenset(found) for found in readable.values()}
        if len(conditions) > 1:
            raise QueryError("NOT_SUPPORTED", f"Other rows are granted for some columns of {table} than for others")
        return Access(ordered, _any(sorted(conditions.pop())))

    def sees(self, database: str, table: str, columns: list[str]) -> bool:
        """Whether anything of the table may be read."""
        try:
            return bool(self.access(database, table, columns).columns)
        except NotPermittedError:
            return False

    def _granted(self, resource: Json, database: str, table: str, columns: list[str]) -> tuple[list[str], str]:
        """The columns that a grant gives, and its condition on rows."""
        if "LFTagPolicy" in resource:
            policy = resource["LFTagPolicy"]
            if policy["ResourceType"] != "TABLE":
                return [], ""
            return [name for name in columns if _match(policy["Expression"], self._of(database, table, name))], ""
        if "DataCellsFilter" in resource:
            named = resource["DataCellsFilter"]
            if (named["DatabaseName"], named["TableName"]) != (database, table):
                return [], ""
            held = self._filters[f"{database}.{table}.{named['Name']}"]
            return _chosen(held, columns), held["RowFilter"].get("FilterExpression", "")
        named = resource.get("TableWithColumns") or resource.get("Table")
        if named is None or named["DatabaseName"] != database:
            return [], ""
        if "TableWildcard" not in named and named.get("Name") != table:
            return [], ""
        return _chosen(named, columns), ""

    def _of(self, database: str, table: str, column: str) -> Tags:
        """A column's tags with what it inherits."""
        return {
            **self._tags.get(database, {}),
            **self._tags.get(f"{database}.{table}", {}),
            **self._tags.get(f"{database}.{table}.{column}", {}),
        }


def _match(expression: list[Json], tags: Tags) -> bool:
    return all(tags.get(wanted["TagKey"]) in wanted["TagValues"] for wanted in expression)


def _chosen(named: Json, columns: list[str]) -> list[str]:
    """The columns that are named, or all but the excluded."""
    if named.get("ColumnNames") is not None:
        return [column for column in columns if column in named["ColumnNames"]]
    excluded = (named.get("ColumnWildcard") or {}).get("ExcludedColumnNames") or []
    return [column for column in columns if column not in excluded]


def _any(conditions: list[str]) -> str | None:
    """Rows that one of the conditions lets through."""
    return " OR ".join(f"({one})" for one in conditions) or None
