"""Step Functions as AWS answers, where moto alone does not."""

import json
import time
from pathlib import Path

import pytest

from .conftest import REGION, eventually


def one(state):
    return {"StartAt": "Only", "States": {"Only": state | {"End": True}}}


def test_validation_says_what_is_wrong(client):
    stepfunctions = client("stepfunctions")
    good = json.dumps(one({"Type": "Pass"}))
    assert stepfunctions.validate_state_machine_definition(definition=good)["result"] == "OK"
    bad = stepfunctions.validate_state_machine_definition(definition='{"StartAt": "X"')
    assert bad["result"] == "FAIL" and bad["diagnostics"]


def test_versions_are_listed(client, role, unique):
    stepfunctions = client("stepfunctions")
    definition = json.dumps(one({"Type": "Pass"}))
    arn = stepfunctions.create_state_machine(name=unique, roleArn=role, definition=definition, publish=True)[
        "stateMachineArn"
    ]
    listed = stepfunctions.list_state_machine_versions(stateMachineArn=arn)["stateMachineVersions"]
    assert [version["stateMachineVersionArn"] for version in listed] == [f"{arn}:1"]
    stepfunctions.delete_state_machine(stateMachineArn=arn)


def test_tagged_state_machine_keeps_its_settings(client, role, unique):
    stepfunctions, logs = client("stepfunctions"), client("logs")
    logs.create_log_group(logGroupName=unique)
    group = f"arn:aws:logs:{REGION}:123456789012:log-group:{unique}:*"
    logging = {
        "level": "ALL",
        "includeExecutionData": True,
        "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": group}}],
    }
    arn = stepfunctions.create_state_machine(
        name=unique,
        roleArn=role,
        definition=json.dumps(one({"Type": "Pass"})),
        loggingConfiguration=logging,
        tracingConfiguration={"enabled": True},
        tags=[{"key": "owner", "value": "x"}],
    )["stateMachineArn"]
    shown = stepfunctions.describe_state_machine(stateMachineArn=arn)
    assert shown["loggingConfiguration"] == logging and shown["tracingConfiguration"] == {"enabled": True}
    assert stepfunctions.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "owner", "value": "x"}]
    begun = time.monotonic()
    stepfunctions.delete_state_machine(stateMachineArn=arn)
    assert time.monotonic() - begun < 5


def test_executions_without_a_name_get_one(client, role, unique):
    stepfunctions = client("stepfunctions")
    definition = json.dumps(one({"Type": "Pass"}))
    arn = stepfunctions.create_state_machine(name=unique, roleArn=role, definition=definition)["stateMachineArn"]
    runs = {stepfunctions.start_execution(stateMachineArn=arn)["executionArn"] for _ in range(2)}
    assert len(runs) == 2
    stepfunctions.delete_state_machine(stateMachineArn=arn)


def test_a_history_comes_in_pages_the_newest_first_when_asked(client, role, unique):
    stepfunctions = client("stepfunctions")
    states = {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "End": True}}
    definition = json.dumps({"StartAt": "A", "States": states})
    arn = stepfunctions.create_state_machine(name=unique, roleArn=role, definition=definition)["stateMachineArn"]
    run = stepfunctions.start_execution(stateMachineArn=arn)["executionArn"]
    eventually(lambda: stepfunctions.describe_execution(executionArn=run)["status"] != "RUNNING")
    every = stepfunctions.get_execution_history(executionArn=run)
    assert [event["type"] for event in every["events"]][::5] == ["ExecutionStarted", "ExecutionSucceeded"]
    assert "nextToken" not in every
    newest = stepfunctions.get_execution_history(executionArn=run, reverseOrder=True, maxResults=2)
    assert newest["events"] == every["events"][:-3:-1]
    pages = stepfunctions.get_paginator("get_execution_history").paginate(
        executionArn=run, reverseOrder=True, PaginationConfig={"PageSize": 2}
    )
    assert [event for page in pages for event in page["events"]] == every["events"][::-1]
    stepfunctions.delete_state_machine(stateMachineArn=arn)


# The same definitions are read by asl-validator, see components/asl.
STEPFUNCTIONS = json.loads((Path(__file__).parent / "testdata" / "state_machines.json").read_text())


@pytest.mark.parametrize("case", STEPFUNCTIONS["wrong"], ids=lambda case: case["what"])
def test_what_a_validator_of_the_language_refuses_is_refused(client, role, unique, case):
    stepfunctions = client("stepfunctions")
    definition = json.dumps(case["definition"])
    assert stepfunctions.validate_state_machine_definition(definition=definition)["result"] == "FAIL"
    with pytest.raises(stepfunctions.exceptions.InvalidDefinition):
        stepfunctions.create_state_machine(name=unique, roleArn=role, definition=definition)


def test_the_definition_that_they_were_made_of_is_taken(client):
    definition = json.dumps(STEPFUNCTIONS["right"])
    found = client("stepfunctions").validate_state_machine_definition(definition=definition)
    assert found["result"] == "OK", found
