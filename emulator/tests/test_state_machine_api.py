"""Step Functions as AWS answers, where moto alone does not."""

import json
import time
from pathlib import Path

import pytest

from .conftest import REGION, eventually


def one(state):
    return {"StartAt": "Only", "States": {"Only": state | {"End": True}}}


def test_validation_says_what_is_wrong(client):
    machines = client("stepfunctions")
    good = json.dumps(one({"Type": "Pass"}))
    assert machines.validate_state_machine_definition(definition=good)["result"] == "OK"
    bad = machines.validate_state_machine_definition(definition='{"StartAt": "X"')
    assert bad["result"] == "FAIL" and bad["diagnostics"]


def test_versions_are_listed(client, role, unique):
    machines = client("stepfunctions")
    definition = json.dumps(one({"Type": "Pass"}))
    arn = machines.create_state_machine(name=unique, roleArn=role, definition=definition, publish=True)[
        "stateMachineArn"
    ]
    listed = machines.list_state_machine_versions(stateMachineArn=arn)["stateMachineVersions"]
    assert [version["stateMachineVersionArn"] for version in listed] == [f"{arn}:1"]
    machines.delete_state_machine(stateMachineArn=arn)


def test_tagged_machine_keeps_its_settings(client, role, unique):
    machines, logs = client("stepfunctions"), client("logs")
    logs.create_log_group(logGroupName=unique)
    group = f"arn:aws:logs:{REGION}:123456789012:log-group:{unique}:*"
    logging = {
        "level": "ALL",
        "includeExecutionData": True,
        "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": group}}],
    }
    arn = machines.create_state_machine(
        name=unique,
        roleArn=role,
        definition=json.dumps(one({"Type": "Pass"})),
        loggingConfiguration=logging,
        tracingConfiguration={"enabled": True},
        tags=[{"key": "owner", "value": "x"}],
    )["stateMachineArn"]
    shown = machines.describe_state_machine(stateMachineArn=arn)
    assert shown["loggingConfiguration"] == logging and shown["tracingConfiguration"] == {"enabled": True}
    assert machines.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "owner", "value": "x"}]
    begun = time.monotonic()
    machines.delete_state_machine(stateMachineArn=arn)
    assert time.monotonic() - begun < 5


def test_executions_without_a_name_get_one(client, role, unique):
    machines = client("stepfunctions")
    definition = json.dumps(one({"Type": "Pass"}))
    arn = machines.create_state_machine(name=unique, roleArn=role, definition=definition)["stateMachineArn"]
    runs = {machines.start_execution(stateMachineArn=arn)["executionArn"] for _ in range(2)}
    assert len(runs) == 2
    machines.delete_state_machine(stateMachineArn=arn)


def test_a_history_comes_in_pages_the_newest_first_when_asked(client, role, unique):
    machines = client("stepfunctions")
    states = {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "End": True}}
    definition = json.dumps({"StartAt": "A", "States": states})
    arn = machines.create_state_machine(name=unique, roleArn=role, definition=definition)["stateMachineArn"]
    run = machines.start_execution(stateMachineArn=arn)["executionArn"]
    eventually(lambda: machines.describe_execution(executionArn=run)["status"] != "RUNNING")
    every = machines.get_execution_history(executionArn=run)
    assert [event["type"] for event in every["events"]][::5] == ["ExecutionStarted", "ExecutionSucceeded"]
    assert "nextToken" not in every
    newest = machines.get_execution_history(executionArn=run, reverseOrder=True, maxResults=2)
    assert newest["events"] == every["events"][:-3:-1]
    pages = machines.get_paginator("get_execution_history").paginate(
        executionArn=run, reverseOrder=True, PaginationConfig={"PageSize": 2}
    )
    assert [event for page in pages for event in page["events"]] == every["events"][::-1]
    machines.delete_state_machine(stateMachineArn=arn)


# The same definitions are read by asl-validator, see components/asl.
MACHINES = json.loads((Path(__file__).parent / "testdata" / "state_machines.json").read_text())


@pytest.mark.parametrize("case", MACHINES["wrong"], ids=lambda case: case["what"])
def test_what_a_validator_of_the_language_refuses_is_refused(client, role, unique, case):
    machines = client("stepfunctions")
    definition = json.dumps(case["definition"])
    assert machines.validate_state_machine_definition(definition=definition)["result"] == "FAIL"
    with pytest.raises(machines.exceptions.InvalidDefinition):
        machines.create_state_machine(name=unique, roleArn=role, definition=definition)


def test_the_definition_that_they_were_made_of_is_taken(client):
    definition = json.dumps(MACHINES["right"])
    found = client("stepfunctions").validate_state_machine_definition(definition=definition)
    assert found["result"] == "OK", found
