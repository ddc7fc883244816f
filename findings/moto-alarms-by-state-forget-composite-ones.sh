#!/usr/bin/env bash
# moto 5.2.5 (PyPI): DescribeAlarms with a StateValue finds no composite alarm, whatever AlarmTypes asks for.
#
# The alarms of a state are a filter object, which is looked through twice: the metric alarms are taken first, and nothing is left for
# the composite ones. By name, or without a state, both kinds are found. CloudWatch answers both (API Reference, DescribeAlarms).
#
# Exits with 0 while the composite alarm in alarm is missing, with 1 when it is there.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/python"
"$folder/python/bin/pip" install --quiet --disable-pip-version-check 'moto[cloudwatch]==5.2.5'
cat >"$folder/check.py" <<'PY'
import os
import sys
from importlib.metadata import version

os.environ.update(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_DEFAULT_REGION="eu-west-1")
import boto3
from moto import mock_aws
from moto.cloudwatch.models import cloudwatch_backends

with mock_aws():
    client = boto3.client("cloudwatch")
    rule = {"Namespace": "n", "MetricName": "m", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1}
    rule |= {"Threshold": 1, "ComparisonOperator": "GreaterThanThreshold"}
    client.put_metric_alarm(AlarmName="one", **rule)
    # moto answers no PutCompositeAlarm; what it shows as a composite alarm is one with a rule.
    [backend] = [each["eu-west-1"] for each in cloudwatch_backends.values()]
    client.put_metric_alarm(AlarmName="whole", **rule)
    backend.alarms["whole"].rule = 'ALARM("one")'
    for name in ("one", "whole"):
        client.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="test")
    kinds = ["MetricAlarm", "CompositeAlarm"]

    def found(**which):
        answer = client.describe_alarms(AlarmTypes=kinds, **which)
        return [[alarm["AlarmName"] for alarm in answer[kind + "s"]] for kind in kinds]

    by_name, by_state = found(AlarmNames=["one", "whole"]), found(StateValue="ALARM")
    print(f"moto {version('moto')}: by name {by_name}, by state {by_state}")
    sys.exit(0 if by_name == [["one"], ["whole"]] and by_state == [["one"], []] else 1)
PY
"$folder/python/bin/python" "$folder/check.py"
