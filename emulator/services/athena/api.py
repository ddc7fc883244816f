"""The part of Athena's API that runs queries, in the place of moto's, which runs none."""

from __future__ import annotations

import json
import time
import uuid
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from moto.athena.responses import AthenaResponse

from emulator.core import admin, locks, patch
from emulator.core.settings import Settings
from emulator.services.athena import callers
from emulator.services.athena.names import SCAN_LIMIT

if TYPE_CHECKING:
    from emulator.services.athena.engine import Outcome
    from emulator.services.athena.errors import QueryError
    from emulator.services.athena.pool import Pool

Json = dict[str, Any]
Reply = str | tuple[str, dict[str, int]]

_MAX_RESULTS = 1000
_MAX_QUERY = 262144  # bytes of a query string

_settings: Settings | None = None
_pages = Path()


def install(settings: Settings) -> None:
    """Patch moto's Athena."""
    global _settings, _pages
    first = _settings is None
    _settings = settings
    _pool.cache_clear()
    _pages = settings.state_dir / "athena"
    _pages.mkdir(parents=True, exist_ok=True)
    if not first:
        return
    for function in (start_query_execution, get_query_execution, get_query_results, stop_query_execution):
        patch.replace(AthenaResponse)(function)
    patch.replace(AthenaResponse)(get_query_runtime_statistics)
    patch.add(AthenaResponse)(batch_get_query_execution)
    # Who deploys and will ask says so: the engine takes longer to start than a query may.
    admin.route("POST", "/_local/trino", lambda _: _pool().warm())
    admin.route("GET", "/_local/trino", lambda _: _pool().address())


@cache
def _pool() -> Pool:
    """What runs queries; too much to load before somebody asks."""
    from emulator.services.athena.pool import Pool

    assert _settings is not None, "install comes first"
    return Pool(_settings)


class Query:
    """One execution; read and written under Athena's lock."""

    def __init__(self, text: str, context: Json, configuration: Json, workgroup: Any, parameters: list[str]) -> None:
        self.id = str(uuid.uuid4())
        self.query = text
        self.context = context
        self.config = configuration
        self.workgroup = workgroup
        self.execution_parameters = parameters
        self.status = "QUEUED"
        self.reason = ""
        self.start_time = time.time()
        self.end_time: float | None = None
        self.outcome: Outcome | None = None
        self.error_category = 0

    @property
    def ended(self) -> bool:
        """Whether the query will not change any more."""
        return self.status in ("SUCCEEDED", "FAILED", "CANCELLED")

    def end(self, status: str, reason: str = "") -> None:
        """Set the final state."""
        self.status, self.reason, self.end_time = status, reason, time.time()

    def pages(self) -> Path:
        """The file of the result's rows."""
        return _pages / f"{self.id}.arrow"

    def describe(self) -> Json:
        """What GetQueryExecution shows."""
        total = int(((self.end_time or time.time()) - self.start_time) * 1000)
        outcome = self.outcome
        engine = outcome.engine if outcome else 0
        status: Json = {"State": self.status, "SubmissionDateTime": self.start_time}
        if self.end_time:
            status["CompletionDateTime"] = self.end_time
        if self.reason:
            status["StateChangeReason"] = self.reason
        if self.status == "FAILED":
            kind = self.error_category
            error = {"ErrorCategory": kind, "ErrorType": 1000 + kind, "Retryable": False, "ErrorMessage": self.reason}
            status["AthenaError"] = error
        shown = {
            "QueryExecutionId": self.id,
            "Query": self.query,
            "StatementType": self.kind(),
            "ResultConfiguration": self.config,
            "ResultReuseConfiguration": {"ResultReuseByAgeConfiguration": {"Enabled": False}},
            "QueryExecutionContext": self.context,
            "Status": status,
            "Statistics": {
                "EngineExecutionTimeInMillis": engine,
                "DataScannedInBytes": outcome.bytes_scanned if outcome else 0,
                "TotalExecutionTimeInMillis": total,
                "QueryQueueTimeInMillis": max(0, total - engine),
                "ServicePreProcessingTimeInMillis": 0,
                "QueryPlanningTimeInMillis": outcome.planning if outcome else 0,
                "ServiceProcessingTimeInMillis": 0,
                "ResultReuseInformation": {"ReusedPreviousResult": False},
            },
            "WorkGroup": self.workgroup.name,
            "EngineVersion": self.workgroup.configuration["EngineVersion"],
            "SubstatementType": self.query.split(None, 1)[0].upper(),
        }
        if self.execution_parameters:
            shown["ExecutionParameters"] = self.execution_parameters
        return shown

    def kind(self) -> str:
        """DML reads or writes rows; DDL is about tables; UTILITY shows them."""
        word = self.query.split(None, 1)[0].upper()
        if word in ("SHOW", "DESCRIBE", "DESC", "EXPLAIN"):
            return "UTILITY"
        return "DDL" if word in ("ALTER", "CREATE", "DROP", "MSCK") else "DML"


