"""Glue: names of databases and tables are folded to lower case, for Hive (DatabaseInput and TableInput, Name)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from moto.glue.responses import GlueResponse

Json = dict[str, Any]

_CATALOG_CALLS = re.compile(
    r"(Batch)?(Create|Get|Update|Delete)"
    r"(Databases?|Tables?|TableVersions?|Partitions?|PartitionIndex(es)?|TableOptimizer|ColumnStatisticsFor(Table|Partition))"
)

_given: Callable[[GlueResponse], Json] = GlueResponse.parameters.fget  # type: ignore[attr-defined]


def parameters(self: GlueResponse) -> Json:
    """A request's body with the names that the catalog keeps."""
    given = _given(self)
    if _CATALOG_CALLS.fullmatch(self._get_action() or ""):
        for named in (given, given.get("DatabaseInput"), given.get("TableInput")):
            _fold(named or {})
    return given


def _fold(named: Json) -> None:
    for field in ("Name", "DatabaseName", "TableName"):
        if isinstance(named.get(field), str):
            named[field] = named[field].lower()


GlueResponse.parameters = property(parameters)  # type: ignore[method-assign]
