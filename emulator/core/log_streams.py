"""Where functions' output goes: log streams, and metrics for EMF lines."""

from __future__ import annotations

import datetime
import json
import logging
import time
import uuid
from typing import Any

from moto.cloudwatch.models import cloudwatch_backends
from moto.logs.models import logs_backends

from emulator.core import faults, locks
from emulator.core.permissions import log_writes
from emulator.core.settings import ACCOUNT, REGION, Settings

log = logging.getLogger(__name__)

_MAX_EVENT = 256 * 1024  # what CloudWatch Logs takes in one event, bytes


class LogStream:
    """The log stream of one function process."""

    def __init__(self, settings: Settings, group: str, version: str, role: str) -> None:
        self.group = group
        self.name = time.strftime("%Y/%m/%d/", time.gmtime()) + f"[{version}]{uuid.uuid4().hex}"
        self._logs = logs_backends[settings.account][settings.region]
        self._settings = settings
        self._role = role
        self._created = False

    def write(self, lines: list[str]) -> None:
        """Append lines; those in Embedded Metric Format become metrics, too. None are kept of a role that may not."""
        if not lines or not log_writes.allowed(self._role, self.group, self.name):
            return
        if faults.matching("logs", "PutLogEvents", {}):
            return
        now = int(time.time() * 1000)
        events = [{"timestamp": now, "message": line[:_MAX_EVENT]} for line in lines]
        with locks.holding("logs"):
            if not self._created:
                if self.group not in self._logs.groups:
                    self._logs.create_log_group(self.group, {})
                self._logs.create_log_stream(self.group, self.name)
                self._created = True
            if self.group in self._logs.groups:
                self._logs.put_log_events(self.group, self.name, events)
        for line in lines:
            if '"_aws"' in line:
                put_embedded(line)


def put_embedded(line: str) -> None:
    """Put the metrics of one EMF line; a malformed line is only a log line."""
    try:
        document = json.loads(line)
        directives = document["_aws"]["CloudWatchMetrics"]
        stamp = document["_aws"]["Timestamp"] / 1000
        for directive in directives:
            data = _data(document, directive, stamp)
            if data:
                put_metrics(directive["Namespace"], data)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        log.warning("not Embedded Metric Format (%r): %.300s", error, line)


def _data(document: dict[str, Any], directive: dict[str, Any], stamp: float) -> list[dict[str, Any]]:
    data = []
    for names in directive.get("Dimensions") or [[]]:
        dimensions = [{"Name": name, "Value": str(document[name])} for name in names]
        for metric in directive["Metrics"]:
            if metric["Name"] not in document:
                continue
            value = document[metric["Name"]]
            datum = {
                "MetricName": metric["Name"],
                "Unit": metric.get("Unit", "None"),
                "Dimensions": dimensions,
                "Timestamp": utc(stamp),
            }
            data.append(datum | ({"Values": value} if isinstance(value, list) else {"Value": value}))
    return data


def put_metrics(namespace: str, data: list[dict[str, Any]]) -> None:
    """Put data points into the metrics of the emulator's region."""
    now = utc(time.time())
    with locks.holding("cloudwatch"):
        backend = cloudwatch_backends[ACCOUNT][REGION]
        backend.put_metric_data(namespace, [{"Timestamp": now, **datum} for datum in data])


def utc(seconds: float) -> datetime.datetime:
    """A moment as moto compares it: naive, in UTC."""
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).replace(tzinfo=None)