def start_query_execution(self: AthenaResponse) -> Reply:
    """Starts a query; its result goes where the work group says, or else the caller."""
    backend = self.athena_backend
    text = self._get_param("QueryString") or ""
    name = self._get_param("WorkGroup") or "primary"
    workgroup = backend.work_groups.get(name)
    if workgroup is None:
        return self.error(f"WorkGroup {name} is not found.", 400)
    if workgroup.state == "DISABLED":
        return self.error(f"WorkGroup {name} is disabled.", 400)
    if not text.strip() or len(text.encode()) > _MAX_QUERY:
        return self.error("QueryString must have 1 to 262144 bytes", 400)
    token = self._get_param("ClientRequestToken")
    tokens: dict[str, str] = vars(backend).setdefault("query_tokens", {})
    if token in tokens:
        return json.dumps({"QueryExecutionId": tokens[token]})
    ours = workgroup.configuration.get("ResultConfiguration") or {}
    theirs = self._get_param("ResultConfiguration") or {}
    enforced = workgroup.configuration.get("EnforceWorkGroupConfiguration", True) and ours.get("OutputLocation")
    configuration = dict(ours if enforced else {**ours, **theirs})
    location = configuration.get("OutputLocation", "")
    if not location.startswith("s3://"):
        return self.error(
            "No output location provided. An output location is required either through the Workgroup result "
            "configuration setting or as an API input.",
            400,
        )
    parameters = self._get_param("ExecutionParameters") or []
    query = Query(text, self._get_param("QueryExecutionContext") or {}, configuration, workgroup, parameters)
    ending = ".txt" if query.kind() == "UTILITY" else ".csv"
    configuration["OutputLocation"] = f"{location.rstrip('/')}/{query.id}{ending}"
    backend.executions[query.id] = query
    if token:
        tokens[token] = query.id
    _submit(query, callers.role_of(self.access_key, self.current_account))
    return json.dumps({"QueryExecutionId": query.id})


def _submit(query: Query, role: str | None) -> None:
    from emulator.services.athena.engine import Request

    query.status = "RUNNING"
    request = Request(
        query.query,
        query.context.get("Database"),
        query.execution_parameters,
        query.config["OutputLocation"],
        query.pages(),
        query.workgroup.configuration.get("BytesScannedCutoffPerQuery") or 0,
        role,
    )
    _pool().submit(query.id, request, lambda answer: _end(query, answer))


def _end(query: Query, answer: Outcome | QueryError) -> None:
    with locks.holding("athena") as changed:
        if not query.ended:
            if not isinstance(answer, Exception):
                query.outcome = answer
                query.end("SUCCEEDED")
            elif answer.name == SCAN_LIMIT:
                query.end("CANCELLED", "Bytes scanned limit was exceeded")
            else:
                query.error_category = answer.category
                query.end("FAILED", str(answer))
        changed.notify_all()


