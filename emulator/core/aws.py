"""Clients to the emulator itself: executors deliver as any client would."""

from __future__ import annotations

import threading
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

from emulator.core.permissions import callers
from emulator.core.settings import Settings

_settings: Settings | None = None
_making = threading.Lock()


def use(settings: Settings) -> None:
    """Say where the emulator listens."""
    global _settings
    _settings = settings


@cache
def client(service: str, retries: bool = True, role: str = "") -> Any:
    """A client of the emulator's own endpoint, with a role's credentials if given; clients are safe in threads."""
    assert _settings is not None, "aws.use comes first"
    key, secret = callers.key_of(role) if role else ("test", "test")
    made: Any = boto3.client
    with _making:  # the session that makes them is not
        return made(
            service,
            endpoint_url=_settings.endpoint,
            region_name=_settings.region,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            config=Config(
                retries={"total_max_attempts": 3 if retries else 1, "mode": "standard"},
                max_pool_connections=64,
                read_timeout=960,  # a function may take 15 minutes
                parameter_validation=retries,
            ),
        )
