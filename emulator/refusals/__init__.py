"""What AWS refuses and moto takes: one module a service, each check with the error that AWS gives.

A check is a function of a call that is registered for the operations which it guards, see registry. It runs before moto
answers, with the service's lock held, so that what it has seen is still so when moto acts. Each is proved by a test in
tests/refusals, whose description becomes docs/emulator.md.
"""

from __future__ import annotations

import importlib

from emulator.settings import Settings

_SERVICES = (
    "athena",
    "cloudtrail",
    "cloudwatch",
    "dynamodb",
    "functions",
    "iam",
    "kinesis",
    "kms",
    "lake_catalog",
    "lake_settings",
    "lakeformation",
    "logs",
    "mappings",
    "s3",
    "scheduler",
    "sns",
    "sqs",
    "stepfunctions",
)


def install(_settings: Settings) -> None:
    """Register every check; importing a module registers its own."""
    for service in _SERVICES:
        importlib.import_module(f"emulator.refusals.{service}")
