"""Quality gate: compares a candidate's metrics with the bestsellers' and the live model's.

Writes the decision as JSON and exits with 0 either way: a refused candidate is an answer, not a failure.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from recommender.gate import decide


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the gate."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--candidate", type=Path, required=True, help="metrics.json of the candidate")
    parser.add_argument("--live", type=Path, help="metrics.json of the live model; none when nothing is live")
    parser.add_argument("--tolerated-fall", type=float, default=0.1, help="share of the live model's recall")
    parser.add_argument("--min-customers", type=int, default=20)
    parser.add_argument("--output", type=Path, required=True, help="file for the decision")
    parsed = parser.parse_args(arguments)
    live = _read(parsed.live) if parsed.live else None
    decision = decide(_read(parsed.candidate), live, parsed.tolerated_fall, parsed.min_customers)
    parsed.output.parent.mkdir(parents=True, exist_ok=True)
    parsed.output.write_text(json.dumps(asdict(decision), indent=1) + "\n", encoding="utf-8")
    return 0


def _read(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


if __name__ == "__main__":
    sys.exit(main())
