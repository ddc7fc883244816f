"""Which permissions the calls of services with JSON targets need (Service Authorization Reference, a page a service).

A function a service, of the operation and its body; the operations are those of data planes. An operation that is not
here is refused to roles.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.kinesis.utils import decompose_shard_iterator

from emulator.core.permissions import keys
from emulator.core.permissions.asks import Ask, UnknownCallError, arn, named
from emulator.core.permissions.keys import DECRYPT, GENERATE
from emulator.services.sagemaker import permissions as sagemaker_calls

Json = dict[str, Any]


_STREAM_CALLS = {"PutRecord", "PutRecords", "GetRecords", "GetShardIterator", "ListShards", "SubscribeToShard"}
_STREAM_CALLS |= {"DescribeStream", "DescribeStreamSummary"}


def kinesis(operation: str, body: Json) -> list[Ask]:
    """Calls about one stream."""
    stream = body.get("StreamARN") or body.get("StreamName")
    if not stream and "ShardIterator" in body:
        stream = decompose_shard_iterator(body["ShardIterator"])[0]
    if operation not in _STREAM_CALLS or not stream:
        raise UnknownCallError(f"kinesis:{operation}")
    resource = named("kinesis", "stream/", stream)
    needed = [Ask(f"kinesis:{operation}", resource)]
    if operation.startswith("Put"):
        needed += keys.of_stream(resource, GENERATE)
    elif operation == "GetRecords":
        needed += keys.of_stream(resource, DECRYPT)
    return needed


def sqs(operation: str, body: Json) -> list[Ask]:
    """Calls about one queue; a batch needs what its single call needs."""
    action = operation.removesuffix("Batch")
    known = "SendMessage ReceiveMessage DeleteMessage ChangeMessageVisibility GetQueueAttributes GetQueueUrl"
    if action not in known.split():
        raise UnknownCallError(f"sqs:{operation}")
    resource = arn("sqs", body["QueueName"] if operation == "GetQueueUrl" else body["QueueUrl"].rsplit("/", 1)[1])
    needed = [Ask(f"sqs:{action}", resource)]
    if action == "SendMessage":
        needed += keys.of_queue(resource, GENERATE, DECRYPT)
    elif action == "ReceiveMessage":
        needed += keys.of_queue(resource, DECRYPT)
    return needed


_ITEM_CALLS = ["GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan", "DescribeTable"]
_TRANSACTED = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "Get": "GetItem"}
_TRANSACTED["ConditionCheck"] = "ConditionCheckItem"


def dynamodb(operation: str, body: Json) -> list[Ask]:
    """Calls about items; transactions need what each of their parts needs."""
    if operation in _ITEM_CALLS:
        table = named("dynamodb", "table/", body["TableName"])
        resource = f"{table}/index/{body['IndexName']}" if "IndexName" in body else table
        needed = [Ask(f"dynamodb:{operation}", resource)]
    elif operation in ("BatchGetItem", "BatchWriteItem"):
        tables = [named("dynamodb", "table/", name) for name in body["RequestItems"]]
        needed = [Ask(f"dynamodb:{operation}", table) for table in tables]
    elif operation in ("TransactGetItems", "TransactWriteItems"):
        parts = [(kind, part) for item in body["TransactItems"] for kind, part in item.items()]
        needed = [
            Ask(f"dynamodb:{_TRANSACTED[kind]}", named("dynamodb", "table/", part["TableName"])) for kind, part in parts
        ]
    else:
        raise UnknownCallError(f"dynamodb:{operation}")
    if operation == "DescribeTable":
        return needed
    return needed + [use for ask in list(needed) for use in keys.of_table(ask.resource)]


_TABLE_CALLS = [
    "CreateTable",
    "GetTable",
    "UpdateTable",
    "DeleteTable",
    "GetTableVersions",
    "GetPartition",
    "GetPartitions",
    "BatchGetPartition",
    "CreatePartition",
    "BatchCreatePartition",
    "UpdatePartition",
    "DeletePartition",
    "BatchDeletePartition",
]
_JOB_CALLS = ["StartJobRun", "GetJobRun", "GetJobRuns", "BatchStopJobRun", "GetJob"]


def glue(operation: str, body: Json) -> list[Ask]:
    """Calls about tables need the permission on the catalog and the database, too."""
    action = f"glue:{operation}"
    if operation in _JOB_CALLS:
        return [Ask(action, arn("glue", f"job/{body['JobName']}"))]
    if operation in ("GetDatabase", "UpdateDatabase"):
        return [Ask(action, thing) for thing in catalog(body["Name"])]
    if operation == "GetTables":
        return [Ask(action, thing) for thing in catalog(body["DatabaseName"], "*")]
    if operation in ("RegisterSchemaVersion", "GetSchemaVersion") and "SchemaId" in body:
        schema = f"{body['SchemaId']['RegistryName']}/{body['SchemaId']['SchemaName']}"
        return [Ask(action, arn("glue", thing)) for thing in (f"registry/{schema.split('/')[0]}", f"schema/{schema}")]
    if operation in _TABLE_CALLS:
        table = body.get("TableName") or body.get("Name") or body.get("TableInput", {}).get("Name")
        if table:
            return [Ask(action, thing) for thing in catalog(body["DatabaseName"], table)]
    raise UnknownCallError(action)


def catalog(database: str, table: str = "") -> list[str]:
    """The ARNs that Glue checks for a database or a table."""
    found = [arn("glue", "catalog"), arn("glue", f"database/{database}")]
    return [*found, arn("glue", f"table/{database}/{table}")] if table else found


def stepfunctions(operation: str, body: Json) -> list[Ask]:
    """Calls about one machine or one execution."""
    on_machine = ["StartExecution", "StartSyncExecution", "ListExecutions", "DescribeStateMachine"]
    on_execution = ["DescribeExecution", "StopExecution", "GetExecutionHistory"]
    if operation in on_machine:
        return [Ask(f"states:{operation}", body["stateMachineArn"])]
    if operation in on_execution:
        return [Ask(f"states:{operation}", body["executionArn"])]
    raise UnknownCallError(f"states:{operation}")


def events(operation: str, body: Json) -> list[Ask]:
    """Events put on buses."""
    if operation != "PutEvents":
        raise UnknownCallError(f"events:{operation}")
    buses = {entry.get("EventBusName") or "default" for entry in body["Entries"]}
    return [Ask("events:PutEvents", named("events", "event-bus/", bus)) for bus in sorted(buses)]


def logs(operation: str, body: Json) -> list[Ask]:
    """Calls about a log group or a stream in it."""
    group = body.get("logGroupName") or body.get("logGroupIdentifier")
    if not group:
        raise UnknownCallError(f"logs:{operation} without a log group")
    resource = named("logs", "log-group:", group)
    if operation in ("CreateLogStream", "PutLogEvents", "GetLogEvents"):
        return [Ask(f"logs:{operation}", f"{resource}:log-stream:{body['logStreamName']}")]
    if operation in ("CreateLogGroup", "DescribeLogStreams", "FilterLogEvents"):
        return [Ask(f"logs:{operation}", f"{resource}:log-stream:")]
    raise UnknownCallError(f"logs:{operation}")


def athena(operation: str, body: Json) -> list[Ask]:
    """Calls about queries; what they read is Lake Formation's to allow."""
    known = ["StartQueryExecution", "GetQueryExecution", "GetQueryResults", "StopQueryExecution", "GetWorkGroup"]
    if operation not in known:
        raise UnknownCallError(f"athena:{operation}")
    group = body.get("WorkGroup") or _workgroup_of(body.get("QueryExecutionId", ""))
    return [Ask(f"athena:{operation}", arn("athena", f"workgroup/{group}"))]


def _workgroup_of(query: str) -> str:
    from moto.athena.models import athena_backends

    from emulator.core.settings import ACCOUNT, REGION

    found = athena_backends[ACCOUNT][REGION].executions.get(query)
    return found.workgroup.name if found is not None and found.workgroup else "primary"


def kms(operation: str, body: Json) -> list[Ask]:
    """Direct use of a key; no service stands between."""
    known = ["Decrypt", "Encrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "DescribeKey"]
    key = keys.key_arn(body.get("KeyId"))
    if operation not in known or key is None:
        raise UnknownCallError(f"kms:{operation} without KeyId")
    context = tuple(
        (f"kms:EncryptionContext:{name}", value) for name, value in body.get("EncryptionContext", {}).items()
    )
    return [Ask(f"kms:{operation}", key, context)]


CALLS: dict[str, Callable[[str, Json], list[Ask]]] = {
    "kinesis": kinesis,
    "sqs": sqs,
    "dynamodb": dynamodb,
    "glue": glue,
    "stepfunctions": stepfunctions,
    "events": events,
    "logs": logs,
    "athena": athena,
    "kms": kms,
    "sagemaker": sagemaker_calls.sagemaker,
}
