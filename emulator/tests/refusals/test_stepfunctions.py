"""Step Functions."""

import json

import pytest

from ..conftest import REGION
from ..roles import statement
from .probe import probe

LANGUAGE = "Amazon States Language (states-language.net)"
INTEGRATIONS = 'AWS Step Functions Developer Guide, "Integrating services with Step Functions"'
DELIVERY = 'AWS Step Functions Developer Guide, "Using CloudWatch Logs to log execution history in Step Functions"'
DELIVERY_ACTIONS = (
    "CreateLogDelivery GetLogDelivery UpdateLogDelivery DeleteLogDelivery ListLogDeliveries PutResourcePolicy "
    "DescribeResourcePolicies DescribeLogGroups"
)
PASS = {"Type": "Pass", "End": True}


@pytest.fixture
def stepfunctions(client):
    return client("stepfunctions")


@pytest.fixture
def role(roles, unique):
    """A role that Step Functions can be, and that may have logs delivered."""
    deliver = statement("Deliver", [f"logs:{action}" for action in DELIVERY_ACTIONS.split()], ["*"])
    return roles.make(f"{unique}-states", deliver, services=("states",))


@pytest.fixture
def group(client):
    """Makes a log group; its ARN as machines name it."""

    def make(name):
        client("logs").create_log_group(logGroupName=name)
        return f"arn:aws:logs:{REGION}:123456789012:log-group:{name}:*"

    return make


@pytest.fixture
def create(stepfunctions, role, unique):
    """Creates a state machine of these states, which begins with the first."""

    def make(states=None, name=unique, **more):
        states = states or {"Only": PASS}
        definition = json.dumps({"StartAt": next(iter(states)), "States": states})
        given = {"name": name, "roleArn": role, "definition": definition} | more
        return stepfunctions.create_state_machine(**given)["stateMachineArn"]

    return make


def logging(*groups):
    destinations = [{"cloudWatchLogsLogGroup": {"logGroupArn": one}} for one in groups]
    return {"level": "ERROR", "includeExecutionData": False, "destinations": destinations}


def wrong(what, source=LANGUAGE):
    return probe(what, call="stepfunctions:CreateStateMachine", code="InvalidDefinition", source=source)


@wrong("a state that leads to one which is not there")
def test_a_target_that_is_none(stepfunctions, create, refused):
    with refused(stepfunctions.list_state_machines):
        create({"A": {"Type": "Pass", "Next": "B"}, "C": PASS})


