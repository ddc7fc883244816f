"""How old the newest event is when a table is published, as a metric for the contracts' service levels."""

import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3

from dataplatform.arguments import LearnArguments, StageArguments
from dataplatform.counts import Report

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.type_defs import MetricDatumTypeDef

LOG = logging.getLogger(__name__)

# Runs over older hours repair or repeat the past and say nothing of the present.
_PRESENT = timedelta(days=1)


def ages(report: Report, args: StageArguments | LearnArguments, now: datetime) -> dict[str, float]:
    """Return, for each dataset that the run changed, the age of the newest event it took in, in milliseconds."""
    if report.newest is None or not isinstance(args, StageArguments) or now - args.hours.end > _PRESENT:
        return {}
    age = max(0.0, (now.timestamp() - report.newest) * 1000)
    return {step.output: age for step in report.steps if step.rows}


def tell(report: Report, args: StageArguments | LearnArguments, now: datetime, client: Any = None) -> None:
    """Put the ages as the metric Freshness, with the contract's id as the dimension Dataset."""
    found = ages(report, args, now)
    data: list[MetricDatumTypeDef] = [
        {
            "MetricName": "Freshness",
            "Dimensions": [{"Name": "Dataset", "Value": dataset}],
            "Timestamp": now,
            "Value": age,
            "Unit": "Milliseconds",
        }
        for dataset, age in found.items()
    ]
    if data:
        (client or boto3.client("cloudwatch")).put_metric_data(Namespace=args.metrics_namespace, MetricData=data)
        LOG.info("freshness: %.0f s", max(found.values()) / 1000)
