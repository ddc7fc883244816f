"""Redshift Serverless and its Data API: what there is, and the statements that make a schema of the lake's tables.

No query runs here: the data would be read by Spectrum, which nothing on this machine is.
"""

from __future__ import annotations

import re

from emulator.core import own
from emulator.core.settings import Settings
from emulator.services.redshift import data, namespaces, usage, workgroups


def install(_settings: Settings) -> None:
    """Answer for both services."""
    serverless = {**namespaces.OPERATIONS, **workgroups.OPERATIONS, **usage.OPERATIONS}
    hosts = re.compile(r"https?://redshift-serverless\.(.+)\.amazonaws\.com")
    own.serve(own.Service("redshiftserverless", serverless), hosts)
    own.serve(own.Service("redshiftdata", data.OPERATIONS))
