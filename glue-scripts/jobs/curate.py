"""Glue job: the curate stage of a pipeline."""

import sys

from dataplatform import contracts, session
from dataplatform.arguments import parse_stage
from dataplatform.engine.lease import DynamoLeases
from dataplatform.engine.ledger import DynamoLedger
from dataplatform.engine.storage import S3Store
from dataplatform.engine.stream_hours import DynamoStreamHours
from dataplatform.stages import stage
from dataplatform.stages.curate import Curate


def main() -> None:
    """Run the stage; any problem ends the job with an error."""
    args = parse_stage(sys.argv[1:])
    bundle = contracts.load()
    bundle.pipeline(args.pipeline)
    owner = f"{args.execution}/{args.stage}/{args.hours}"
    made = Curate(
        spark=session.start(f"{args.pipeline}-{args.stage}"),
        args=args,
        contracts=bundle,
        ledger=DynamoLedger(args.files_table),
        leases=DynamoLeases(args.leases_table, owner),
        store=S3Store(),
        hours=DynamoStreamHours(args.hours_table),
    )
    stage.run(made)


if __name__ == "__main__":
    main()
