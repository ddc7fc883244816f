"""Every policy that the stacks make, read by parliament, which knows the actions, resources and conditions of AWS.

No finding passes without an exception in lint_exceptions.toml, whatever its severity: to parliament an action that
does not exist is LOW.
"""

import fnmatch
import json
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import parliament
import pytest

ROOT = Path(__file__).parents[2]


def documents() -> list[dict[str, Any]]:
    """The documents of all stacks."""
    command = ["go", "run", "./cmd/policies"]
    printed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    found: list[dict[str, Any]] = json.loads(printed)
    return found


def scalars(value: Any) -> Any:
    """A list of one is written as the one: parliament reads a Bool condition no other way, and AWS means the same."""
    if isinstance(value, dict):
        return {key: scalars(element) for key, element in value.items()}
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def readable(held: dict[str, Any]) -> str:
    """The document with what AWS leaves unsaid: a trust policy is about its role, a key's policy about the key."""
    document = json.loads(json.dumps(held["document"]))
    for statement in document["Statement"]:
        if held["property"] == "assumeRolePolicy":
            statement["Resource"] = f"arn:aws:iam::123456789012:role/{held['name']}"
        if held["type"].startswith("aws:kms/"):
            statement["Resource"] = f"arn:aws:kms:eu-west-1:123456789012:key/{held['name']}"
        if "Condition" in statement:
            statement["Condition"] = scalars(statement["Condition"])
    return json.dumps(document)


def findings(text: str) -> set[tuple[str, str]]:
    """What parliament says: issue and detail."""
    found = set()
    for finding in parliament.analyze_policy_string(text).findings:
        # A mismatch is reported for all actions of a statement at once; each of them is to be evaluated.
        details = finding.detail if isinstance(finding.detail, list) else [finding.detail]
        for detail in details:
            words = f"{detail['action']} needs {detail['required_format']}" if isinstance(detail, dict) else str(detail)
            found.add((finding.issue, words))
    return found


@pytest.fixture(scope="module")
def found() -> set[tuple[str, str, str]]:
    """All findings with the holder of the policy."""
    read: dict[str, set[tuple[str, str]]] = {}
    everything = set()
    held = documents()
    assert len(held) > 100, "the policies of all stacks"
    for one in held:
        text = readable(one)
        if text not in read:
            read[text] = findings(text)
        kind = one["type"].rsplit(":", 1)[1]
        everything |= {(f"{kind} {one['name']}", issue, detail) for issue, detail in read[text]}
    return everything


def exceptions() -> list[dict[str, str]]:
    with (Path(__file__).parent / "lint_exceptions.toml").open("rb") as file:
        found: list[dict[str, str]] = tomllib.load(file)["exception"]
    return found


def excuses(exception: dict[str, str], holder: str, issue: str, detail: str) -> bool:
    return (
        issue == exception["issue"]
        and fnmatch.fnmatchcase(holder, exception["holder"])
        and re.search(exception["detail"], detail) is not None
    )


def test_no_finding_without_an_exception(found: set[tuple[str, str, str]]) -> None:
    unexcused = sorted(finding for finding in found if not any(excuses(e, *finding) for e in exceptions()))
    assert unexcused == []


@pytest.mark.parametrize("exception", exceptions(), ids=lambda e: f"{e['issue']} {e['holder']}")
def test_every_exception_has_a_reason_and_a_finding(
    exception: dict[str, str], found: set[tuple[str, str, str]]
) -> None:
    assert len(exception["reason"]) > 40
    assert any(excuses(exception, *finding) for finding in found)


@pytest.mark.parametrize(
    ("statement", "issue"),
    [
        ({"Action": "s3:GetObjekt", "Resource": "arn:aws:s3:::raw/a"}, "UNKNOWN_ACTION"),
        ({"Action": "s3:GetObject", "Resource": "arn:aws:s3:::raw"}, "RESOURCE_MISMATCH"),
        (
            {"Action": "s3:GetObject", "Resource": "arn:aws:s3:::raw/a", "Condition": {"Bool": {"s3:prefix": "true"}}},
            "UNKNOWN_CONDITION_FOR_ACTION",
        ),
    ],
)
def test_the_linter_sees_mistakes(statement: dict[str, Any], issue: str) -> None:
    text = json.dumps({"Version": "2012-10-17", "Statement": [{"Sid": "Mistake", "Effect": "Allow", **statement}]})
    assert issue in {issue for issue, _ in findings(text)}
