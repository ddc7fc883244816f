"""Lambda's event source mappings."""

import pytest

from emulator.tests.roles import statement

from .probe import probe

CODE = "InvalidParameterValueException"
STREAM = 'AWS Lambda Developer Guide, "Using Lambda to process records from Amazon Kinesis Data Streams"; '
STREAM += "alertlogic/cwe-collector#2"
QUEUE = 'AWS Lambda Developer Guide, "Creating and configuring an Amazon SQS event source mapping"'


@pytest.fixture
def map_to(functions, names, create, roles, unique):
    """Maps a source to a function whose role has the statements."""

    def put(source, *statements, **options):
        if unique not in names():
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


@probe(
    "a mapping of more than 10 messages without a window",
    call="lambda:CreateEventSourceMapping",
    code="InvalidParameterValueException",
    source=QUEUE,
)
def test_a_batch_without_window(queue, map_to, mappings, refused):
    with refused(mappings):
        map_to(queue, receives(queue), BatchSize=11)


@probe(
    "a mapping of a stream without a start",
    call="lambda:CreateEventSourceMapping",
    code="InvalidParameterValueException",
    source="AWS Lambda API Reference, CreateEventSourceMapping, StartingPosition",
)
def test_a_stream_without_start(stream, map_to, mappings, refused):
    with refused(mappings):
        map_to(stream, reads(stream))


@probe(
    "a mapping whose failures go to a queue that the role may not send to",
    call="lambda:CreateEventSourceMapping",
    code="InvalidParameterValueException",
    source="terraform-provider-aws, resourceEventSourceMappingCreate",
)
def test_a_destination(stream, queue, map_to, mappings, refused):
    with refused(mappings):
        failures = {"OnFailure": {"Destination": queue}}
        map_to(stream, reads(stream), StartingPosition="LATEST", DestinationConfig=failures)
