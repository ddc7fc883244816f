"""Holds queries, views and transforms against the contracts, and says in a line what a first run would fail for.

Arguments: the contracts' bundle, the folder of queries, and the ids of contracts whose transforms are held, with those
made of them.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from local.trial import queries


def main(arguments: Sequence[str]) -> None:
    """Print every problem; end with an error when there is one."""
    bundle, folder, *ids = arguments
    text = Path(bundle).read_text(encoding="utf-8")
    found = list(queries.problems(text, Path(folder)))
    if ids:
        # Spark takes seconds to start.
        from dataplatform import contracts
        from local.trial import fits, small

        known = contracts.parse(text)
        if held := fits.held(known, ids):
            with small.session("check") as spark:
                found += fits.problems(spark, known, held)
    sys.stdout.write("".join(f"{one}\n" for one in found))
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main(sys.argv[1:])
