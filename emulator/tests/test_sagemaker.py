"""SageMaker's jobs and endpoints: real scripts of a small source archive, and the project's own."""

from __future__ import annotations

import io
import json
import os
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emulator.tests.conftest import REGION, Server, eventually

ENDED = ("Completed", "Failed", "Stopped")
TRAIN = """
import argparse, os, sys, time
parser = argparse.ArgumentParser()
parser.add_argument("--how"), parser.add_argument("--cut")
given = parser.parse_args()
if given.how == "fail":
    open(os.environ["SM_FAILURE_FILE"], "w").write("train: holds no interactions")
    sys.exit(1)
if given.how == "hang":
    time.sleep(60)
print("recall=0.25;")
print("recall=0.5;")
rows = open(os.environ["SM_CHANNEL_TRAIN"] + "/interactions/part-0").read()
open(os.environ["SM_MODEL_DIR"] + "/model.txt", "w").write(rows + given.cut)
open(os.environ["SM_OUTPUT_DATA_DIR"] + "/metrics.json", "w").write("{}")
"""
SERVE = """
from flask import Response

def model_fn(folder):
    text = open(folder + "/model.txt").read()
    if text == "broken":
        raise ValueError("cannot be read")
    return text

def input_fn(body, kind):
    return body.decode()

def predict_fn(request, model):
    if request == "crash":
        raise RuntimeError
    return request, model

def output_fn(answer, accept):
    request, model = answer
    return Response("why not" if request == "bad" else model, status=400 if request == "bad" else 200)
"""
BATCH = """
import os, pathlib, sys
text = pathlib.Path("/opt/ml/processing/input/model".replace("/opt/ml", os.environ["FOLDER"])).glob("*")
pathlib.Path(sys.argv[1], "below").mkdir()
pathlib.Path(sys.argv[1], "below", "out.txt").write_text(",".join(sorted(one.name for one in text)))
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An emulator of its own, with the Python that EMULATOR_TRAINING names."""
    started = Server(tmp_path_factory.mktemp("sagemaker"), "--training", os.environ["EMULATOR_TRAINING"])
    yield started
    started.stop()


@pytest.fixture
def client(server: Server) -> Callable[..., Any]:
    return server.client


def archive(**files: str) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, text in files.items():
            entry = tarfile.TarInfo(name.replace("__", "."))
            entry.size = len(text)
            tar.addfile(entry, io.BytesIO(text.encode()))
    return packed.getvalue()


