"""Glue."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from emulator.core.descriptors import Descriptor, named
from emulator.services.glue import calls


def _listed(backend: Any) -> Iterable[str]:
    yield from named(
        database="databases",
        crawler="crawlers",
        connection="connections",
        job="jobs",
        trigger="triggers",
        registry="registries",
        workflow="workflows",
        security_configuration="security_configurations",
        catalog_encryption="data_catalog_encryption_settings",
        resource_policy="resource_policies",
        optimizer="table_optimizers",
    )(backend)
    for database in backend.databases.values():
        yield from (f"table/{database.name}/{table}" for table in database.tables)
    for registry in backend.registries.values():
        yield from (f"schema/{registry.name}/{schema}" for schema in registry.schemas)


DESCRIPTORS = (
    Descriptor(
        "glue",
        patches=("patches", "names", "registry"),
        starts=("iceberg_tables", "spark_pool", "jobs"),
        then=frozenset({"lakeformation", "s3"}),
        needs=calls.needs,
        lists=_listed,
    ),
)
