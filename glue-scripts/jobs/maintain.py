"""Glue job: the daily maintenance of the Iceberg tables."""

import sys
from datetime import UTC, datetime

from dataplatform import contracts, failures, kms, session
from dataplatform.arguments import parse_maintain
from dataplatform.engine.lease import DynamoLeases
from dataplatform.engine.storage import S3Store
from dataplatform.stages.maintain import Maintain


def main() -> None:
    """Maintain every table; any problem ends the job with an error."""
    args = parse_maintain(sys.argv[1:])
    Maintain(
        spark=session.start("maintain"),
        args=args,
        contracts=contracts.load(bool(args.lake.features)),
        leases=DynamoLeases(args.leases_table, f"maintain/{args.execution}"),
        store=S3Store(),
        now=datetime.now(UTC),
        secret=kms.secret(sys.argv[1:]),
    ).run()


if __name__ == "__main__":
    failures.run(main)
