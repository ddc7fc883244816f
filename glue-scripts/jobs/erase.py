"""Glue job: takes one customer out of everything, started by ``dataplatform erase`` and by nothing else.

The customer's number comes in an object and not as an argument: Glue keeps the arguments of runs.
"""

import json
import sys
from datetime import datetime

import boto3

from dataplatform import contracts, failures, kms, session
from dataplatform.arguments import parse_erase
from dataplatform.engine.lease import DynamoLeases
from dataplatform.engine.ledger import DynamoLedger
from dataplatform.erasure.run import REQUESTS, Erasure
from dataplatform.erasure.search import Buckets
from dataplatform.erasure.tables import Tables


def main() -> None:
    """Erase the customer of the request, which goes as well; any problem ends the job with an error."""
    args, landing, curated, discarded = parse_erase(sys.argv[1:])
    client = boto3.client("s3")
    buckets = Buckets.of(client, args.lake, landing, curated, discarded)
    artifacts, key = buckets.artifacts.name, f"{REQUESTS}{args.execution}.json"
    bundle = contracts.load(bool(args.lake.features))
    try:
        wanted = json.loads(client.get_object(Bucket=artifacts, Key=key)["Body"].read())
        since = datetime.fromisoformat(wanted["since"]) if "since" in wanted else None
        Erasure(
            request=args.execution,
            since=since,
            buckets=buckets,
            tables=Tables(session.start("erase"), args, bundle, kms.secrets(sys.argv[1:]), since),
            contracts=bundle,
            ledger=DynamoLedger(args.files_table),
            leases=DynamoLeases(args.leases_table, f"erase/{args.execution}"),
            put=lambda name, body: client.put_object(Bucket=artifacts, Key=name, Body=body),
        ).run(wanted["customer"])
    finally:
        buckets.artifacts.remove(buckets.artifacts.versions(key))


if __name__ == "__main__":
    failures.run(main)