@wrong("a state's name twice in a whole state machine", f"{LANGUAGE}; cfn-lint#3616; asl-validator#80")
def test_a_name_twice(stepfunctions, create, refused):
    inner = {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": "Done", "States": {"Done": PASS}}
    with refused(stepfunctions.list_state_machines):
        create({"Each": {"Type": "Map", "ItemProcessor": inner, "Next": "Done"}, "Done": {"Type": "Succeed"}})


@wrong("a state that nothing leads to", f"{LANGUAGE}; asl-validator, MISSING_TRANSITION_TARGET")
def test_a_state_out_of_reach(stepfunctions, create, refused):
    with refused(stepfunctions.list_state_machines):
        create({"A": PASS, "B": PASS})


@wrong("States.ALL before other catchers", f'{LANGUAGE}, "Fallback states"')
def test_all_errors_first(stepfunctions, create, refused):
    catch = [{"ErrorEquals": [one], "Next": "B"} for one in ("States.ALL", "States.Timeout")]
    task = {"Type": "Task", "Resource": "arn:aws:states:::events:putEvents", "Parameters": {"Entries": []}}
    with refused(stepfunctions.list_state_machines):
        create({"A": task | {"Catch": catch, "Next": "B"}, "B": PASS})


@wrong("States.ALL beside other errors", f'{LANGUAGE}, "Retrying after error"')
def test_all_errors_and_more(stepfunctions, create, refused):
    retry = [{"ErrorEquals": ["States.ALL", "States.Timeout"]}]
    task = {"Type": "Task", "Resource": "arn:aws:states:::events:putEvents", "Parameters": {"Entries": []}}
    with refused(stepfunctions.list_state_machines):
        create({"A": task | {"Retry": retry, "End": True}})


@wrong("a call that is waited for and cannot be", INTEGRATIONS)
def test_a_sync_that_is_none(stepfunctions, create, refused):
    task = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:glue:startJobRun.sync", "End": True}
    with refused(stepfunctions.list_state_machines):
        create({"A": task | {"Parameters": {"JobName": "x"}}})


@wrong("a call that its service does not have", INTEGRATIONS)
def test_a_call_that_is_none(stepfunctions, create, refused):
    task = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:fetchObject", "End": True}
    with refused(stepfunctions.list_state_machines):
        create({"A": task | {"Parameters": {"Bucket": "b", "Key": "k"}}})


@probe(
    "a state machine with a role that Step Functions cannot assume",
    call="stepfunctions:CreateStateMachine",
    code="AccessDeniedException",
    source='AWS Step Functions Developer Guide, "Creating an IAM role"; terraform-provider-aws, service/sfn',
)
def test_a_role_of_others(stepfunctions, create, roles, unique, refused):
    others = roles.make(unique)
    with refused(stepfunctions.list_state_machines):
        create(roleArn=others)


@probe(
    "a state machine's log without the permissions for its delivery",
    call="stepfunctions:CreateStateMachine",
    code="AccessDeniedException",
    source=f"{DELIVERY}; copilot-cli#4338; aws-cdk#26432",
)
def test_a_log_without_permission(stepfunctions, create, roles, group, unique, refused):
    log = group(f"/aws/vendedlogs/states/{unique}")
    silent = roles.make(unique, services=("states",))
    with refused(stepfunctions.list_state_machines):
        create(roleArn=silent, loggingConfiguration=logging(log))


@probe(
    "a state machine's log into a group that is not there",
    call="stepfunctions:UpdateStateMachine",
    code="AccessDeniedException",
    source=DELIVERY,
)
def test_a_log_into_nowhere(stepfunctions, create, unique, refused):
    state_machine = create()
    nowhere = f"arn:aws:logs:{REGION}:123456789012:log-group:{unique}-nowhere:*"
    with refused(lambda: stepfunctions.describe_state_machine(stateMachineArn=state_machine)):
        stepfunctions.update_state_machine(stateMachineArn=state_machine, loggingConfiguration=logging(nowhere))


@probe(
    "a state machine's log for which the account's policy of log delivery has no room",
    call="stepfunctions:CreateStateMachine",
    code="InvalidLoggingConfiguration",
    source='Amazon CloudWatch Logs User Guide, "Log group resource policy size limit considerations"; aws-cdk#28900',
)
def test_ten_deployments_of_state_machines(client, stepfunctions, create, group, unique, refused):
    """Six machines a deployment, whose groups have other names each time: entries of groups that are gone stay."""
    logs = client("logs")

    def policy():
        return next(
            one["policyDocument"]
            for one in logs.describe_resource_policies()["resourcePolicies"]
            if one["policyName"] == "AWSLogDeliveryWrite20150319"
        )

    def deploy(number, prefix):
        names = [f"{prefix}shop-dev-pipeline-{number}-{one}" for one in "abcdef"]
        for name in names:
            state_machine = create(name=name.rpartition("/")[2], loggingConfiguration=logging(group(name)))
            stepfunctions.delete_state_machine(stateMachineArn=state_machine)
            logs.delete_log_group(logGroupName=name)

    for number in range(10):
        deploy(number, f"/aws/vendedlogs/states/{unique}-")
    assert len(policy()) <= 5120 and "/aws/vendedlogs/*" in policy()
    for number in range(10):
        deploy(number, f"/aws/vendedlogs/states/{unique}-again-")
    before = len(policy())
    for number in range(3):
        deploy(number, f"/aws/states/{unique}-")
    assert before + 3 * 500 < len(policy()) <= 5120
    fill = 0
    while len(policy()) < 5120 - 160:
        deploy_one = f"/aws/states/{unique}-fill-{fill}"
        create(name=f"{unique}-fill-{fill}", loggingConfiguration=logging(group(deploy_one)))
        fill += 1
    last = group(f"/aws/states/{unique}-{'x' * 80}")
    with refused(policy):
        create(name=f"{unique}-last", loggingConfiguration=logging(last))
    create(name=f"{unique}-last", loggingConfiguration=logging(group(f"/aws/vendedlogs/states/{unique}-last")))


@pytest.mark.parametrize(
    ("lacking", "state"),
    [
        ("JSONata", PASS | {"QueryLanguage": "JSONata", "Output": "{% 1 %}"}),
        (
            "distributed Maps",
            {
                "Type": "Map",
                "ItemProcessor": {
                    "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                    "StartAt": "Inner",
                    "States": {"Inner": PASS},
                },
                "End": True,
            },
        ),
        (
            "athena:startQueryExecution",
            {
                "Type": "Task",
                "Resource": "arn:aws:states:::athena:startQueryExecution.sync",
                "Parameters": {"QueryString": "SELECT 1"},
                "End": True,
            },
        ),
    ],
)
def test_what_is_not_run_here_is_said(stepfunctions, create, lacking, state):
    with pytest.raises(stepfunctions.exceptions.InvalidDefinition, match=f"The emulator does not run .*{lacking}"):
        create({"Only": state})


def test_validation_finds_the_same(stepfunctions):
    twice = {"A": {"Type": "Pass", "Next": "B"}}
    found = stepfunctions.validate_state_machine_definition(definition=json.dumps({"StartAt": "A", "States": twice}))
    assert found["result"] == "FAIL"
    assert [one["code"] for one in found["diagnostics"]] == ["MISSING_TRANSITION_TARGET", "MISSING_TERMINAL_STATE"]
