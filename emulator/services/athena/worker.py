"""The query worker, a process of its own: requests on stdin, answers on stdout, a JSON document a line.

Queries run in parallel in threads; objects once decoded stay in memory, so that
asking for a growing table again and again reads only what is new.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any, TextIO

import boto3
import duckdb
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from emulator.services.athena import engine
from emulator.services.athena.catalog import Catalog
from emulator.services.athena.errors import QueryError
from emulator.services.athena.objects import Store

log = logging.getLogger("athena")

_QUERIES = 4


class Worker:
    """Runs what it is asked to, and answers in any order."""

    def __init__(self, answers: TextIO) -> None:
        config = Config(s3={"addressing_style": "path"}, max_pool_connections=32, retries={"total_max_attempts": 3})
        self._engine = engine.Engine(
            Store(boto3.client("s3", config=config)), Catalog(boto3.client("glue", config=config))
        )
        self._answers = answers
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(_QUERIES, thread_name_prefix="query")
        self._running: dict[str, duckdb.DuckDBPyConnection] = {}
        self._cancelled: set[str] = set()

    def take(self, line: str) -> None:
        """Start or cancel a query."""
        message = json.loads(line)
        if "cancel" in message:
            with self._lock:
                self._cancelled.add(message["cancel"])
                connection = self._running.get(message["cancel"])
            if connection is not None:
                connection.interrupt()
            return
        self._pool.submit(self._run, message.pop("id"), engine.Request(**message))

    def _run(self, query_id: str, request: engine.Request) -> None:
        try:
            connection = engine.connect()
            with self._lock:
                if query_id in self._cancelled:
                    return
                self._running[query_id] = connection
            try:
                answer: dict[str, Any] = asdict(self._engine.run(request, connection))
            finally:
                with self._lock:
                    del self._running[query_id]
                connection.close()
        except QueryError as error:
            answer = {"error": str(error), "name": error.name}
        except duckdb.Error as error:
            answer = {"error": f"{_name(error)}: {error}", "name": _name(error)}
        except (ClientError, BotoCoreError) as error:
            answer = {"error": f"S3_ERROR: {error}", "name": "S3_ERROR"}
        except Exception as error:
            log.exception("query %s", query_id)
            answer = {"error": f"GENERIC_INTERNAL_ERROR: {error!r}", "name": "GENERIC_INTERNAL_ERROR"}
        with self._lock:
            self._answers.write(json.dumps({"id": query_id, **answer}) + "\n")
            self._answers.flush()


def _name(error: duckdb.Error) -> str:
    """Athena's word for what DuckDB rejects."""
    text = str(error)
    if isinstance(error, duckdb.CatalogException) and "Function" in text:
        return "FUNCTION_NOT_FOUND"
    if isinstance(error, duckdb.ConversionException):
        return "INVALID_CAST_ARGUMENT"
    if isinstance(error, duckdb.OutOfRangeException):
        return "NUMERIC_VALUE_OUT_OF_RANGE"
    if isinstance(error, (duckdb.BinderException, duckdb.ParserException)):
        return "TYPE_MISMATCH" if "type" in text.lower() else "SYNTAX_ERROR"
    return "GENERIC_USER_ERROR"


def main() -> None:
    """Serve until stdin ends."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    # Libraries that print must not disturb the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    worker = Worker(answers)
    for line in sys.stdin:
        worker.take(line)
    os._exit(0)


if __name__ == "__main__":
    main()
