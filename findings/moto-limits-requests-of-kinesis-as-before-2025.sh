#!/usr/bin/env bash
# moto 5.2.5 refuses a PutRecords request of more than 5 MiB, as Kinesis did before October 2025; botocore 1.44.5, beside it, documents
# 10 MiB ("up to a limit of 10 MiB for the entire request"). And it takes a single record of any size by PutRecord, while PutRecords
# holds the same record against 1 MiB. Seen: a request of six records of 1,000,000 bytes is refused with InvalidArgumentException
# ("Records size exceeds 5 MB limit"), PutRecord takes 2 MiB, PutRecords refuses them with ValidationException.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/python"
"$folder/python/bin/pip" install --quiet --disable-pip-version-check 'moto[kinesis]==5.2.5' boto3==1.44.5 botocore==1.44.5
"$folder/python/bin/python" - <<'PYTHON'
import sys

import boto3
from botocore.exceptions import ClientError
from moto import mock_aws


def answer(call, **arguments):
    try:
        call(**arguments)
        return "taken"
    except ClientError as error:
        return f"{error.response['Error']['Code']}: {error.response['Error']['Message']}"


with mock_aws():
    access = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}
    kinesis = boto3.client("kinesis", region_name="eu-west-1", **access)
    kinesis.create_stream(StreamName="s", ShardCount=20)
    records = [{"Data": b"x" * 1_000_000, "PartitionKey": str(n)} for n in range(6)]
    request = answer(kinesis.put_records, StreamName="s", Records=records)
    single = answer(kinesis.put_record, StreamName="s", Data=b"x" * 2 * 1024**2, PartitionKey="p")
    large = [{"Data": b"x" * 2 * 1024**2, "PartitionKey": "p"}]
    batched = answer(kinesis.put_records, StreamName="s", Records=large)
    documented = kinesis.meta.service_model.operation_model("PutRecords").documentation
print("PutRecords, 6 MB in all:", request, "\nPutRecord, 2 MiB:", single, "\nPutRecords, 2 MiB:", batched)
same = request.startswith("InvalidArgumentException: Records size exceeds 5 MB") and single == "taken"
same = same and batched.startswith("ValidationException") and "10 MiB for the entire request" in documented
sys.exit(0 if same else 1)
PYTHON
