"""Athena."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from emulator.core.descriptors import Descriptor, named
from emulator.services.athena import calls


def _listed(backend: Any) -> Iterable[str]:
    """Every account has the workgroup and the catalog that aren't listed."""
    yield from (f"workgroup/{name}" for name in backend.work_groups if name != "primary")
    yield from (f"catalog/{name}" for name in backend.data_catalogs if name.lower() != "awsdatacatalog")
    yield from named(query="named_queries", statement="prepared_statements")(backend)


DESCRIPTORS = (
    Descriptor(
        "athena",
        patches=("patches", "glue_answers"),
        refusals=("refusals",),
        starts=("api",),
        misfit="InvalidRequestException",
        then=frozenset({"lakeformation"}),
        needs=calls.needs,
        lists=_listed,
    ),
)
