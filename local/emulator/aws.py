"""Clients to the emulator itself: executors deliver as any client would."""

from __future__ import annotations

from functools import cache
from typing import Any

import boto3
from botocore.config import Config

from emulator.settings import Settings

_settings: Settings | None = None


def use(settings: Settings) -> None:
    """Say where the emulator listens."""
    global _settings
    _settings = settings


@cache
def client(service: str) -> Any:
    """A client of the emulator's own endpoint; clients are safe in threads."""
    assert _settings is not None, "aws.use comes first"
    return boto3.client(
        service,
        endpoint_url=_settings.endpoint,
        region_name=_settings.region,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 3, "mode": "standard"}, max_pool_connections=32),
    )
