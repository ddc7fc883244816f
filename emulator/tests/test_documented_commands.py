"""The lines of AWS's command line in the documentation: their calls and parameters are AWS's own."""

import re
import shlex
from pathlib import Path

import botocore.session
import pytest
from botocore import xform_name

ROOT = Path(__file__).parents[2]
LINE = re.compile(r"(?m)^\s*(?:`)?(aws [a-z0-9]+ [a-z-]+(?:.*\\\n)*.*)$")
SERVICES = {"s3api": "s3"}  # as the command line calls them
RENAMED = {"notification-endpoint"}  # of sns subscribe, which else would be taken for --endpoint-url
OWN = {"query", "output", "region", "profile", "endpoint-url", "no-cli-pager"}


def lines():
    for page in sorted([ROOT / "README.md", *ROOT.glob("docs/**/*.md")]):
        for found in LINE.findall(page.read_text()):
            command = found.replace("\\\n", " ").split("`")[0]
            yield pytest.param(command, id=f"{page.relative_to(ROOT)}: {command[:40]}")


def wrong(command):
    """What AWS's model does not know of a command."""
    _, service, operation, *words = shlex.split(command, comments=True)
    if service == "s3":
        return []  # the command line's own words, which are no calls
    model = botocore.session.get_session().get_service_model(SERVICES.get(service, service))
    operations = {xform_name(name, "-"): name for name in model.operation_names}
    if operation not in operations:
        return [operation]
    shape = model.operation_model(operations[operation]).input_shape
    known = {xform_name(name, "-") for name in shape.members} | OWN | RENAMED
    flags = [word[2:] for word in words if word.startswith("--")]
    return [flag for flag in flags if flag not in known and flag.removeprefix("no-") not in known]


@pytest.mark.parametrize("command", list(lines()))
def test_aws_knows_the_call_and_its_parameters(command):
    assert wrong(command) == []


def test_what_aws_does_not_know_is_seen():
    assert wrong("aws lambda get-event-source-mapping --id x") == ["id"]
    assert wrong("aws lambda stop-function --uuid x") == ["stop-function"]
