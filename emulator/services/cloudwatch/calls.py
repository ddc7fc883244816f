"""Which permissions CloudWatch's calls need (Service Authorization Reference)."""

from __future__ import annotations

from typing import Any

from emulator.core.permissions.authorization_requests import AuthorizationRequest, UnknownCallError, arn

Json = dict[str, Any]


def needs(operation: str, form: Json) -> list[AuthorizationRequest]:
    """Putting metrics, which AWS grants by namespace only, and looking at alarms: one, or all, composite ones too."""
    if operation == "DescribeAlarms":
        return [AuthorizationRequest("cloudwatch:DescribeAlarms", "*")]
    if operation in ("SetAlarmState", "DescribeAlarmHistory") and "AlarmName" in form:
        return [AuthorizationRequest(f"cloudwatch:{operation}", arn("cloudwatch", f"alarm:{form['AlarmName']}"))]
    if operation != "PutMetricData" or "Namespace" not in form:
        raise UnknownCallError(f"cloudwatch:{operation} with a namespace")
    return [AuthorizationRequest("cloudwatch:PutMetricData", "*", (("cloudwatch:namespace", form["Namespace"]),))]
