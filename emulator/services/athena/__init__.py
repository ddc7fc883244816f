"""Athena that answers: Trino, the engine behind Athena, runs queries on the very tables of the catalog.

The server is a process of its own, with one catalog as in Athena, on the emulator's Glue and S3. It is started when
somebody asks or says that they will, and again when it is gone.

    api        the API's operations
    pool       the threads in which queries run
    engine     one query, from text to the result in S3
    trino      the server: its configuration, start and end
    access, permissions, callers         what Lake Formation and IAM hold for who asks, as Trino's rules
    statements, catalog                  SHOW and DESCRIBE in Hive's form, which Trino spells otherwise
    results, errors                      Athena's way to show
    glue_answers, projection             the catalog as Trino takes it: views, partitions
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emulator.core.settings import Settings


def install(settings: Settings) -> None:
    """Patch moto's Athena; the worker starts with the first work group or query."""
    from emulator.services.athena import api

    api.install(settings)
