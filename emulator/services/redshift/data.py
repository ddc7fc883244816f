"""The Data API: takes a statement, runs it, and tells of it for a day."""

from __future__ import annotations

import re
import time
import uuid
from typing import Any

from emulator.core import locks
from emulator.core.refusals.registry import Refused
from emulator.services.redshift import schemas
from emulator.services.redshift.state import STATE, Held, Json, invalid

_KEPT_SECONDS = 24 * 3600
_ROLE = re.compile(r"(iam_role\s+)'[^']*'", re.IGNORECASE)
_ID = re.compile(r"[a-z0-9]{8}(-[a-z0-9]{4}){3}-[a-z0-9]{12}(:\d+)?")

_statements: dict[str, Json] = {}


def execute(given: Json) -> Json:
    """ExecuteStatement: it has run when this answers."""
    statement = _new(given, [given["Sql"]])
    return _selected(statement, "Id", "CreatedAt", "Database", "SecretArn", "WorkgroupName")


def batch(given: Json) -> Json:
    """BatchExecuteStatement: one transaction, which ends at the first that fails."""
    statement = _new(given, given["Sqls"])
    return _selected(statement, "Id", "CreatedAt", "Database", "SecretArn", "WorkgroupName")


def describe(given: Json) -> Json:
    """DescribeStatement."""
    return _found(given["Id"])


def list_all(given: Json) -> Json:
    """ListStatements, the newest first and all on one page."""
    _sweep()
    begins, status = given.get("StatementName", ""), given.get("Status", "ALL")
    chosen = [
        {**one, "QueryStrings": [one["QueryString"]]}
        for one in _statements.values()
        if one.get("StatementName", "").startswith(begins)
        and status in ("ALL", one["Status"])
        and all(given.get(key) in (None, one.get(key)) for key in ("WorkgroupName", "Database"))
    ]
    shown = ("Id", "QueryString", "QueryStrings", "SecretArn", "Status", "StatementName", "CreatedAt", "UpdatedAt")
    return {"Statements": [_selected(one, *shown) for one in reversed(chosen)]}


def result(given: Json) -> Json:
    """GetStatementResult: what runs here has none."""
    statement = _found(given["Id"])
    raise Refused("ResourceNotFoundException", f"Query {statement['Id']} does not have a result.", 404)


def cancel(given: Json) -> Json:
    """CancelStatement: always too late."""
    statement = _found(given["Id"])
    raise invalid(f"Could not cancel a query that is already in {statement['Status']} state with ID: {statement['Id']}")


def _new(given: Json, sqls: list[str]) -> Json:
    if "SessionId" in given or "Parameters" in given:
        raise invalid("The emulator has neither sessions nor parameters of statements.")
    if "ClusterIdentifier" in given:
        raise invalid("Redshift endpoint doesn't exist in this region.")
    if "WorkgroupName" not in given or "Database" not in given:
        raise invalid("A WorkgroupName or a ClusterIdentifier, and a Database are needed.")
    now = time.time()
    kept = ("Database", "SecretArn", "WorkgroupName", "StatementName")
    statement = {key: given[key] for key in kept if key in given}
    with locks.holding("redshiftserverless"):
        space = _namespace(given["WorkgroupName"])
        failed = _run(space, given, sqls)
    statement |= {
        "Id": str(uuid.uuid4()),
        "CreatedAt": now,
        "UpdatedAt": time.time(),
        "Duration": 1,
        "HasResultSet": False,
        "RedshiftPid": 1,
        "RedshiftQueryId": len(_statements) + 1,
        "ResultRows": 0,
        "ResultSize": 0,
        "Status": "FAILED" if failed else "FINISHED",
        # The role is not shown (terraform-provider-aws#25775, pulumi-aws#5076).
        "QueryString": _ROLE.sub(r"\1''", ";".join(sqls)),
    }
    if failed:
        statement["Error"] = failed
    _statements[statement["Id"]] = statement
    return statement


def _namespace(workgroup: str) -> Held:
    STATE.sweep()
    held = STATE.workgroups.get(workgroup)
    if held is None or held.shown()["status"] in ("CREATING", "DELETING"):
        raise invalid("Redshift endpoint doesn't exist in this region.")
    return STATE.namespaces[held.attributes["namespaceName"]]


def _run(space: Held, given: Json, sqls: list[str]) -> str | None:
    """Why the statements fail; None when they did not."""
    secret = space.attributes.get("adminPasswordSecretArn")
    if given.get("SecretArn") not in (None, secret):
        return "FATAL: password authentication failed"
    if given["Database"] != space.attributes["dbName"]:
        return f'FATAL: database "{given["Database"]}" does not exist'
    key = (space.attributes["namespaceName"], given["Database"])
    held: dict[str, Any] = {name: dict(one) for name, one in STATE.schemas.get(key, {}).items()}
    try:
        for sql in sqls:
            schemas.run(sql, held, space.attributes)
    except schemas.StatementError as error:
        return f"ERROR: {error}"
    STATE.schemas[key] = held
    return None


def _found(name: str) -> Json:
    if not _ID.fullmatch(name):
        raise invalid(r"id must satisfy regex pattern: ^[a-z0-9]{8}(-[a-z0-9]{4}){3}-[a-z0-9]{12}(:\d+)?$")
    _sweep()
    if name not in _statements:
        raise Refused("ResourceNotFoundException", "Query does not exist.", 404)
    return _statements[name]


def _sweep() -> None:
    for name in [name for name, one in _statements.items() if time.time() - one["CreatedAt"] > _KEPT_SECONDS]:
        del _statements[name]


def _selected(statement: Json, *names: str) -> Json:
    return {name: statement[name] for name in names if name in statement}


OPERATIONS = {
    "ExecuteStatement": execute,
    "BatchExecuteStatement": batch,
    "DescribeStatement": describe,
    "ListStatements": list_all,
    "GetStatementResult": result,
    "CancelStatement": cancel,
}
