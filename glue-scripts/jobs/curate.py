"""Glue job: the curate stage of a pipeline."""

import sys

from dataplatform import contracts, failures, kms, session
from dataplatform.arguments import parse_stage
from dataplatform.engine.lease import DynamoLeases
from dataplatform.engine.ledger import DynamoLedger
from dataplatform.engine.storage import S3Store
from dataplatform.engine.stream_hours import DynamoStreamHours
from dataplatform.stages import stage
from dataplatform.stages.curate import CurateFiles, CurateStream


def main() -> None:
    """Run the stage; any problem ends the job with an error."""
    args = parse_stage(sys.argv[1:])
    bundle = contracts.load()
    pipeline = bundle.pipeline(args.pipeline)
    given = (
        session.start(f"{args.pipeline}-{args.stage}"),
        args,
        bundle,
        DynamoLedger(args.files_table),
        DynamoLeases(args.leases_table, args.owner),
        S3Store(),
    )
    if pipeline.streaming:
        stage.run(CurateStream(*given, DynamoStreamHours(args.hours_table)))
    else:
        stage.run(CurateFiles(*given, secret=kms.secret(sys.argv[1:])))


if __name__ == "__main__":
    failures.run(main)
