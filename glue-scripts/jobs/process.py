"""Glue job: the process stage of a pipeline."""

import sys

from dataplatform import contracts, failures, session
from dataplatform.arguments import parse_stage
from dataplatform.engine.lease import DynamoLeases
from dataplatform.engine.ledger import DynamoLedger
from dataplatform.engine.storage import S3Store
from dataplatform.stages import stage
from dataplatform.stages.objects import ProcessObjects
from dataplatform.stages.process import Process


def main() -> None:
    """Run the stage; any problem ends the job with an error."""
    args = parse_stage(sys.argv[1:])
    bundle = contracts.load()
    raw = bundle.get(bundle.pipeline(args.pipeline).raw)
    kind = ProcessObjects if raw.source == contracts.OBJECTS else Process
    made = kind(
        spark=session.start(f"{args.pipeline}-{args.stage}"),
        args=args,
        contracts=bundle,
        ledger=DynamoLedger(args.files_table),
        leases=DynamoLeases(args.leases_table, args.owner),
        store=S3Store(),
    )
    stage.run(made)


if __name__ == "__main__":
    failures.run(main)
