"""Every service of the emulator: what it says of itself, and what it does by itself."""

from __future__ import annotations

import importlib

from emulator.core import descriptors
from emulator.core.settings import Settings

_SERVICES = (
    "athena",
    "awslambda",
    "budgets",
    "ce",
    "cloudformation",
    "cloudtrail",
    "cloudwatch",
    "dynamodb",
    "ec2",
    "events",
    "glue",
    "iam",
    "kinesis",
    "kms",
    "lakeformation",
    "logs",
    "quicksight",
    "redshift",
    "s3",
    "sagemaker",
    "scheduler",
    "sns",
    "sqs",
    "stepfunctions",
    "sts",
)

# Each has install(settings); order matters only where one wraps another.
_PARTS = (
    "patches",
    "redshift.service",
    "refusals",
    "awslambda.invoke_api",
    "s3.events",
    "awslambda.mappings",
    "kinesis.expiry",
    "scheduler.schedules",
    "cloudwatch.alarms",
    "glue.iceberg_tables",
    "glue.spark_pool",
    "glue.jobs",
    "sagemaker.service",
    "athena",
)


def describe() -> None:
    """Let the core know every service."""
    for service in _SERVICES:
        descriptors.register(*importlib.import_module(f"emulator.services.{service}.descriptor").DESCRIPTORS)


def install(settings: Settings) -> None:
    """Patch moto, register the checks, start what acts by itself."""
    describe()
    for part in _PARTS:
        importlib.import_module(f"emulator.services.{part}").install(settings)
