"""State machines as the pipelines use them: jobs, objects, events, retries, maps."""

import json

import pytest
import requests

from .conftest import REGION, eventually


@pytest.fixture
def run(client, role, unique):
    """Runs a definition to its end; gives the execution's description."""
    stepfunctions = client("stepfunctions")
    made = []

    def start(definition, text="{}"):
        name = f"{unique}-{len(made)}"
        arn = stepfunctions.create_state_machine(name=name, roleArn=role, definition=json.dumps(definition))[
            "stateMachineArn"
        ]
        made.append(arn)
        execution = stepfunctions.start_execution(stateMachineArn=arn, input=text)["executionArn"]

        def finished():
            state = stepfunctions.describe_execution(executionArn=execution)
            return state if state["status"] != "RUNNING" else None

        state = eventually(finished, 40)
        return state | {"result": json.loads(state["output"]) if "output" in state else None}

    yield start
    for arn in made:
        stepfunctions.delete_state_machine(stateMachineArn=arn)


def one(state):
    return {"StartAt": "Only", "States": {"Only": state | {"End": True}}}


def test_reads_an_object_and_decides(run, client, unique):
    s3 = client("s3")
    s3.create_bucket(Bucket=unique, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(
        Bucket=unique,
        Key="runs/sales/x/process.json",
        Body=b'{"lost": 0, "quarantinedShare": 0.02}',
    )
    definition = {
        "StartAt": "Get",
        "States": {
            "Get": {
                "Type": "Task",
                "Resource": "arn:aws:states:::aws-sdk:s3:getObject",
                "Parameters": {
                    "Bucket": unique,
                    "Key.$": "States.Format('runs/sales/{}/process.json', $.name)",
                },
                "ResultSelector": {"counts.$": "States.StringToJson($.Body)"},
                "Next": "Gate",
            },
            "Gate": {
                "Type": "Choice",
                "Choices": [
                    {
                        "And": [
                            {"Variable": "$.counts.lost", "NumericEquals": 0},
                            {
                                "Variable": "$.counts.quarantinedShare",
                                "NumericLessThanEquals": 0.1,
                            },
                        ],
                        "Next": "Good",
                    }
                ],
                "Default": "Bad",
            },
            "Good": {"Type": "Pass", "Result": {"gate": "open"}, "End": True},
            "Bad": {"Type": "Fail", "Error": "GateClosed"},
        },
    }
    state = run(definition, '{"name": "x"}')
    assert state["result"] == {"gate": "open"}, state


def test_publishes_an_event_and_a_message(run, client, unique):
    sqs, sns = client("sqs"), client("sns")
    url = sqs.create_queue(QueueName=unique)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = sns.create_topic(Name=unique)["TopicArn"]
    sns.subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=arn,
        Attributes={"RawMessageDelivery": "true"},
    )
    client("events").put_rule(Name=unique, EventPattern=json.dumps({"source": [unique]}))
    client("events").put_targets(Rule=unique, Targets=[{"Id": "1", "Arn": arn, "InputPath": "$.detail"}])
    definition = {
        "StartAt": "Event",
        "States": {
            "Event": {
                "Type": "Task",
                "Resource": "arn:aws:states:::events:putEvents",
                "Parameters": {
                    "Entries": [
                        {
                            "Source": unique,
                            "DetailType": "Done",
                            "Detail": {"run.$": "$$.Execution.Name"},
                        }
                    ]
                },
                "Next": "Notify",
            },
            "Notify": {
                "Type": "Task",
                "Resource": "arn:aws:states:::sns:publish",
                "Parameters": {
                    "TopicArn": topic,
                    "Subject": "failed",
                    "Message": {"cause": "why"},
                },
                "End": True,
            },
        },
    }
    assert run(definition)["status"] == "SUCCEEDED"
    got = []

    def both():
        got.extend(
            json.loads(m["Body"]) for m in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        )
        return len(got) == 2

    eventually(both)
    assert {"cause": "why"} in got and any("run" in message for message in got)


