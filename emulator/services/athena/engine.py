"""Runs one query: under whose rights, by which engine, and where its result goes."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from trino.client import ClientSession, TrinoQuery
from trino.exceptions import TrinoConnectionError, TrinoQueryError

from emulator.core import aws
from emulator.services.athena import access, callers, results, statements
from emulator.services.athena.catalog import Catalog, Shown
from emulator.services.athena.denials import Denials
from emulator.services.athena.errors import QueryError, from_trino
from emulator.services.athena.names import ACCOUNT_USER, CATALOG, SCAN_LIMIT
from emulator.services.athena.trino import Trino

# Statements that are no queries. Nobody who asks here has a place to write to.
_OTHERS = re.compile(
    r"(?:ALTER|ANALYZE|CALL|COMMENT|COMMIT|CREATE|DEALLOCATE|DELETE|DENY|DESC|DESCRIBE|DROP|EXECUTE|"
    r"GRANT|INSERT|MERGE|MSCK|OPTIMIZE|PREPARE|REFRESH|RESET|REVOKE|ROLLBACK|SET|SHOW|START|TRUNCATE|"
    r"UNLOAD|UPDATE|USE|VACUUM)\b",
    re.IGNORECASE,
)
_COMMENTS = re.compile(r"\s+|--[^\n]*(?:\n|$)|/\*.*?\*/", re.DOTALL)
_STOPPED = "GENERIC_INTERNAL_ERROR"
_NODE_SECONDS = 60


@dataclass
class Request:
    """A query as StartQueryExecution gave it.

    limit is the bytes it may scan, 0 for any number; role is the ARN of whose
    rights hold, None for the account's own keys.
    """

    query: str
    database: str | None
    parameters: list[str]
    output: str
    pages: Path
    limit: int = 0
    role: str | None = None


@dataclass
class Outcome:
    """What a query that ended well tells; times in milliseconds."""

    columns: list[dict[str, Any]] = field(default_factory=list)
    rows: int = 0
    bytes_scanned: int = 0
    planning: int = 0
    engine: int = 0


class Running:
    """A query that another thread may cancel."""

    def __init__(self) -> None:
        self._query: TrinoQuery | None = None
        self._cancelled = False

    def began(self, query: TrinoQuery) -> None:
        """Say what is to be cancelled; raises QueryError when it is already."""
        self._query = query
        if self._cancelled:
            raise QueryError(_STOPPED, "the query was cancelled")

    def cancel(self) -> None:
        """End the query, now or as soon as it begins."""
        self._cancelled = True
        if self._query is not None and self._query.query_id:
            self._query.cancel()


class Engine:
    """Runs queries; safe to use from several threads."""

    def __init__(self, trino: Trino) -> None:
        self._trino, self._rules = trino, access.Rules()

    def run(self, request: Request, running: Running) -> Outcome:
        """Run a query to its end, and write its result.

        Raises QueryError.
        """
        begun = time.monotonic()
        catalog = Catalog()
        permissions = None
        if request.role:
            callers.check_result(request.role, request.output)
            permissions = callers.permissions(request.role)
        shown = statements.answer(request.query, request.database, Shown(catalog, permissions))
        if shown is not None:
            names, rows = shown
            result = results.statement(names, rows)
            outcome = Outcome(engine=_since(begun))
        else:
            if permissions is not None:
                self._rules.set(str(request.role), permissions, catalog.every_table())
            try:
                result, outcome = self._ask(request, running)
            except TrinoQueryError as error:
                denials = permissions and Denials(request.query, catalog, permissions)
                raise (denials and denials.of(error)) or from_trino(error) from error
        bucket, _, key = request.output.removeprefix("s3://").partition("/")
        aws.client("s3").put_object(Bucket=bucket, Key=key, Body=result.file(tabbed=key.endswith(".txt")))
        result.write_pages(request.pages)
        outcome.columns, outcome.rows = result.columns(), len(result.rows)
        return outcome

    def _ask(self, request: Request, running: Running) -> tuple[results.Result, Outcome]:
        user = request.role or ACCOUNT_USER
        session = ClientSession(
            user=user,
            catalog=CATALOG,
            schema=request.database,
            source="athena",
            timezone="UTC",
            properties=_limits(request),
        )
        sql = statement(request.query, request.parameters)
        try:
            query, rows = self._rows(sql, session, running)
            looked_at = self._trino.tables_of(query.query_id or "", user)
        except (requests.RequestException, TrinoConnectionError) as error:
            raise QueryError(_STOPPED, "the query engine stopped") from error
        if request.role:
            callers.check_tables(request.role, looked_at)
        stats = query.stats
        outcome = Outcome(
            bytes_scanned=stats.get("physicalInputBytes", 0),
            planning=stats.get("planningTimeMillis", 0),
            engine=stats.get("elapsedTimeMillis", 0),
        )
        # The server looks at the limit once a second.
        if request.limit and outcome.bytes_scanned > request.limit:
            raise QueryError(SCAN_LIMIT, f"{outcome.bytes_scanned} bytes")
        return results.of_query(query.columns, rows), outcome

    def _rows(self, sql: str, session: ClientSession, running: Running) -> tuple[TrinoQuery, list[list[Any]]]:
        """The query that was run and its rows.

        On a machine that is busy the server may lose its one node, itself, until that is detected again; what needs a
        node then fails before it has begun.
        """
        deadline = time.monotonic() + _NODE_SECONDS
        while True:
            query = self._trino.query(sql, session)
            running.began(query)
            try:
                return query, list(query.execute())
            except TrinoQueryError as error:
                if error.error_name != "NO_NODES_AVAILABLE" or time.monotonic() > deadline:
                    raise
            time.sleep(0.2)


def statement(query: str, parameters: list[str]) -> str:
    """The query as Trino takes it, with the expressions that stand for its question marks.

    Raises QueryError for a statement that does not read.
    """
    text = query.strip()
    while text.endswith(";"):
        text = text[:-1].rstrip()
    if other := _OTHERS.match(_begin(text)):
        raise QueryError("NOT_SUPPORTED", f"{other[0].upper()} statements are not run here")
    if not parameters:
        return text
    return f"EXECUTE IMMEDIATE '{text.replace(chr(39), chr(39) * 2)}' USING {', '.join(parameters)}"


def _begin(text: str) -> str:
    """A statement from its first word on."""
    place = 0
    while match := _COMMENTS.match(text, place):
        place = match.end()
    return text[place:] or text


def _limits(request: Request) -> dict[str, str]:
    return {"query_max_scan_physical_bytes": f"{request.limit}B"} if request.limit else {}


def _since(begun: float) -> int:
    return int((time.monotonic() - begun) * 1000)
