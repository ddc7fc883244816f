"""Athena that answers: queries run on the very tables of the catalog.

A query is translated by sqlglot and run by DuckDB in a worker process, on data
that is read from the emulator's S3 as the Glue catalog describes it: Iceberg
tables by PyIceberg with their delete files applied, Hive tables under partition
projection by listing the folders that match. DuckDB needs no extension and may
touch no file.

    api        the API's operations in the emulator's process
    pool       starts the worker, hands queries over
    worker     the process: threads that run queries
    engine     one query from text to result
    translate, conditions, predicates    SQL, and what it lets us skip
    catalog, projection                  what the tables are and where
    hive_scan, decode, iceberg_scan      reading them into Arrow
    objects    S3, remembered
    results, statements                  Athena's way to show
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emulator.core.settings import Settings


def install(settings: Settings) -> None:
    """Patch moto's Athena; the worker starts with the first work group or query."""
    from emulator.services.athena import api

    api.install(settings)
