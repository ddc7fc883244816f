"""Patches on moto, the modules of each service; each restores one behaviour of AWS.

A module's functions take the place of moto's methods of the same name; what
they restore is said in their doc comments.
"""

from __future__ import annotations

import importlib

from emulator.core.settings import Settings

_MODULES = (
    "athena.patches",
    "budgets.patches",
    "cloudformation.patches",
    "cloudtrail.patches",
    "cloudwatch.patches",
    "ce.patches",
    "ec2.patches",
    "awslambda.patches",
    "glue.patches",
    "glue.names",
    "glue.registry",
    "kinesis.patches",
    "lakeformation.patches",
    "lakeformation.filters",
    "lakeformation.tags",
    "lakeformation.glue",
    "logs.delivery",
    "logs.patches",
    "quicksight.patches",
    "s3.patches",
    "s3.lists",
    "s3.policy",
    "sagemaker.patches",
    "sagemaker.feature_groups",
    "sqs.patches",
    "stepfunctions.patches",
    "stepfunctions.sagemaker",
    "stepfunctions.errors",
)


def install(_settings: Settings) -> None:
    """Apply every patch; importing a module applies it."""
    for module in _MODULES:
        importlib.import_module(f"emulator.services.{module}")
