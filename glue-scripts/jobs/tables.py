"""Glue job: brings every Iceberg table to its contract, as part of a deployment."""

import logging
import sys

from dataplatform import contracts, session
from dataplatform.arguments import parse_tables
from dataplatform.engine import ddl

LOG = logging.getLogger(__name__)


def main() -> None:
    """Apply the contracts; all tables are tried before the first problems are raised."""
    lake = parse_tables(sys.argv[1:])
    bundle = contracts.load(bool(lake.features))
    spark = session.start("tables")
    problems = []
    for contract in bundle.iceberg():
        try:
            ddl.apply(spark, lake.table(contract.layer, contract.dataset), contract)
        except ddl.TableMismatchError as error:
            problems.append(str(error))
    if problems:
        raise ddl.TableMismatchError("; ".join(problems))
    LOG.info("%d tables agree with the contracts %s", len(bundle.iceberg()), bundle.hash)


if __name__ == "__main__":
    main()
