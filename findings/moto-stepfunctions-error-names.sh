#!/usr/bin/env bash
# moto 5.2.5 (PyPI) names the errors of Step Functions' "aws-sdk" tasks by the service as the Resource spells it, in small letters.
#
# Step Functions names them by the SDK's client: S3.NoSuchBucketException, S3.S3Exception (Developer Guide, "Learning to use AWS
# service SDK integrations"). A Retry or Catch that is right for AWS therefore never matches there, and one that matches there is
# wrong for AWS; DynamoDB and Step Functions themselves have the right names.
#
# Exits with 0 while an S3 call fails as "s3.…", with 1 when the name has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/python"
"$folder/python/bin/pip" install --quiet --disable-pip-version-check 'moto[s3,stepfunctions]==5.2.5'
cat >"$folder/check.py" <<'PY'
import json
import logging
import os
import sys
import time
from importlib.metadata import version

os.environ.update(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_DEFAULT_REGION="eu-west-1")
import boto3
from moto import mock_aws

logging.disable(logging.CRITICAL)  # moto logs each failed task with all that it is made of
task = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:getObject", "End": True}
task["Parameters"] = {"Bucket": "there-is-none", "Key": "k"}
definition = json.dumps({"StartAt": "Read", "States": {"Read": task}})
with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
    machines = boto3.client("stepfunctions")
    role = "arn:aws:iam::123456789012:role/machine"
    machine = machines.create_state_machine(name="m", definition=definition, roleArn=role)["stateMachineArn"]
    run = machines.start_execution(stateMachineArn=machine, name="r")["executionArn"]
    while (ended := machines.describe_execution(executionArn=run))["status"] == "RUNNING":
        time.sleep(0.1)
print("moto", version("moto"))
print("a call of a bucket that is not there fails with", ended["error"], "where AWS says S3.NoSuchBucketException")
sys.exit(0 if ended["error"] == "s3.NoSuchBucketException" else 1)
PY
timeout 300 "$folder/python/bin/python" "$folder/check.py"
