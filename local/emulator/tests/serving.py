"""An emulator inside the test's process: real HTTP on loopback, chosen parts only."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import waitress
from botocore.config import Config

from emulator import processes, server
from emulator.settings import ACCOUNT, REGION, Settings

__all__ = ["ACCOUNT", "client", "serving"]



@contextmanager
def serving(state_dir: Path, jars_dir: Path, *parts: str) -> Iterator[Settings]:
    """Serve moto with the named emulator modules installed."""
    httpd = waitress.create_server(_Application(), host="127.0.0.1", port=0, threads=16)
    settings = Settings(port=httpd.effective_port, state_dir=state_dir, jars_dir=jars_dir)
    server._environment(settings)
    for part in parts:
        importlib.import_module(part).install(settings)
    from emulator.gateway import Gateway

    _Application.gateway = Gateway()
    threading.Thread(target=httpd.run, daemon=True).start()
    try:
        yield settings
    finally:
        processes.stop_all()
        httpd.close()


class _Application:
    gateway: Any

    def __call__(self, environ: Any, start: Any) -> Any:
        return self.gateway(environ, start)


def client(settings: Settings, service: str) -> Any:
    """A boto3 client of the emulator; errors are not retried, as tests look for them."""
    return boto3.client(
        service,
        endpoint_url=settings.endpoint,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
    )
