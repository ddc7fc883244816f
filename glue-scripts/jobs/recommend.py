"""Glue job: publishes what a model recommends."""

import sys

from dataplatform import contracts, failures, session
from dataplatform.arguments import parse_recommend
from dataplatform.engine.lease import DynamoLeases
from dataplatform.engine.storage import S3Store
from dataplatform.stages import stage
from dataplatform.stages.recommend import Recommend


def main() -> None:
    """Publish the batch; any problem ends the job with an error and leaves the table as it was."""
    args = parse_recommend(sys.argv[1:])
    made = Recommend(
        spark=session.start(f"{args.pipeline}-{args.stage}"),
        args=args,
        contracts=contracts.load(features=True),
        leases=DynamoLeases(args.leases_table, args.owner),
        store=S3Store(),
    )
    stage.run(made)


if __name__ == "__main__":
    failures.run(main)
