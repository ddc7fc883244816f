"""What makes a query fail, in the words of Athena's StateChangeReason."""

from __future__ import annotations

import re

from trino.exceptions import TrinoQueryError

_PARTITIONS = re.compile(r"Query over table '[^']*' can potentially read more than \d+ partitions")
NOT_THERE = "cannot be resolved or requester is not authorized to access requested resources"


class QueryError(Exception):
    """A query that cannot run: Athena's error name and what is wrong.

    category is Athena's: 1 for what the service did, 2 for what the user did.
    """

    def __init__(self, name: str, message: str, category: int = 2) -> None:
        super().__init__(f"{name}: {message}")
        self.name = name
        self.category = 1 if name in ("GENERIC_INTERNAL_ERROR", "S3_ERROR") else category


class NotPermittedError(QueryError):
    """Lake Formation grants nothing of a table; Athena gives this no error name."""

    def __init__(self, table: str) -> None:
        super().__init__("PERMISSION_DENIED", table)
        self.args = (
            f"Insufficient permissions to execute the query. Insufficient Lake Formation permission(s) on {table}",
        )


class NotAuthorizedError(QueryError):
    """IAM does not let who asks do what the query needs; Athena gives this no error name."""

    def __init__(self, refused: str) -> None:
        super().__init__("PERMISSION_DENIED", refused)
        self.args = (refused,)


def from_trino(error: TrinoQueryError) -> QueryError:
    """Trino's error as Athena gives it: the same names, some messages of its own."""
    message = re.sub(r"\biceberg\.(?=\w)", "awsdatacatalog.", error.message)
    if limit := _PARTITIONS.search(message):
        return QueryError("HIVE_EXCEEDED_PARTITION_LIMIT", limit[0])
    if error.error_name == "COLUMN_NOT_FOUND":
        message = message.replace("cannot be resolved", NOT_THERE)
    if error.error_name == "SYNTAX_ERROR" and "mismatched input ';'" in message:
        message = "Only one sql statement is allowed"
    return QueryError(str(error.error_name), message, 2 if error.error_type == "USER_ERROR" else 1)
