"""EventBridge rules: every kind of target, delivered after the call."""

from __future__ import annotations

import copy
import datetime
import json
import logging
import re
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jsonpath_ng.ext as jsonpath_ng
from moto.events.models import Rule, events_backends
from moto.utilities.arns import parse_arn

from emulator.core import aws, locks, log_streams
from emulator.core.deliver import ERRORS, deliver
from emulator.core.patch import replace
from emulator.core.settings import Settings

log = logging.getLogger(__name__)

_ATTEMPTS = 4

_settings: Settings
_workers = ThreadPoolExecutor(max_workers=8, thread_name_prefix="event-rules")


def install(settings: Settings) -> None:
    """Say for which account and region events are."""
    global _settings
    _settings = settings


def publish(event: dict[str, Any], bus: str = "default") -> None:
    """Send an event of a service to the rules of a bus; the caller holds no lock."""
    with locks.holding("events"):
        rules = list(events_backends[_settings.account][_settings.region].event_buses[bus].rules.values())
        for rule in rules:
            rule.send_to_targets(event)


@replace(Rule)
def send_to_targets(self: Any, original_event: Any, transform_input: bool = True) -> None:
    """Queues the event for each target; moto knows few kinds of targets and
    fails the caller over the others."""
    if self.state != "ENABLED" or not self.event_pattern.matches_event(original_event):
        return
    dimensions = [{"Name": "RuleName", "Value": self.name}]
    matched = {"MetricName": "MatchedEvents", "Value": 1, "Unit": "Count", "Dimensions": dimensions}
    log_streams.put_metrics("AWS/Events", [matched])
    event = copy.deepcopy(dict(original_event))
    if isinstance(event.get("time"), int | float):
        moment = datetime.datetime.fromtimestamp(event["time"], datetime.UTC)
        event["time"] = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    for target in self.targets:
        arn = parse_arn(target["Arn"])
        if arn.service == "events" and not arn.resource_type:
            archive = parse_arn(event["archive-arn"])
            self._send_to_events_archive(archive.resource_id, original_event)
        else:
            _workers.submit(_send, dict(target), event)


def target_text(target: dict[str, Any], event: dict[str, Any]) -> str:
    """What a target gets: a constant, a part, a transformed or the whole event."""
    if target.get("Input"):
        return target["Input"]
    if path := target.get("InputPath"):
        found: Any = event
        for name in path.removeprefix("$").strip(".").split("."):
            found = found[name] if name else found
        return json.dumps(found)
    if transformer := target.get("InputTransformer"):
        return _transformed(transformer["InputTemplate"], transformer.get("InputPathsMap", {}), event)
    return json.dumps(event)


# A text with places in it, or a place that stands for a whole value.
_PLACES = re.compile(r'"(?:[^"\\]|\\.)*"|<[^<>"]+>')
_PLACE = re.compile(r"<([^<>]+)>")


def _transformed(template: str, paths: dict[str, str], event: dict[str, Any]) -> str:
    """Fill a template (EventBridge User Guide, "Input transformation"): quotes are added where a place has none.

    moto adds none, so that no template of JSON with a text in it could be filled.
    """
    values: dict[str, Any] = {"aws.events.event.json": event, "aws.events.event.ingestion-time": event["time"]}
    for name, path in paths.items():
        values[name] = next((match.value for match in jsonpath_ng.parse(path).find(event)), "")

    def within(place: re.Match[str]) -> str:
        value = values.get(place[1], place[0])
        return json.dumps(value if isinstance(value, str) else json.dumps(value))[1:-1]

    def filled(found: re.Match[str]) -> str:
        if found[0].startswith("<"):
            return json.dumps(values.get(found[0][1:-1], found[0]))
        return _PLACE.sub(within, found[0])

    made = _PLACES.sub(filled, template)
    return str(json.loads(made)) if template.startswith('"') and template.count('"') == 2 else made


def _send(target: dict[str, Any], event: dict[str, Any]) -> None:
    arn = target["Arn"]
    text = target_text(target, event)
    failure: Exception | None = None
    for attempt in range(_ATTEMPTS):
        try:
            _deliver(arn, text, event, target)
            return
        except ERRORS as error:
            failure = error
            log.warning("event to %s, attempt %d: %s", arn, attempt + 1, error)
            time.sleep(0.2 * 2**attempt)
    if dead_letters := target.get("DeadLetterConfig", {}).get("Arn"):
        attributes = {
            "ERROR_CODE": type(failure).__name__,
            "ERROR_MESSAGE": str(failure),
            "TARGET_ARN": arn,
        }
        options = {
            "MessageAttributes": {
                name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
            }
        }
        deliver(dead_letters, json.dumps(event), options=options)


def _deliver(arn: str, text: str, event: dict[str, Any], target: dict[str, Any]) -> None:
    if (send := _OWN_WAYS.get(arn.split(":")[2])) is not None:
        send(arn, text, event)
    else:
        deliver(arn, text, group=target.get("SqsParameters", {}).get("MessageGroupId", ""))


def _to_log_group(arn: str, text: str, event: dict[str, Any]) -> None:
    group = arn.split(":log-group:")[1].removesuffix(":*")
    stream = event["id"]
    logs = aws.client("logs")
    logs.create_log_stream(logGroupName=group, logStreamName=stream)
    line = {"timestamp": int(time.time() * 1000), "message": text}
    logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=[line])


def _to_bus(arn: str, _text: str, event: dict[str, Any]) -> None:
    entry = {
        "EventBusName": arn,
        "Source": event["source"],
        "DetailType": event["detail-type"],
    }
    aws.client("events").put_events(Entries=[{**entry, "Detail": json.dumps(event["detail"])}])


# What a rule sends otherwise than others do.
_OWN_WAYS = {"logs": _to_log_group, "events": _to_bus}
