#!/usr/bin/env bash
# moto 5.2.5 (PyPI): SetQueueAttributes with any attribute but Policy takes the queue's policy away.
#
# AWS leaves attributes that a call does not name as they were (SQS API Reference, SetQueueAttributes). A deployment that changes only
# a queue's visibility timeout is followed, on moto, by an S3 that may not send to it any more.
#
# Exits with 0 while the policy is gone after the call, with 1 when it is there.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/python"
"$folder/python/bin/pip" install --quiet --disable-pip-version-check 'moto[sqs]==5.2.5'
cat >"$folder/check.py" <<'PY'
import json
import os
import sys
from importlib.metadata import version

os.environ.update(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_DEFAULT_REGION="eu-west-1")
import boto3
from moto import mock_aws

with mock_aws():
    client = boto3.client("sqs")
    statement = {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    url = client.create_queue(QueueName="q", Attributes={"Policy": policy})["QueueUrl"]

    def held():
        return client.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"]).get("Attributes", {}).get("Policy")

    before = held()
    client.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "60"})
    after = held()
print("moto", version("moto"), "| before:", bool(before), "| after:", bool(after))
sys.exit(0 if before and not after else 1)
PY
"$folder/python/bin/python" "$folder/check.py"
