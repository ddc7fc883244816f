"""Cost Explorer: monitors of unusual costs, their subscribers, and tags that count on the bill.

No costs arise here, so nothing is ever unusual; and there is no bill on which a tag would have to be seen first.
"""

from __future__ import annotations

import json
import uuid
from typing import Any

from moto.ce.models import CostExplorerBackend
from moto.ce.responses import CostExplorerResponse
from moto.core.exceptions import JsonRESTError
from moto.core.utils import iso_8601_datetime_without_milliseconds, utcnow

from emulator.core.patch import add

Json = dict[str, Any]


def monitors(backend: CostExplorerBackend) -> dict[str, Json]:
    """Monitors by their ARN."""
    return vars(backend).setdefault("anomaly_monitors", {})


def subscriptions(backend: CostExplorerBackend) -> dict[str, Json]:
    """Subscriptions to monitors by their ARN."""
    return vars(backend).setdefault("anomaly_subscriptions", {})


def _cost_tags(backend: CostExplorerBackend) -> dict[str, str]:
    """Tags that are, or were, active on the bill: their status by key."""
    return vars(backend).setdefault("cost_allocation_tags", {})


def _found(held: dict[str, Json], arn: str, error: str) -> Json:
    if arn not in held:
        raise JsonRESTError(error, f"{arn} does not exist.")
    return held[arn]


def _make(response: Any, held: dict[str, Json], kind: str, given: Json, arn_field: str) -> str:
    arn = f"arn:aws:ce::{response.current_account}:{kind}/{uuid.uuid4()}"
    held[arn] = {**given, arn_field: arn}
    response.ce_backend.tagger.tag_resource(arn, response._get_param("ResourceTags") or [])
    return arn


def _list(held: dict[str, Json], arns: list[str] | None, error: str) -> list[Json]:
    return list(held.values()) if arns is None else [_found(held, arn, error) for arn in arns]


@add(CostExplorerResponse)
def create_anomaly_monitor(self: Any) -> str:
    """Makes a monitor."""
    given = self._get_param("AnomalyMonitor")
    given["CreationDate"] = given["LastUpdatedDate"] = iso_8601_datetime_without_milliseconds(utcnow())
    arn = _make(self, monitors(self.ce_backend), "anomalymonitor", given, "MonitorArn")
    return json.dumps({"MonitorArn": arn})


@add(CostExplorerResponse)
def get_anomaly_monitors(self: Any) -> str:
    """Monitors by their ARNs, or all."""
    arns = self._get_param("MonitorArnList")
    return json.dumps({"AnomalyMonitors": _list(monitors(self.ce_backend), arns, "UnknownMonitorException")})


@add(CostExplorerResponse)
def update_anomaly_monitor(self: Any) -> str:
    """Renames a monitor; nothing else of it changes."""
    found = _found(monitors(self.ce_backend), self._get_param("MonitorArn"), "UnknownMonitorException")
    if name := self._get_param("MonitorName"):
        found["MonitorName"] = name
    return json.dumps({"MonitorArn": found["MonitorArn"]})


@add(CostExplorerResponse)
def delete_anomaly_monitor(self: Any) -> str:
    """Deletes a monitor."""
    arn = self._get_param("MonitorArn")
    _found(monitors(self.ce_backend), arn, "UnknownMonitorException")
    del monitors(self.ce_backend)[arn]
    return "{}"


@add(CostExplorerResponse)
def create_anomaly_subscription(self: Any) -> str:
    """Subscribes to monitors, which have to be there."""
    given = self._get_param("AnomalySubscription")
    _list(monitors(self.ce_backend), given["MonitorArnList"], "UnknownMonitorException")
    given.setdefault("AccountId", self.current_account)
    arn = _make(self, subscriptions(self.ce_backend), "anomalysubscription", given, "SubscriptionArn")
    return json.dumps({"SubscriptionArn": arn})


@add(CostExplorerResponse)
def get_anomaly_subscriptions(self: Any) -> str:
    """Subscriptions by their ARNs or to a monitor, or all."""
    arns, monitor = self._get_param("SubscriptionArnList"), self._get_param("MonitorArn")
    found = _list(subscriptions(self.ce_backend), arns, "UnknownSubscriptionException")
    found = [one for one in found if monitor is None or monitor in one["MonitorArnList"]]
    return json.dumps({"AnomalySubscriptions": found})


@add(CostExplorerResponse)
def update_anomaly_subscription(self: Any) -> str:
    """Changes what is given."""
    arn = self._get_param("SubscriptionArn")
    found = _found(subscriptions(self.ce_backend), arn, "UnknownSubscriptionException")
    for field in ("Frequency", "MonitorArnList", "Subscribers", "SubscriptionName", "ThresholdExpression"):
        if (value := self._get_param(field)) is not None:
            found[field] = value
    return json.dumps({"SubscriptionArn": arn})


@add(CostExplorerResponse)
def delete_anomaly_subscription(self: Any) -> str:
    """Ends a subscription."""
    arn = self._get_param("SubscriptionArn")
    _found(subscriptions(self.ce_backend), arn, "UnknownSubscriptionException")
    del subscriptions(self.ce_backend)[arn]
    return "{}"


@add(CostExplorerResponse)
def update_cost_allocation_tags_status(self: Any) -> str:
    """Lets tags count on the bill, or no longer."""
    for entry in self._get_param("CostAllocationTagsStatus"):
        _cost_tags(self.ce_backend)[entry["TagKey"]] = entry["Status"]
    return json.dumps({"Errors": []})


@add(CostExplorerResponse)
def list_cost_allocation_tags(self: Any) -> str:
    """Tags by key or status, or all."""
    keys, status = self._get_param("TagKeys"), self._get_param("Status")
    found = [
        {"TagKey": key, "Type": "UserDefined", "Status": held}
        for key, held in _cost_tags(self.ce_backend).items()
        if (keys is None or key in keys) and status in (None, held)
    ]
    return json.dumps({"CostAllocationTags": found})