def _find(response: AthenaResponse, query_id: str) -> Query | None:
    found = response.athena_backend.executions.get(query_id)
    return found if isinstance(found, Query) else None


def _unknown(response: AthenaResponse, query_id: str) -> Reply:
    return response.error(f"QueryExecution {query_id} was not found", 400)


def get_query_execution(self: AthenaResponse) -> Reply:
    """State, reason, statistics."""
    query_id = self._get_param("QueryExecutionId")
    query = _find(self, query_id)
    return json.dumps({"QueryExecution": query.describe()}) if query else _unknown(self, query_id)


def batch_get_query_execution(self: AthenaResponse) -> Reply:
    """GetQueryExecution for up to 50 ids."""
    found, missing = [], []
    for query_id in self._get_param("QueryExecutionIds") or []:
        query = _find(self, query_id)
        if query:
            found.append(query.describe())
        else:
            missing.append({"QueryExecutionId": query_id, "ErrorCode": "INVALID_INPUT", "ErrorMessage": "not found"})
    return json.dumps({"QueryExecutions": found, "UnprocessedQueryExecutionIds": missing})


def stop_query_execution(self: AthenaResponse) -> Reply:
    """Cancels a query that has not ended."""
    query_id = self._get_param("QueryExecutionId")
    query = _find(self, query_id)
    if query is None:
        return _unknown(self, query_id)
    if not query.ended:
        query.end("CANCELLED", "Query cancelled by user")
        _pool().cancel(query.id)
    return json.dumps({})


def get_query_results(self: AthenaResponse) -> Reply:
    """A page of rows; a query's first row holds its column names."""
    query_id = self._get_param("QueryExecutionId")
    query = _find(self, query_id)
    if query is None:
        return _unknown(self, query_id)
    if not query.ended:
        return self.error(f"Query has not yet finished. Current state: {query.status}", 400)
    if query.outcome is None:
        return self.error(f"Query did not finish successfully. Final query state: {query.status}", 400)
    wanted = self._get_param("MaxResults") or _MAX_RESULTS
    if not 1 <= wanted <= _MAX_RESULTS:
        return self.error("MaxResults is more than maximum allowed length 1000.", 400)
    start = int(self._get_param("NextToken") or 0)
    head, columns = query.kind() == "DML", query.outcome.columns
    with pa.memory_map(str(query.pages())) as source:
        rows = pa.ipc.open_file(source).read_all()
        first = max(0, start - head)
        page = rows.slice(first, wanted - (head and start == 0))
        lines = [list(line) for line in zip(*(column.to_pylist() for column in page.columns), strict=True)]
        if head and start == 0:
            lines.insert(0, [column["Name"] for column in columns])
        more = first + page.num_rows < rows.num_rows
    answer: Json = {
        "UpdateCount": 0,
        "ResultSet": {
            "Rows": [{"Data": [{} if value is None else {"VarCharValue": value} for value in line]} for line in lines],
            "ResultSetMetadata": {"ColumnInfo": columns},
        },
    }
    if more:
        answer["NextToken"] = str(start + len(lines))
    return json.dumps(answer)


def get_query_runtime_statistics(self: AthenaResponse) -> Reply:
    """Rows and bytes of a query that has ended."""
    query_id = self._get_param("QueryExecutionId")
    query = _find(self, query_id)
    if query is None:
        return _unknown(self, query_id)
    outcome = query.outcome
    scanned, rows = (outcome.bytes_scanned, outcome.rows) if outcome else (0, 0)
    statistics = query.describe()["Statistics"]
    timeline = {name: value for name, value in statistics.items() if name.endswith("InMillis")}
    counts = {"InputBytes": scanned, "OutputRows": rows}
    return json.dumps({"QueryRuntimeStatistics": {"Timeline": timeline, "Rows": counts}})