class Shop:
    """A bucket with a source archive and training files, and the calls of the tests."""

    def __init__(self, client: Callable[..., Any], role: str, name: str):
        self.sagemaker, self.runtime, self.s3 = client("sagemaker"), client("sagemaker-runtime"), client("s3")
        self.role, self.name = role, name
        self.s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        self.put("code/source.tar.gz", archive(train__py=TRAIN, inference__py=SERVE))
        self.put("train/interactions/part-0", b"rows")

    def put(self, key: str, body: bytes) -> str:
        self.s3.put_object(Bucket=self.name, Key=key, Body=body)
        return f"s3://{self.name}/{key}"

    def train(self, how: str, **more: Any) -> dict[str, Any]:
        name = f"{self.name}-{how}"
        where = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{self.name}/train/"}
        request = {
            "TrainingJobName": name,
            "RoleArn": self.role,
            "AlgorithmSpecification": {
                "TrainingImage": "i",
                "TrainingInputMode": "File",
                "MetricDefinitions": [
                    {"Name": "recall", "Regex": "^recall=([0-9.]+);"},
                    {"Name": "absent", "Regex": "^absent=([0-9.]+);"},
                ],
            },
            "HyperParameters": {
                "sagemaker_program": '"train.py"',
                "sagemaker_submit_directory": f"s3://{self.name}/code/source.tar.gz",
                "how": how,
                "cut": "2026-03-01T00:00:00+00:00",
            },
            "InputDataConfig": [{"ChannelName": "train", "DataSource": {"S3DataSource": where}}],
            "OutputDataConfig": {"S3OutputPath": f"s3://{self.name}/models"},
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
            "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        }
        self.sagemaker.create_training_job(**{**request, **more})

        def ended() -> Any:
            found = self.sagemaker.describe_training_job(TrainingJobName=name)
            return found if found["TrainingJobStatus"] in ENDED else None

        return eventually(ended, 30)

    def config(self, model: str, name: str) -> str:
        image = {
            "Image": "i",
            "ModelDataUrl": self.put(f"{name}.tar.gz", archive(model__txt=model)),
            "Environment": {
                "SAGEMAKER_PROGRAM": "inference.py",
                "SAGEMAKER_SUBMIT_DIRECTORY": f"s3://{self.name}/code/source.tar.gz",
            },
        }
        name = f"{self.name}-{name}"
        self.sagemaker.create_model(ModelName=name, ExecutionRoleArn=self.role, PrimaryContainer=image)
        size = {"MemorySizeInMB": 2048, "MaxConcurrency": 5}
        variant = {"VariantName": "all", "ModelName": name, "ServerlessConfig": size}
        self.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
        return name

    def settled(self) -> dict[str, Any]:
        def done() -> Any:
            found = self.sagemaker.describe_endpoint(EndpointName=self.name)
            return found if found["EndpointStatus"] in ("InService", "Failed") else None

        return eventually(done, 30)

    def ask(self, body: str) -> str:
        return self.runtime.invoke_endpoint(EndpointName=self.name, Body=body)["Body"].read().decode()


@pytest.fixture
def shop(client: Callable[..., Any], role: str, unique: str) -> Shop:
    return Shop(client, role, unique)


def test_a_training_job_runs_its_script(shop: Shop, client: Callable[..., Any]) -> None:
    job = shop.train("well")
    assert job["TrainingJobStatus"] == "Completed", job
    assert [(one["MetricName"], one["Value"]) for one in job["FinalMetricDataList"]] == [("recall", 0.5)]
    uri = job["ModelArtifacts"]["S3ModelArtifacts"]
    assert uri == f"s3://{shop.name}/models/{shop.name}-well/output/model.tar.gz"
    packed = shop.s3.get_object(Bucket=shop.name, Key=uri.split("/", 3)[3])["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        assert tar.extractfile("model.txt").read() == b"rows2026-03-01T00:00:00+00:00"
    events = client("logs").filter_log_events(logGroupName="/aws/sagemaker/TrainingJobs")["events"]
    assert "recall=0.5;" in [event["message"] for event in events]


def test_a_training_job_tells_why_it_failed(shop: Shop) -> None:
    job = shop.train("fail")
    assert (job["TrainingJobStatus"], job["FailureReason"]) == (
        "Failed",
        "AlgorithmError: train: holds no interactions, exit code: 1",
    )
    with pytest.raises(ClientError, match="must be unique"):
        shop.train("fail")
    stopped = shop.train("hang", StoppingCondition={"MaxRuntimeInSeconds": 1})
    assert (stopped["TrainingJobStatus"], stopped["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")


def test_a_job_without_its_files_fails(shop: Shop) -> None:
    shop.s3.delete_object(Bucket=shop.name, Key="train/interactions/part-0")
    assert "no objects below" in shop.train("well")["FailureReason"]


def test_a_processing_job_runs_its_command(shop: Shop) -> None:
    shop.put("in/model.tar.gz", b"x")
    shop.put("in/batch.py", BATCH.encode())
    name = f"{shop.name}-batch"
    given = {"S3DataType": "S3Prefix", "S3InputMode": "File", "S3Uri": f"s3://{shop.name}/in"}
    taken = {"S3Uri": f"s3://{shop.name}/out", "S3UploadMode": "EndOfJob"}
    shop.sagemaker.create_processing_job(
        ProcessingJobName=name,
        RoleArn=shop.role,
        AppSpecification={
            "ImageUri": "i",
            "ContainerEntrypoint": ["bash", "-ec", 'exec python /opt/ml/processing/input/model/batch.py "$@"', "batch"],
            "ContainerArguments": ["/opt/ml/processing/output"],
        },
        Environment={"FOLDER": "/opt/ml"},
        ProcessingInputs=[{"InputName": "model", "S3Input": {**given, "LocalPath": "/opt/ml/processing/input/model"}}],
        ProcessingOutputConfig={
            "Outputs": [{"OutputName": "o", "S3Output": {**taken, "LocalPath": "/opt/ml/processing/output"}}]
        },
        ProcessingResources={"ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1}},
    )

    def ended() -> Any:
        found = shop.sagemaker.describe_processing_job(ProcessingJobName=name)
        return found if found["ProcessingJobStatus"] in ENDED else None

    job = eventually(ended, 30)
    assert job["ProcessingJobStatus"] == "Completed", job
    text = shop.s3.get_object(Bucket=shop.name, Key="out/below/out.txt")["Body"].read()
    assert text == b"batch.py,model.tar.gz"


def test_an_endpoint_answers_and_changes(shop: Shop, client: Callable[..., Any]) -> None:
    first, second, broken = (shop.config(text, text) for text in ("first", "second", "broken"))
    shop.sagemaker.create_endpoint(EndpointName=shop.name, EndpointConfigName=first)
    assert shop.sagemaker.describe_endpoint(EndpointName=shop.name)["EndpointStatus"] == "Creating"
    assert shop.settled()["EndpointStatus"] == "InService"
    assert shop.ask("x") == "first"
    for body, status, said in (("bad", 400, "why not"), ("crash", 500, "Internal Server Error")):
        with pytest.raises(ClientError) as refused:
            shop.ask(body)
        answer = refused.value.response
        assert answer["Error"]["Code"] == "ModelError"
        assert (answer["OriginalStatusCode"], answer["OriginalMessage"]) == (status, said)

    shop.sagemaker.update_endpoint(EndpointName=shop.name, EndpointConfigName=second)
    assert shop.ask("x") == "first"
    assert shop.settled()["EndpointConfigName"] == second
    assert shop.ask("x") == "second"
    shop.sagemaker.update_endpoint(EndpointName=shop.name, EndpointConfigName=broken)
    after = shop.settled()
    assert (after["EndpointStatus"], after["EndpointConfigName"]) == ("InService", second)
    assert "ping health check" in after["FailureReason"]
    assert shop.ask("x") == "second"
    metrics = client("cloudwatch").list_metrics(Namespace="AWS/SageMaker")["Metrics"]
    mine = {m["MetricName"] for m in metrics if {"Name": "EndpointName", "Value": shop.name} in m["Dimensions"]}
    assert mine == {"Invocations", "Invocation4XXErrors", "Invocation5XXErrors", "ModelLatency"}

    shop.sagemaker.delete_endpoint(EndpointName=shop.name)
    with pytest.raises(ClientError, match="not found"):
        shop.ask("x")


def test_an_endpoint_that_does_not_come_up_has_failed(shop: Shop) -> None:
    shop.sagemaker.create_endpoint(EndpointName=shop.name, EndpointConfigName=shop.config("broken", "broken"))
    assert shop.settled()["EndpointStatus"] == "Failed"


def test_packages_are_counted_and_go_before_their_group(shop: Shop) -> None:
    sagemaker, group = shop.sagemaker, shop.name
    sagemaker.create_model_package_group(ModelPackageGroupName=group)
    make = {"ModelPackageGroupName": group, "CustomerMetadataProperties": {"recall": "0.5"}}
    arns = [sagemaker.create_model_package(**make, ModelApprovalStatus="Rejected")["ModelPackageArn"] for _ in range(2)]
    sagemaker.update_model_package(ModelPackageArn=arns[1], ModelApprovalStatus="Approved", ApprovalDescription="live")
    live = sagemaker.list_model_packages(ModelPackageGroupName=group, ModelApprovalStatus="Approved")
    (found,) = live["ModelPackageSummaryList"]
    assert found["ModelPackageArn"] == arns[1]
    described = sagemaker.describe_model_package(ModelPackageName=arns[1])
    assert described["CustomerMetadataProperties"] == {"recall": "0.5"}
    with pytest.raises(ClientError, match="contains packages"):
        sagemaker.delete_model_package_group(ModelPackageGroupName=group)
    sagemaker.delete_model_package(ModelPackageName=arns[0])
    third = sagemaker.create_model_package(**make)["ModelPackageArn"]
    assert [arn.rsplit("/", 1)[1] for arn in (*arns, third)] == ["1", "2", "3"]
    for arn in (arns[1], third):
        sagemaker.delete_model_package(ModelPackageName=arn)
    sagemaker.delete_model_package_group(ModelPackageGroupName=group)


def test_a_state_machine_waits_for_a_training_job(shop: Shop, client: Callable[..., Any]) -> None:
    stepfunctions = client("stepfunctions")
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sagemaker:createTrainingJob.sync",
        "Parameters": {
            "TrainingJobName.$": "$.name",
            "RoleArn": shop.role,
            "AlgorithmSpecification": {"TrainingImage": "i", "TrainingInputMode": "File"},
            "HyperParameters": {
                "sagemaker_program": "train.py",
                "sagemaker_submit_directory": f"s3://{shop.name}/code/source.tar.gz",
                "how.$": "$.how",
                "cut": "x",
            },
            "InputDataConfig": [
                {
                    "ChannelName": "train",
                    "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{shop.name}/train/"}},
                }
            ],
            "OutputDataConfig": {"S3OutputPath": f"s3://{shop.name}/models"},
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
            "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        },
        "ResultSelector": {"model.$": "$.ModelArtifacts.S3ModelArtifacts"},
        "End": True,
    }
    arn = stepfunctions.create_state_machine(
        name=shop.name, roleArn=shop.role, definition=json.dumps({"StartAt": "Train", "States": {"Train": task}})
    )["stateMachineArn"]

    def run(how: str) -> dict[str, Any]:
        given = json.dumps({"name": f"{shop.name}-m-{how}", "how": how})
        execution = stepfunctions.start_execution(stateMachineArn=arn, input=given)["executionArn"]

        def ended() -> Any:
            found = stepfunctions.describe_execution(executionArn=execution)
            return found if found["status"] != "RUNNING" else None

        return eventually(ended, 40)

    well = run("well")
    assert json.loads(well["output"])["model"].endswith("-m-well/output/model.tar.gz"), well
    failed = run("fail")
    assert (failed["status"], failed["error"]) == ("FAILED", "States.TaskFailed")
    assert "holds no interactions" in json.loads(failed["cause"])["FailureReason"]
    stepfunctions.delete_state_machine(stateMachineArn=arn)


def test_without_a_python_jobs_say_what_is_missing(tmp_path: Path) -> None:
    started = Server(tmp_path)
    try:
        trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "sagemaker.amazonaws.com"}}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        role = started.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=policy)["Role"]["Arn"]
        assert "go run ./cmd/devstack setup ml" in Shop(started.client, role, "shop").train("well")["FailureReason"]
    finally:
        started.stop()
