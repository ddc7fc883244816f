"""Redshift Serverless and its Data API: what there is, and the statements that make a schema of the lake's tables.

No query runs here: the data would be read by Spectrum, which nothing on this machine is.
"""

from __future__ import annotations

import re

from emulator import services
from emulator.redshift import data, namespaces, usage, workgroups
from emulator.settings import Settings


def install(_settings: Settings) -> None:
    """Answer for both services."""
    serverless = {**namespaces.OPERATIONS, **workgroups.OPERATIONS, **usage.OPERATIONS}
    hosts = re.compile(r"https?://redshift-serverless\.(.+)\.amazonaws\.com")
    services.serve(services.Service("redshiftserverless", serverless), hosts)
    services.serve(services.Service("redshiftdata", data.OPERATIONS))
