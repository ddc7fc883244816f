"""CloudWatch Logs: saved queries."""

from __future__ import annotations

import json
import time
import uuid
from typing import Any

from moto.logs.exceptions import ResourceNotFoundException
from moto.logs.models import LogsBackend
from moto.logs.responses import LogsResponse

from emulator.core.patch import add


def query_definitions(backend: LogsBackend) -> dict[str, dict[str, Any]]:
    """The saved queries of one account and region, by id."""
    return vars(backend).setdefault("query_definitions", {})


@add(LogsResponse)
def put_query_definition(self: Any) -> str:
    """Creates a saved query, or replaces it when its id is given."""
    known = query_definitions(self.logs_backend)
    given = self._get_param("queryDefinitionId")
    if given and given not in known:
        raise ResourceNotFoundException("The specified query definition does not exist.")
    query_id = given or str(uuid.uuid4())
    known[query_id] = {
        "queryDefinitionId": query_id,
        "name": self._get_param("name"),
        "queryString": self._get_param("queryString"),
        "logGroupNames": self._get_param("logGroupNames") or [],
        "lastModified": int(time.time() * 1000),
    }
    return json.dumps({"queryDefinitionId": query_id})


@add(LogsResponse)
def describe_query_definitions(self: Any) -> str:
    """Lists saved queries whose name starts with a prefix."""
    prefix = self._get_param("queryDefinitionNamePrefix") or ""
    found = [query for query in query_definitions(self.logs_backend).values() if query["name"].startswith(prefix)]
    return json.dumps({"queryDefinitions": found})


@add(LogsResponse)
def delete_query_definition(self: Any) -> str:
    """Deletes a saved query."""
    if query_definitions(self.logs_backend).pop(self._get_param("queryDefinitionId"), None) is None:
        raise ResourceNotFoundException("The specified query definition does not exist.")
    return json.dumps({"success": True})
