"""What AWS refuses and moto takes: one module a service, each check with the error that AWS gives.

A check is a function of a call that is registered for the operations which it guards, see registry. It runs before moto
answers, with the service's lock held, so that what it has seen is still so when moto acts. Each is proved by a test in
tests/refusals, whose description becomes docs/emulator.md.
"""

from __future__ import annotations

import importlib

from emulator.core.settings import Settings

_MODULES = (
    "athena.refusals",
    "cloudtrail.refusals",
    "cloudwatch.refusals",
    "dynamodb.refusals",
    "awslambda.refusals",
    "iam.refusals",
    "kinesis.refusals",
    "kms.refusals",
    "lakeformation.catalog_refusals",
    "lakeformation.settings_refusals",
    "lakeformation.refusals",
    "logs.refusals",
    "awslambda.mapping_refusals",
    "s3.refusals",
    "scheduler.refusals",
    "sns.refusals",
    "sqs.refusals",
    "stepfunctions.refusals",
)


def install(_settings: Settings) -> None:
    """Register every check; importing a module registers its own."""
    for module in _MODULES:
        importlib.import_module(f"emulator.services.{module}")
