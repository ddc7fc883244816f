"""Lambda's functions."""

from emulator.tests.conftest import REGION
from emulator.tests.roles import document, statement

from .policies import NOBODY
from .probe import probe

CODE = "InvalidParameterValueException"
ROLE = 'AWS Lambda Developer Guide, "Defining Lambda function permissions with an execution role"; '
ROLE += "terraform-provider-aws, retryFunctionOp"
TRACES = "serverless-iam-roles-per-function#39, serverless-application-model#225, coinbase/fenrir#1"
DEPLOY = 'AWS Lambda Developer Guide, "Troubleshoot deployment issues in Lambda"'
QUOTAS = 'AWS Lambda Developer Guide, "Lambda quotas"'
VARIABLES = 'AWS Lambda Developer Guide, "Using Lambda environment variables"'
LETTERS = 'AWS Lambda Developer Guide, "Capturing records of Lambda asynchronous invocations"; '
LETTERS += "terraform-provider-aws, retryFunctionOp"


@probe("a function with a role that is not there", call="lambda:CreateFunction", code=CODE, source=ROLE)
def test_no_role(names, create, refused):
    with refused(names):
        create(NOBODY)


@probe("a function with a role that trusts somebody else", call="lambda:CreateFunction", code=CODE, source=ROLE)
def test_a_role_of_others(names, create, roles, unique, refused):
    with refused(names):
        create(roles.make(unique, services=("glue",)))


@probe("a function that traces with a role that may not", call="lambda:CreateFunction", code=CODE, source=TRACES)
def test_tracing(client, names, create, roles, unique, refused):
    role = roles.make(unique, services=("lambda",))
    with refused(names):
        create(role, TracingConfig={"Mode": "Active"})
    traces = document(statement("Trace", ["xray:PutTraceSegments"], ["*"]))
    client("iam").put_role_policy(RoleName=unique, PolicyName="traces", PolicyDocument=traces)
    create(role, TracingConfig={"Mode": "Active"})
    assert roles.record()["roles"][unique]["used"] == [], "to be allowed is no use"


@probe(
    "tracing switched on for a function whose role may not",
    call="lambda:UpdateFunctionConfiguration",
    code=CODE,
    source=TRACES,
)
def test_tracing_switched_on(functions, create, roles, unique, refused):
    create(roles.make(unique, services=("lambda",)))
    with refused(lambda: functions.get_function_configuration(FunctionName=unique)):
        functions.update_function_configuration(FunctionName=unique, TracingConfig={"Mode": "Active"})


@probe("dead letters to a queue that the role may not send to", call="lambda:CreateFunction", code=CODE, source=LETTERS)
def test_dead_letters(names, create, roles, queue, unique, refused):
    with refused(names):
        create(roles.make(unique, services=("lambda",)), DeadLetterConfig={"TargetArn": queue})
    sends = statement("Send", ["sqs:SendMessage"], [queue])
    create(roles.make(f"{unique}-sender", sends, services=("lambda",)), DeadLetterConfig={"TargetArn": queue})


@probe(
    "dead letters to a topic that the role may not publish to", call="lambda:CreateFunction", code=CODE, source=LETTERS
)
def test_dead_letters_to_a_topic(client, names, create, roles, unique, refused):
    topic = client("sns").create_topic(Name=unique)["TopicArn"]
    with refused(names):
        create(roles.make(unique, services=("lambda",)), DeadLetterConfig={"TargetArn": topic})


@probe(
    "a destination of failed invocations that the role may not send to",
    call="lambda:PutFunctionEventInvokeConfig",
    code=CODE,
    source=LETTERS,
)
def test_a_destination(functions, create, roles, queue, unique, refused):
    create(roles.make(unique, services=("lambda",)))
    with refused(lambda: functions.list_function_event_invoke_configs(FunctionName=unique)):
        destination = {"OnFailure": {"Destination": queue}}
        functions.put_function_event_invoke_config(FunctionName=unique, DestinationConfig=destination)


@probe(
    "a function whose archive cannot be read",
    call="lambda:CreateFunction",
    code="InvalidParameterValueException",
    source=DEPLOY,
)
def test_an_archive_that_is_none(names, create, role, refused):
    with refused(names):
        create(role, Code={"ZipFile": b"no archive"})


@probe(
    "a function whose archive is not in the bucket",
    call="lambda:CreateFunction",
    code="InvalidParameterValueException",
    source=DEPLOY,
)
def test_an_archive_that_is_not_there(client, names, create, role, unique, refused):
    client("s3").create_bucket(Bucket=unique, CreateBucketConfiguration={"LocationConstraint": REGION})
    with refused(names):
        create(role, Code={"S3Bucket": unique, "S3Key": "gone.zip"})


@probe(
    "a function that runs for more than 15 minutes",
    call="lambda:CreateFunction",
    code="ValidationException",
    source=QUOTAS,
)
def test_a_long_timeout(names, create, role, refused):
    with refused(names):
        create(role, Timeout=901)


@probe(
    "a function with a variable of a reserved name",
    call="lambda:CreateFunction",
    code="InvalidParameterValueException",
    source=VARIABLES,
)
def test_a_reserved_variable(names, create, role, refused):
    with refused(names):
        create(role, Environment={"Variables": {"AWS_REGION": "eu-west-1"}})


@probe(
    "a function with more than 4 KB of variables",
    call="lambda:CreateFunction",
    code="InvalidParameterValueException",
    source=VARIABLES,
)
def test_large_variables(names, create, role, refused):
    with refused(names):
        create(role, Environment={"Variables": {"LARGE": "x" * 4096}})


@probe(
    "a statement of a name that a function's policy has",
    call="lambda:AddPermission",
    code="ResourceConflictException",
    source="AWS Lambda API Reference, AddPermission, ResourceConflictException",
)
def test_a_permission_twice(functions, create, role, unique, refused):
    create(role)
    permission = {"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"}
    functions.add_permission(FunctionName=unique, **permission)
    with refused(lambda: functions.get_policy(FunctionName=unique)):
        functions.add_permission(FunctionName=unique, **permission)


@probe(
    "a reservation that leaves other functions less than 100 executions",
    call="lambda:PutFunctionConcurrency",
    code="InvalidParameterValueException",
    source=QUOTAS,
)
def test_a_large_reservation(functions, create, role, unique, refused):
    create(role)
    with refused(lambda: functions.get_function_concurrency(FunctionName=unique)):
        functions.put_function_concurrency(FunctionName=unique, ReservedConcurrentExecutions=901)