def test_retries_with_jitter_then_catches(run, function, client):
    name = function()
    definition = {
        "StartAt": "Try",
        "States": {
            "Try": {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke",
                "Parameters": {"FunctionName": name, "Payload": {"do": "fail"}},
                "Retry": [
                    {
                        "ErrorEquals": ["errorString"],
                        "IntervalSeconds": 1,
                        "MaxAttempts": 2,
                        "BackoffRate": 2,
                        "MaxDelaySeconds": 2,
                        "JitterStrategy": "FULL",
                    }
                ],
                "Catch": [
                    {
                        "ErrorEquals": ["States.ALL"],
                        "ResultPath": "$.error",
                        "Next": "Caught",
                    }
                ],
                "End": True,
            },
            "Caught": {
                "Type": "Pass",
                "Parameters": {"error.$": "$.error.Error"},
                "End": True,
            },
        },
    }
    assert run(definition)["result"] == {"error": "errorString"}
    logs = client("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
    assert sum(event["message"].startswith("START") for event in logs) == 3


def test_map_bounds_its_concurrency(run, function):
    name = function()
    definition = one(
        {
            "Type": "Map",
            "ItemsPath": "$.chunks",
            "MaxConcurrency": 2,
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "INLINE"},
                "StartAt": "Chunk",
                "States": {
                    "Chunk": {
                        "Type": "Task",
                        "Resource": "arn:aws:states:::lambda:invoke",
                        "Parameters": {
                            "FunctionName": name,
                            "Payload": {"do": "sleep", "seconds": 0.3, "chunk.$": "$"},
                        },
                        "ResultSelector": {
                            "pid.$": "$.Payload.pid",
                            "chunk.$": "$.Payload.event.chunk",
                        },
                        "End": True,
                    }
                },
            },
        }
    )
    result = run(definition, json.dumps({"chunks": ["a", "b", "c", "d", "e"]}))["result"]
    assert [item["chunk"] for item in result] == ["a", "b", "c", "d", "e"]
    assert len({item["pid"] for item in result}) <= 2


def test_a_failed_chunk_fails_the_map(run):
    definition = one(
        {
            "Type": "Map",
            "ItemsPath": "$",
            "ItemProcessor": {
                "StartAt": "F",
                "States": {"F": {"Type": "Fail", "Error": "Broken", "Cause": "on purpose"}},
            },
        }
    )
    state = run(definition, "[1, 2]")
    assert state["status"] == "FAILED" and state["error"] == "Broken"


def test_a_full_history_ends_the_execution_and_no_catch_sees_it(run, client):
    """AWS Step Functions Developer Guide, "Service quotas": 25,000 events."""
    each = {"ProcessorConfig": {"Mode": "INLINE"}, **one({"Type": "Pass"})}
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}]
    definition = one({"Type": "Map", "ItemsPath": "$", "ItemProcessor": each, "Catch": catch})
    each["StartAt"], each["States"] = "Each", {"Each": each["States"]["Only"]}
    definition["States"]["Caught"] = {"Type": "Succeed"}
    state = run(definition, json.dumps(list(range(6_500))))  # four events an item
    assert (state["status"], state["error"]) == ("FAILED", "States.Runtime")
    assert state["cause"] == "The execution reached the maximum number of history events (25000)."
    last = client("stepfunctions").get_execution_history(
        executionArn=state["executionArn"], reverseOrder=True, maxResults=1
    )["events"]
    assert [event["type"] for event in last] == ["ExecutionFailed"]


def job_run(run, client, role, name, script):
    s3, glue = client("s3"), client("glue")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=name, Key="job.py", Body=script.encode())
    command = {"Name": "glueetl", "ScriptLocation": f"s3://{name}/job.py"}
    glue.create_job(Name=name, Role=role, Command=command, GlueVersion="5.0")
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::glue:startJobRun.sync",
        "Parameters": {
            "JobName": name,
            "Arguments": {
                "--hours.$": "$.hours",
                "--execution.$": "$$.Execution.Name",
            },
        },
        "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Caught"}],
        "End": True,
    }
    states = {"Only": task, "Caught": {"Type": "Pass", "End": True}}
    state = run({"StartAt": "Only", "States": states}, '{"hours": "2024-05-01T10:00:00Z"}')
    assert state["status"] == "SUCCEEDED"
    (job,) = glue.get_job_runs(JobName=name)["JobRuns"]
    assert job["Arguments"]["--hours"] == "2024-05-01T10:00:00Z"
    return state["result"]


def test_waits_for_a_job(run, client, role, unique):
    result = job_run(run, client, role, unique, "import time; time.sleep(1)")
    assert result["JobRunState"] == "SUCCEEDED" and result["JobName"] == unique
    assert isinstance(result["StartedOn"], int)


def test_catches_a_failed_job(run, client, role, unique):
    result = job_run(run, client, role, unique, "raise ValueError('on purpose')")
    assert result["error"]["Error"] == "States.TaskFailed"
    cause = json.loads(result["error"]["Cause"])
    assert cause["JobRunState"] == "FAILED" and "on purpose" in cause["ErrorMessage"]


def history(client, execution):
    return client("stepfunctions").get_execution_history(executionArn=execution, includeExecutionData=True)["events"]


