"""Functions run as processes behind the Runtime API."""

import base64
import datetime
import json
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

from .conftest import built, eventually


def call(functions, name, event, **more):
    answer = functions.invoke(FunctionName=name, Payload=json.dumps(event).encode(), **more)
    return answer, json.loads(answer["Payload"].read())


def log_lines(client, name):
    logs = client("logs")
    try:
        events = logs.filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
    except ClientError:
        return []
    return [event["message"] for event in events]


def test_a_warm_process_is_used_again(client, function):
    functions, name = client("lambda"), function(environment={"GREETING": "hello"})
    before = time.time() * 1000
    _, first = call(functions, name, {"n": 1})
    _, second = call(functions, name, {"n": 2})
    assert first["event"] == {"n": 1} and first["home"] == "hello"
    assert second["calls"] == 2 and second["pid"] == first["pid"]
    assert first["arn"].endswith(f":function:{name}")
    assert before + 9_000 < float(first["deadline"]) < time.time() * 1000 + 11_000


def test_an_invocation_counts_when_it_begins(client, function):
    """AWS Lambda Developer Guide, "Viewing metrics for Lambda functions": the timestamp of a metric."""
    name, metrics = function(Timeout=2), client("cloudwatch")
    begun = datetime.datetime.now(datetime.UTC)
    answer, _ = call(client("lambda"), name, {"do": "sleep", "seconds": 30})
    assert answer["FunctionError"] == "Unhandled"

    def errors(start, end):
        found = metrics.get_metric_statistics(
            Namespace="AWS/Lambda",
            MetricName="Errors",
            Dimensions=[{"Name": "FunctionName", "Value": name}],
            StartTime=begun + datetime.timedelta(seconds=start),
            EndTime=begun + datetime.timedelta(seconds=end),
            Period=1,
            Statistics=["Sum"],
        )
        return sum(one["Sum"] for one in found["Datapoints"])

    assert (errors(-1, 1), errors(1, 10)) == (1, 0)


def test_errors_of_the_function(client, function):
    answer, payload = call(client("lambda"), function(), {"do": "fail"})
    assert answer["FunctionError"] == "Unhandled" and answer["StatusCode"] == 200
    assert payload == {"errorType": "errorString", "errorMessage": "asked to fail"}


def test_an_exit_fails_the_invocation_and_the_next_starts_anew(client, function):
    functions, name = client("lambda"), function()
    _, first = call(functions, name, {})
    answer, payload = call(functions, name, {"do": "exit"})
    assert answer["FunctionError"] == "Unhandled" and payload["errorType"] == "Runtime.ExitError"
    assert "Runtime exited with error: exit status 7" in payload["errorMessage"]
    _, after = call(functions, name, {})
    assert after["calls"] == 1 and after["pid"] != first["pid"]


def test_a_killed_process_fails_the_invocation(client, function):
    functions, name = client("lambda"), function()
    _, first = call(functions, name, {})
    with ThreadPoolExecutor() as pool:
        running = pool.submit(call, functions, name, {"do": "sleep", "seconds": 8})
        time.sleep(0.3)
        os.kill(first["pid"], signal.SIGKILL)
        _, payload = running.result(3)
    assert payload["errorType"] == "Runtime.ExitError" and "signal: killed" in payload["errorMessage"]


def test_timeout_kills(client, function):
    functions, name = client("lambda"), function(Timeout=1)
    _, first = call(functions, name, {})
    begun = time.monotonic()
    _, payload = call(functions, name, {"do": "sleep", "seconds": 30})
    assert time.monotonic() - begun < 3
    assert payload["errorType"] == "Sandbox.Timedout"
    assert "Task timed out after 1.00 seconds" in payload["errorMessage"]
    with pytest.raises(ProcessLookupError):
        eventually(lambda: os.kill(first["pid"], 0))
    assert call(functions, name, {})[1]["calls"] == 1


def test_a_process_that_cannot_start(client, function):
    _, payload = call(client("lambda"), function(environment={"BEHAVE": "no-init"}), {})
    assert payload["errorType"] == "Runtime.ExitError" and "exit status 3" in payload["errorMessage"]


def test_concurrent_invocations_have_processes_of_their_own(client, function):
    functions, name = client("lambda"), function()
    with ThreadPoolExecutor(4) as pool:
        events = [{"do": "sleep", "seconds": 0.5}] * 4
        pids = {answer["pid"] for _, answer in pool.map(lambda event: call(functions, name, event), events)}
    assert len(pids) == 4


