"""Glue job: the features that recommendations are learnt from, as tables and as files of a training job."""

import sys

from dataplatform import contracts, failures, kms, session
from dataplatform.arguments import parse_features
from dataplatform.engine.lease import DynamoLeases
from dataplatform.engine.storage import S3Store
from dataplatform.stages import stage
from dataplatform.stages.feature_store import OfflineStore
from dataplatform.stages.features import Features


def main() -> None:
    """Make the features; any problem ends the job with an error."""
    args = parse_features(sys.argv[1:])
    secret = kms.secret(sys.argv[1:])
    if secret is None:
        raise ValueError("--pseudonym_key and --pseudonym_version are needed: features are of customers, by pseudonym")
    made = Features(
        spark=session.start(f"{args.pipeline}-{args.stage}"),
        args=args,
        contracts=contracts.load(features=True),
        leases=DynamoLeases(args.leases_table, args.owner),
        store=S3Store(),
        secret=secret,
        feature_store=OfflineStore() if args.feature_groups else None,
    )
    stage.run(made)


if __name__ == "__main__":
    failures.run(main)
