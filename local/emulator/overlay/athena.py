"""Athena: deletion and change of saved queries."""

from __future__ import annotations

from typing import Any

from moto.athena.responses import AthenaResponse

from emulator.overlay.patch import add


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
