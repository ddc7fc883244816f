"""Nothing of the data is in what a job says of its failure, nor in what it logs of files that it cannot read."""

import logging
import subprocess
import sys
from pathlib import Path

import pytest

from dataplatform import failures
from dataplatform.engine.ledger import File
from dataplatform.reading import unreadable

CANARY = "canary@example.org"
SCRIPTS = Path(__file__).resolve().parents[1]
PROGRAM = """
import logging, sys
sys.path.insert(0, {scripts!r})
from dataplatform import failures, quality
logging.basicConfig(stream=sys.stderr, level=logging.INFO)
def main():
{body}
failures.run(main)
"""


def ended(body: str) -> str:
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(scripts=str(SCRIPTS), body=lines)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    "body",
    [
        "address = 'canary' + '@' + 'example.org'\nint(address)",
        "address = 'canary' + '@' + 'example.org'\ntry:\n    int(address)\n"
        "except ValueError as error:\n    raise quality.QualityError('1 row') from error",
        "address = 'canary' + '@' + 'example.org'\ntry:\n    int(address)\n"
        "except ValueError:\n    raise quality.QualityError('1 row')",
    ],
)
def test_what_others_say_of_an_error_is_not_told(body: str) -> None:
    said = ended(body)
    assert CANARY not in said
    assert "in main" in said, "where it came from is"
    assert said.rstrip().splitlines()[-1].startswith("dataplatform.failures.JobFailedError: ")


def test_what_we_say_is_told() -> None:
    assert ended("raise quality.QualityError('3 rows')").endswith("dataplatform.quality.QualityError: 3 rows\n")


def test_a_success_is_none() -> None:
    failures.run(lambda: None)


def test_a_file_that_raises_is_logged_without_what_is_in_it(caplog: pytest.LogCaptureFixture) -> None:
    def attempt(files: object) -> object:
        raise ValueError(f"cannot read {CANARY}")

    caplog.set_level(logging.DEBUG)
    made, apart = unreadable.by_halves(
        [File("d1", "a", "k", "csv"), File("d2", "a", "k", "csv")], attempt, lambda: None
    )
    assert (made, len(apart)) == ([], 2)
    assert "ValueError" in caplog.text
    assert CANARY not in caplog.text