def test_reserved_concurrency_throttles(client, function):
    functions, name = client("lambda"), function()
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
    with ThreadPoolExecutor() as pool:
        running = pool.submit(call, functions, name, {"do": "sleep", "seconds": 1})
        time.sleep(0.4)
        with pytest.raises(ClientError, match="TooManyRequestsException") as refused:
            call(functions, name, {})
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429
        running.result(5)


def test_another_architecture_is_named(client, function, tmp_path):
    other = {"x86_64": ("arm64", "arm64"), "aarch64": ("amd64", "x86_64")}[os.uname().machine]
    name = function(
        Code={"ZipFile": built(tmp_path, {"GOARCH": other[0]})},
        Architectures=[other[1]],
    )
    _, payload = call(client("lambda"), name, {})
    assert payload["errorType"] == "Runtime.InvalidEntrypoint"
    assert "exec format error" in payload["errorMessage"] and other[1] in payload["errorMessage"]


def test_new_configuration_means_a_new_process(client, function):
    functions, name = client("lambda"), function(environment={"GREETING": "a"})
    assert call(functions, name, {})[1]["home"] == "a"
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": {"GREETING": "b"}})
    assert call(functions, name, {})[1]["home"] == "b"


def test_deleting_a_function_ends_its_processes(client, function):
    functions, name = client("lambda"), function()
    _, first = call(functions, name, {})
    functions.delete_function(FunctionName=name)
    with pytest.raises(ProcessLookupError):
        eventually(lambda: os.kill(first["pid"], 0))


def test_output_goes_to_the_log_group_and_emf_becomes_metrics(client, function, unique):
    functions, name = client("lambda"), function()
    emf = {
        "_aws": {
            "Timestamp": int(time.time() * 1000),
            "CloudWatchMetrics": [
                {
                    "Namespace": unique,
                    "Dimensions": [["Dataset"]],
                    "Metrics": [{"Name": "Received", "Unit": "Count"}],
                }
            ],
        },
        "Dataset": "clicks",
        "Received": 3,
    }
    answer, _ = call(functions, name, {"print": json.dumps(emf)}, LogType="Tail")
    assert "END RequestId" in base64.b64decode(answer["LogResult"]).decode()
    call(functions, name, {"print": json.dumps(emf | {"Received": [1, 2]})})
    lines = eventually(lambda: [line for line in log_lines(client, name) if "Received" in line])
    assert json.loads(lines[0]) == emf

    def total():
        points = client("cloudwatch").get_metric_statistics(
            Namespace=unique,
            MetricName="Received",
            Dimensions=[{"Name": "Dataset", "Value": "clicks"}],
            StartTime=time.time() - 600,
            EndTime=time.time() + 60,
            Period=3600,
            Statistics=["Sum"],
        )["Datapoints"]
        return sum(point["Sum"] for point in points) == 6

    eventually(total)


def test_asynchronous_failure_is_retried_and_sent_on(client, function, unique):
    functions, sqs, name = client("lambda"), client("sqs"), function()
    url = sqs.create_queue(QueueName=unique)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    functions.put_function_event_invoke_config(
        FunctionName=name,
        MaximumRetryAttempts=1,
        DestinationConfig={"OnFailure": {"Destination": arn}},
    )
    answer = functions.invoke(FunctionName=name, InvocationType="Event", Payload=b'{"do": "fail"}')
    assert answer["StatusCode"] == 202
    message = eventually(lambda: sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages"))[0]
    record = json.loads(message["Body"])
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == 2
    assert record["requestPayload"] == {"do": "fail"}
    assert record["responsePayload"]["errorMessage"] == "asked to fail"


def test_settings_are_kept(client, function):
    functions = client("lambda")
    name = function(
        TracingConfig={"Mode": "Active"},
        LoggingConfig={
            "LogFormat": "JSON",
            "ApplicationLogLevel": "INFO",
            "SystemLogLevel": "WARN",
        },
        DeadLetterConfig={"TargetArn": "arn:aws:sqs:eu-west-1:123456789012:dead"},
    )
    shown = functions.get_function_configuration(FunctionName=name)
    assert shown["LoggingConfig"]["LogFormat"] == "JSON" and shown["TracingConfig"]["Mode"] == "Active"
    assert shown["DeadLetterConfig"]["TargetArn"].endswith(":dead")
