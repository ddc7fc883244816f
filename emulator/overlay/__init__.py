"""Patches on moto, one module a service; each restores one behaviour of AWS.

A module's functions take the place of moto's methods of the same name; what
they restore is said in their doc comments.
"""

from __future__ import annotations

import importlib

from emulator.settings import Settings

_SERVICES = (
    "athena",
    "budgets",
    "cloudformation",
    "cloudtrail",
    "cloudwatch",
    "costs",
    "ec2",
    "functions",
    "glue",
    "glue_names",
    "glue_registry",
    "kinesis",
    "lakeformation",
    "lakeformation_filters",
    "lakeformation_tags",
    "lakeformation_glue",
    "log_delivery",
    "logs",
    "quicksight",
    "s3",
    "s3_lists",
    "s3_policy",
    "sagemaker",
    "sagemaker_features",
    "sqs",
    "stepfunctions",
    "stepfunctions_sagemaker",
    "stepfunctions_errors",
)


def install(_settings: Settings) -> None:
    """Apply every patch; importing a module applies it."""
    for service in _SERVICES:
        importlib.import_module(f"emulator.overlay.{service}")
