"""What a run tells of itself as metrics that alarms watch, beside how fresh its tables are."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

import boto3

from dataplatform.arguments import LearnArguments, StageArguments
from dataplatform.counts import Report

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.type_defs import MetricDatumTypeDef


def figures(report: Report) -> dict[str, int]:
    """Return the values by their metrics' names; what a run did not look at it says nothing of."""
    found = {
        "Disagreement": report.disagreement,
        "FilesApart": report.apart,
        "UnknownCountries": report.unknown_countries,
    }
    return {name: value for name, value in found.items() if value is not None}


def tell(report: Report, args: StageArguments | LearnArguments, now: datetime, client: Any = None) -> None:
    """Put the figures, with the pipeline as the dimension Dataset."""
    data: list[MetricDatumTypeDef] = [
        {
            "MetricName": name,
            "Dimensions": [{"Name": "Dataset", "Value": report.pipeline}],
            "Timestamp": now,
            "Value": float(value),
            "Unit": "Count",
        }
        for name, value in figures(report).items()
    ]
    if data:
        (client or boto3.client("cloudwatch")).put_metric_data(Namespace=args.metrics_namespace, MetricData=data)