def failures(client, state):
    """The names of the errors of an execution's calls, in order."""
    return [
        details["error"]
        for event in history(client, state["executionArn"])
        for kind, details in event.items()
        if kind in ("taskFailedEventDetails", "lambdaFunctionFailedEventDetails")
    ]


@pytest.fixture
def fault(server):
    """Lets the next calls of an operation fail; none afterwards."""

    def add(service, operation, **how):
        given = {"service": service, "operation": operation} | how
        requests.post(f"{server.endpoint}/_local/faults", json=given, timeout=10).raise_for_status()

    yield add
    requests.delete(f"{server.endpoint}/_local/faults", timeout=10).raise_for_status()


# As the pipelines read their counts.
READ = {
    "Type": "Task",
    "Resource": "arn:aws:states:::aws-sdk:s3:getObject",
    "ResultSelector": {"run.$": "States.StringToJson($.Body)"},
    "Retry": [
        {
            "ErrorEquals": ["S3.S3Exception", "S3.SdkClientException"],
            "IntervalSeconds": 1,
            "MaxAttempts": 6,
            "BackoffRate": 1,
            "MaxDelaySeconds": 120,
            "JitterStrategy": "FULL",
        }
    ],
}


def test_a_busy_s3_is_asked_again(run, client, fault, unique):
    s3 = client("s3")
    s3.create_bucket(Bucket=unique, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=unique, Key="counts.json", Body=b'{"lost": 0}')
    fault("s3", "GetObject", status=503, times=2, bucket=unique)
    state = run(one(READ | {"Parameters": {"Bucket": unique, "Key": "counts.json"}}))
    assert state["result"] == {"run": {"lost": 0}}, state
    assert failures(client, state) == ["S3.S3Exception"] * 2


def test_an_object_that_is_not_there_is_not_asked_for_again(run, client, unique):
    client("s3").create_bucket(Bucket=unique, CreateBucketConfiguration={"LocationConstraint": REGION})
    state = run(one(READ | {"Parameters": {"Bucket": unique, "Key": "nowhere"}}))
    assert (state["status"], state["error"]) == ("FAILED", "S3.NoSuchKeyException")
    assert failures(client, state) == ["S3.NoSuchKeyException"]


@pytest.mark.parametrize(
    ("resource", "parameters", "broken", "names"),
    [
        (
            "arn:aws:states:::events:putEvents",
            {"Entries": [{"Source": "s", "DetailType": "d", "Detail": {}}]},
            ("events", "PutEvents"),
            {"InternalException": "EventBridge.InternalException", "Odd": "EventBridge.AmazonEventBridgeException"},
        ),
        (
            "arn:aws:states:::sns:publish",
            {"TopicArn": f"arn:aws:sns:{REGION}:123456789012:t", "Message": "m"},
            ("sns", "Publish"),
            {"InternalError": "SNS.InternalErrorException", "Odd": "SNS.AmazonSNSException"},
        ),
        (
            "arn:aws:states:::glue:startJobRun.sync",
            {"JobName": "j"},
            ("glue", "StartJobRun"),
            {
                "ConcurrentRunsExceededException": "Glue.ConcurrentRunsExceededException",
                "InternalServiceException": "Glue.InternalServiceException",
                "Odd": "Glue.AWSGlueException",
            },
        ),
        (
            "arn:aws:states:::lambda:invoke",
            {"FunctionName": "f"},
            ("lambda", "Invoke"),
            {"TooManyRequestsException": "Lambda.TooManyRequestsException", "Odd": "Lambda.AWSLambdaException"},
        ),
        (
            f"arn:aws:lambda:{REGION}:123456789012:function:f",
            {},
            ("lambda", "Invoke"),
            {"ServiceException": "Lambda.ServiceException", "Odd": "Lambda.AWSLambdaException"},
        ),
        (
            "arn:aws:states:::aws-sdk:dynamodb:getItem",
            {"TableName": "t", "Key": {}},
            ("dynamodb", "GetItem"),
            {
                "ProvisionedThroughputExceededException": "DynamoDb.ProvisionedThroughputExceededException",
                "Odd": "DynamoDb.DynamoDbException",
            },
        ),
    ],
)
def test_failed_calls_have_the_names_that_retriers_look_for(run, client, fault, resource, parameters, broken, names):
    for code, name in names.items():
        fault(*broken, status=500, times=1, code=code)
        state = run(one({"Type": "Task", "Resource": resource, "Parameters": parameters}))
        assert (state["status"], state["error"]) == ("FAILED", name), state
        assert failures(client, state) == [name]
