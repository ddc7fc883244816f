"""Lambda: functions and mappings."""

import platform

import pytest

from emulator.tests.roles import document, statement

from .policies import NOBODY
from .probe import probe

CODE = "InvalidParameterValueException"
ROLE = 'AWS Lambda Developer Guide, "Defining Lambda function permissions with an execution role"; '
ROLE += "terraform-provider-aws, retryFunctionOp"
TRACES = "serverless-iam-roles-per-function#39, serverless-application-model#225, coinbase/fenrir#1"
LETTERS = 'AWS Lambda Developer Guide, "Capturing records of Lambda asynchronous invocations"; '
LETTERS += "terraform-provider-aws, retryFunctionOp"
STREAM = 'AWS Lambda Developer Guide, "Using Lambda to process records from Amazon Kinesis Data Streams"; '
STREAM += "alertlogic/cwe-collector#2"
QUEUE = 'AWS Lambda Developer Guide, "Creating and configuring an Amazon SQS event source mapping"'


@pytest.fixture
def functions(client):
    return client("lambda")


@pytest.fixture
def queue(client, unique):
    sqs = client("sqs")
    url = sqs.create_queue(QueueName=unique, Attributes={"VisibilityTimeout": "30"})["QueueUrl"]
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


@pytest.fixture
def stream(client, unique):
    client("kinesis").create_stream(StreamName=unique, ShardCount=1)
    return client("kinesis").describe_stream_summary(StreamName=unique)["StreamDescriptionSummary"]["StreamARN"]


@pytest.fixture
def create(functions, echo_zip, unique):
    """Creates a function."""

    def make(role, **options):
        return functions.create_function(
            FunctionName=unique,
            Role=role,
            Runtime="provided.al2023",
            Handler="bootstrap",
            Architectures=[{"x86_64": "x86_64", "aarch64": "arm64"}[platform.machine()]],
            Code={"ZipFile": echo_zip},
            **options,
        )

    yield make
    if unique in names(functions)():
        functions.delete_function(FunctionName=unique)


def names(functions):
    return lambda: [one["FunctionName"] for one in functions.list_functions()["Functions"]]


@probe("a function with a role that is not there", call="lambda:CreateFunction", code=CODE, source=ROLE)
def test_no_role(functions, create, refused):
    with refused(names(functions)):
        create(NOBODY)


@probe("a function with a role that trusts somebody else", call="lambda:CreateFunction", code=CODE, source=ROLE)
def test_a_role_of_others(functions, create, roles, unique, refused):
    with refused(names(functions)):
        create(roles.make(unique, services=("glue",)))


@probe("a function that traces with a role that may not", call="lambda:CreateFunction", code=CODE, source=TRACES)
def test_tracing(client, functions, create, roles, unique, refused):
    role = roles.make(unique, services=("lambda",))
    with refused(names(functions)):
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
def test_dead_letters(functions, create, roles, queue, unique, refused):
    with refused(names(functions)):
        create(roles.make(unique, services=("lambda",)), DeadLetterConfig={"TargetArn": queue})
    sends = statement("Send", ["sqs:SendMessage"], [queue])
    create(roles.make(f"{unique}-sender", sends, services=("lambda",)), DeadLetterConfig={"TargetArn": queue})


@probe(
    "dead letters to a topic that the role may not publish to", call="lambda:CreateFunction", code=CODE, source=LETTERS
)
def test_dead_letters_to_a_topic(client, functions, create, roles, unique, refused):
    topic = client("sns").create_topic(Name=unique)["TopicArn"]
    with refused(names(functions)):
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


@pytest.fixture
def map_to(functions, create, roles, unique):
    """Maps a source to a function whose role has the statements."""

    def put(source, *statements, **options):
        if unique not in names(functions)():
            create(roles.make(unique, *statements, services=("lambda",)), Timeout=options.pop("timeout", 10))
        return functions.create_event_source_mapping(FunctionName=unique, EventSourceArn=source, **options)

    yield put
    for mapping in functions.list_event_source_mappings(FunctionName=unique)["EventSourceMappings"]:
        functions.delete_event_source_mapping(UUID=mapping["UUID"])


@pytest.fixture
def mappings(functions):
    return lambda: functions.list_event_source_mappings()["EventSourceMappings"]


READS = ["DescribeStream", "DescribeStreamSummary", "ListShards", "GetShardIterator", "GetRecords"]
RECEIVES = ["GetQueueAttributes", "ReceiveMessage", "ChangeMessageVisibility", "DeleteMessage"]


def reads(stream):
    return statement("Read", [f"kinesis:{call}" for call in READS], [stream])


def receives(queue):
    return statement("Receive", [f"sqs:{call}" for call in RECEIVES], [queue])


@probe(
    "a mapping of a stream that the role may not read", call="lambda:CreateEventSourceMapping", code=CODE, source=STREAM
)
def test_a_stream(stream, map_to, mappings, refused):
    with refused(mappings):
        map_to(stream, StartingPosition="LATEST")


@probe(
    "a mapping of a stream that is not there",
    call="lambda:CreateEventSourceMapping",
    code=CODE,
    source="amplify-cli#11626",
)
def test_no_stream(stream, map_to, mappings, refused):
    with refused(mappings):
        map_to(f"{stream}-gone", reads("*"), StartingPosition="LATEST")


@probe(
    "a mapping of a queue that the role may not receive from",
    call="lambda:CreateEventSourceMapping",
    code=CODE,
    source=f"{QUEUE}; terraform-provider-aws, resourceEventSourceMappingCreate",
)
def test_a_queue(queue, map_to, mappings, refused):
    with refused(mappings):
        map_to(queue)


@probe(
    "a mapping of a queue that hides messages for less than the function's time-out",
    call="lambda:CreateEventSourceMapping",
    code=CODE,
    source="terraform-provider-aws#18099, cfn-lint#3987",
)
def test_a_short_visibility(queue, map_to, mappings, refused):
    with refused(mappings):
        map_to(queue, receives(queue), timeout=31)


@probe(
    "a second mapping of the same source and function",
    call="lambda:CreateEventSourceMapping",
    code="ResourceConflictException",
    source="serverless-application-model#1320",
)
def test_a_mapping_twice(stream, map_to, mappings, refused):
    map_to(stream, reads(stream), StartingPosition="LATEST")
    with refused(lambda: len(mappings())):
        map_to(stream, StartingPosition="LATEST")
