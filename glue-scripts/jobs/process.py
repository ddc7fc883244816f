"""Glue job: the process stage of a pipeline."""

import sys

from dataplatform import contracts, session, stage
from dataplatform.arguments import parse_stage
from dataplatform.lease import DynamoLeases
from dataplatform.ledger import DynamoLedger
from dataplatform.objects import ProcessObjects
from dataplatform.process import Process
from dataplatform.storage import S3Store


def main() -> None:
    """Run the stage; any problem ends the job with an error."""
    args = parse_stage(sys.argv[1:])
    bundle = contracts.load()
    raw = bundle.get(bundle.pipeline(args.pipeline).raw)
    kind = ProcessObjects if raw.source == contracts.OBJECTS else Process
    owner = f"{args.execution}/{args.stage}/{args.hours}"
    made = kind(
        spark=session.start(f"{args.pipeline}-{args.stage}"),
        args=args,
        contracts=bundle,
        ledger=DynamoLedger(args.files_table),
        leases=DynamoLeases(args.leases_table, owner),
        store=S3Store(),
    )
    stage.run(made)


if __name__ == "__main__":
    main()
