"""python -m emulator: serve AWS on loopback until it is stopped."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from emulator.core import locks, server
from emulator.services import catalog


def main(argv: list[str] | None = None) -> int:
    """Parse the flags and serve; 0 after a clean stop."""
    parser = argparse.ArgumentParser(prog="emulator", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="loopback port; 0 takes a free one")
    parser.add_argument("--state-dir", type=Path, required=True, help="scratch space of this process")
    parser.add_argument(
        "--jars",
        type=Path,
        default=Path("jars"),
        help="folder of Spark's jars for Glue jobs",
    )
    parser.add_argument("--trino", type=Path, help="folder of Trino, which runs Athena's queries; none: they fail")
    parser.add_argument("--authorizer", type=Path, help="program that decides what roles may do; none: everything")
    parser.add_argument("--training", type=Path, help="Python that trains and serves models; none: SageMaker fails")
    parser.add_argument("--lifeline", type=int, help="pipe of who starts it: end with it, unless a byte comes")
    parser.add_argument("--log", type=Path, help="log file; default <state-dir>/emulator.log")
    parser.add_argument("--check-locks", action="store_true", help="fail what takes locks against their order")
    args = parser.parse_args(argv)
    if args.check_locks:
        locks.check()
    if args.lifeline is not None:
        server.end_with(args.lifeline)
    server.serve(
        args.port,
        args.state_dir.resolve(),
        args.jars.resolve(),
        args.log,
        args.authorizer,
        args.training,
        args.trino.resolve() if args.trino else None,
        services=catalog.install,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
