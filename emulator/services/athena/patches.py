"""Athena: deletion and change of saved queries, and of all that a workgroup holds."""

from __future__ import annotations

from typing import Any

from moto.athena.models import AthenaBackend
from moto.athena.responses import AthenaResponse

from emulator.core.patch import add, wrap


@wrap(AthenaBackend)
def delete_work_group(moto: Any, self: Any, name: str) -> None:
    """Takes the contents along; whether a workgroup with contents may go is refused before."""
    group = self.work_groups.get(name)
    moto(self, name)
    for held in (self.named_queries, self.executions, self.prepared_statements):
        for key in [key for key, one in held.items() if one.workgroup is group]:
            del held[key]


@add(AthenaResponse)
def delete_named_query(self: Any) -> Any:
    """Deletes a saved query."""
    if self.athena_backend.named_queries.pop(self._get_param("NamedQueryId"), None) is None:
        return self.error("NamedQuery was not found", 400)
    return "{}"


@add(AthenaResponse)
def update_named_query(self: Any) -> Any:
    """Changes the name, text or description of a saved query."""
    query = self.athena_backend.named_queries.get(self._get_param("NamedQueryId"))
    if query is None:
        return self.error("NamedQuery was not found", 400)
    query.name = self._get_param("Name") or query.name
    query.query_string = self._get_param("QueryString") or query.query_string
    query.description = self._get_param("Description") or query.description
    return "{}"


@add(AthenaResponse)
def delete_prepared_statement(self: Any) -> Any:
    """Deletes a prepared statement."""
    if self.athena_backend.prepared_statements.pop(self._get_param("StatementName"), None) is None:
        return self.error("PreparedStatement was not found", 400)
    return "{}"
