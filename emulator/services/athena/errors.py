"""What makes a query fail, in the words of Athena's StateChangeReason."""

from __future__ import annotations


class QueryError(Exception):
    """A query that cannot run: Athena's error name and what is wrong."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"{name}: {message}")
        self.name = name


class NotPermittedError(QueryError):
    """Lake Formation grants nothing of a table; Athena gives this no error name."""

    def __init__(self, table: str) -> None:
        super().__init__("PERMISSION_DENIED", table)
        self.args = (
            f"Insufficient permissions to execute the query. Insufficient Lake Formation permission(s) on {table}",
        )
