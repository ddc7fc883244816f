"""Glue job: shows what there is of one customer, started by ``dataplatform export-person`` and by nothing else.

The customer's number comes in an object and not as an argument: Glue keeps the arguments of runs.
"""

import json
import sys

import boto3

from dataplatform import contracts, failures, kms, session
from dataplatform.arguments import parse_erase
from dataplatform.erasure.export import REQUESTS, Export
from dataplatform.erasure.search import Buckets
from dataplatform.erasure.tables import Tables


def main() -> None:
    """Export the customer of the request, which is taken away; any problem ends the job with an error."""
    args, landing, curated, discarded = parse_erase(sys.argv[1:])
    client = boto3.client("s3")
    buckets = Buckets.of(client, args.lake, landing, curated, discarded)
    artifacts, key = buckets.artifacts.name, f"{REQUESTS}{args.execution}.json"
    bundle = contracts.load(bool(args.lake.features))
    try:
        wanted = json.loads(client.get_object(Bucket=artifacts, Key=key)["Body"].read())
        Export(
            buckets=buckets,
            tables=Tables(session.start("export"), args, bundle, kms.secrets(sys.argv[1:])),
            contracts=bundle,
            request=args.execution,
            put=lambda name, body: client.put_object(Bucket=artifacts, Key=name, Body=body),
        ).run(wanted["customer"])
    finally:
        buckets.artifacts.hide(key)  # and its version goes by the next day: this role deletes none


if __name__ == "__main__":
    failures.run(main)
