"""What happens to a role's calls when the emulator has an authorizer: the real one, over HTTP and from executors."""

from __future__ import annotations

import json
import platform
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emulator.tests.athena_lake import BUCKET, JSON_SERDE, OUTPUT, Lake
from emulator.tests.conftest import REGION, Server, eventually
from emulator.tests.roles import Roles, authorizer, document, statement
from emulator.tests.test_glue_jobs import ICEBERG

ACCOUNT = "123456789012"
DENIED = ("AccessDenied", "AccessDeniedException", "403")


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An emulator that enforces permissions."""
    folder = tmp_path_factory.mktemp("guarded")
    started = Server(folder / "state", "--authorizer", authorizer(folder))
    yield started
    started.stop()


@pytest.fixture(scope="module")
def roles(guarded: Server) -> Roles:
    return Roles(guarded)


def refused(call: Any, **arguments: Any) -> str:
    """The message with which a call is refused."""
    with pytest.raises(ClientError) as failure:
        call(**arguments)
    assert failure.value.response["Error"]["Code"] in DENIED
    return failure.value.response["Error"]["Message"]


def bucket(server: Server, name: str) -> Any:
    s3 = server.client("s3")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    return s3


def test_a_role_reads_what_it_may_and_nothing_else(guarded: Server, roles: Roles) -> None:
    admin = bucket(guarded, "reads")
    for key in ("sales/a", "clicks/a"):
        admin.put_object(Bucket="reads", Key=key, Body=b"x")
    role = roles.make(
        "reader",
        statement("ReadSales", ["s3:GetObject"], ["arn:aws:s3:::reads/sales/*"]),
        statement(
            "ListSales", ["s3:ListBucket"], ["arn:aws:s3:::reads"], Condition={"StringLike": {"s3:prefix": ["sales/*"]}}
        ),
        statement("PutNothing", ["s3:PutObject"], ["arn:aws:s3:::reads/none/*"]),
    )
    s3 = roles.client(role, "s3")
    assert s3.get_object(Bucket="reads", Key="sales/a")["Body"].read() == b"x"
    assert s3.list_objects_v2(Bucket="reads", Prefix="sales/")["KeyCount"] == 1
    assert refused(s3.get_object, Bucket="reads", Key="clicks/a") == (
        f"User: arn:aws:sts::{ACCOUNT}:assumed-role/reader/local is not authorized to perform: s3:GetObject on "
        "resource: arn:aws:s3:::reads/clicks/a because no policy allows the s3:GetObject action"
    )
    refused(s3.list_objects_v2, Bucket="reads")
    refused(s3.head_object, Bucket="reads", Key="sales/gone")
    assert "does not know" in refused(s3.get_bucket_policy, Bucket="reads")
    record = roles.record()
    assert record["roles"]["reader"] == {
        "statements": ["ReadSales", "ListSales", "PutNothing"],
        "used": ["ListSales", "ReadSales"],
    }
    assert {
        "principal": role,
        "action": "s3:GetObject",
        "resource": "arn:aws:s3:::reads/clicks/a",
        "times": 1,
    } in record["refused"]


def test_a_role_that_writes_once_replaces_nothing(guarded: Server, roles: Roles) -> None:
    admin = bucket(guarded, "once")
    objects = ["arn:aws:s3:::once/sales/*"]
    role = roles.make(
        "writing-once",
        statement("Once", ["s3:PutObject"], objects, Condition={"Null": {"s3:if-none-match": ["false"]}}),
        statement("Compare", ["s3:PutObjectTagging", "s3:GetObjectTagging"], objects),
    )
    s3 = roles.client(role, "s3")
    refused(s3.put_object, Bucket="once", Key="sales/a", Body=b"1")
    for body in (b"1", b"2"):
        try:
            s3.put_object(Bucket="once", Key="sales/a", Body=body, IfNoneMatch="*", Tagging=f"content={body.decode()}")
        except ClientError as failure:
            assert (body, failure.response["Error"]["Code"]) == (b"2", "PreconditionFailed")
    assert s3.get_object_tagging(Bucket="once", Key="sales/a")["TagSet"] == [{"Key": "content", "Value": "1"}]
    assert admin.get_object(Bucket="once", Key="sales/a")["Body"].read() == b"1"


def test_a_changed_policy_counts_at_once(guarded: Server, roles: Roles) -> None:
    bucket(guarded, "changes")
    role = roles.make("changing")
    s3 = roles.client(role, "s3")
    refused(s3.put_object, Bucket="changes", Key="a", Body=b"")
    puts = document(statement("Put", ["s3:PutObject"], ["arn:aws:s3:::changes/*"]))
    guarded.client("iam").put_role_policy(RoleName="changing", PolicyName="grants", PolicyDocument=puts)
    s3.put_object(Bucket="changes", Key="a", Body=b"")
    denial = {
        "Sid": "DenyClear",
        "Effect": "Deny",
        "Principal": {"AWS": ["*"]},
        "Action": ["s3:PutObject"],
        "Resource": ["arn:aws:s3:::changes/*"],
        "Condition": {"Null": {"s3:x-amz-server-side-encryption": ["true"]}},
    }
    guarded.client("s3").put_bucket_policy(Bucket="changes", Policy=document(denial))
    message = refused(s3.put_object, Bucket="changes", Key="a", Body=b"")
    assert message.endswith("with an explicit deny in the statement DenyClear")
    guarded.client("iam").delete_role_policy(RoleName="changing", PolicyName="grants")
    refused(s3.put_object, Bucket="changes", Key="a", Body=b"", ServerSideEncryption="AES256")


def test_an_encrypted_object_needs_its_key_through_s3(guarded: Server, roles: Roles) -> None:
    admin = bucket(guarded, "locked")
    through = {"StringEquals": {"kms:ViaService": [f"s3.{REGION}.amazonaws.com"]}}
    uses = statement("UseThroughS3", ["kms:Decrypt", "kms:GenerateDataKey"], ["*"], Condition=through)
    principal = {"Principal": {"AWS": [f"arn:aws:iam::{ACCOUNT}:root"]}}
    key = guarded.client("kms").create_key(Policy=document(uses | principal))["KeyMetadata"]["Arn"]
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}
    admin.put_bucket_encryption(Bucket="locked", ServerSideEncryptionConfiguration={"Rules": [rule]})
    admin.put_object(Bucket="locked", Key="a", Body=b"secret")
    read = statement("Read", ["s3:GetObject"], ["arn:aws:s3:::locked/*"])
    without = roles.make("without-key", read)
    within = roles.make("with-key", read, statement("Decrypt", ["kms:Decrypt"], [key]))
    assert "kms:Decrypt" in refused(roles.client(without, "s3").get_object, Bucket="locked", Key="a")
    assert roles.client(within, "s3").get_object(Bucket="locked", Key="a")["Body"].read() == b"secret"
    # The key's policy admits nobody who comes by himself.
    encrypted = guarded.client("kms").encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    refused(roles.client(within, "kms").decrypt, KeyId=key, CiphertextBlob=encrypted)


def test_a_state_machine_acts_as_its_role(guarded: Server, roles: Roles) -> None:
    topic = guarded.client("sns").create_topic(Name="told")["TopicArn"]
    # The topic's own policy is replaced: AWS's first one is not written as the platform writes policies.
    only = statement("Other", ["sns:Publish"], [topic]) | {"Principal": {"AWS": [roles.make("other")]}}
    guarded.client("sns").set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=document(only))
    state = {"Type": "Task", "Resource": "arn:aws:states:::sns:publish", "End": True}
    state["Parameters"] = {"TopicArn": topic, "Message": "m"}
    definition = json.dumps({"StartAt": "Tell", "States": {"Tell": state}})
    publish = statement("Tell", ["sns:Publish"], [topic])
    states = guarded.client("stepfunctions")
    for name, grants, status in (("teller", [publish], "SUCCEEDED"), ("mute", [], "FAILED")):
        role = roles.make(name, *grants, services=("states",))
        state_machine = states.create_state_machine(name=name, definition=definition, roleArn=role)["stateMachineArn"]
        execution = states.start_execution(stateMachineArn=state_machine)["executionArn"]
        assert eventually(lambda e=execution: _ended(states, e)) == status


def _ended(states: Any, execution: str) -> str:
    status = states.describe_execution(executionArn=execution)["status"]
    return "" if status == "RUNNING" else status


def test_a_mapping_reads_as_the_functions_role(guarded: Server, roles: Roles, echo_zip: bytes) -> None:
    kinesis, functions = guarded.client("kinesis"), guarded.client("lambda")
    kinesis.create_stream(StreamName="read", ShardCount=1)
    stream = kinesis.describe_stream(StreamName="read")["StreamDescription"]["StreamARN"]
    calls = ["DescribeStream", "DescribeStreamSummary", "ListShards", "GetShardIterator", "GetRecords"]
    grant = statement("ReadStream", [f"kinesis:{call}" for call in calls], [stream])
    role = roles.make("function", grant, services=("lambda",))
    functions.create_function(
        FunctionName="reads",
        Role=role,
        Runtime="provided.al2023",
        Handler="bootstrap",
        Architectures=[{"x86_64": "x86_64", "aarch64": "arm64"}[platform.machine()]],
        Code={"ZipFile": echo_zip},
    )
    functions.create_event_source_mapping(
        FunctionName="reads", EventSourceArn=stream, StartingPosition="TRIM_HORIZON", BatchSize=1
    )
    guarded.client("iam").delete_role_policy(RoleName="function", PolicyName="grants")
    kinesis.put_record(StreamName="read", Data=b"{}", PartitionKey="1")
    missing = eventually(lambda: [one for one in roles.record()["refused"] if one["principal"] == role])
    assert missing[0]["action"] == "kinesis:DescribeStream"
    guarded.client("iam").put_role_policy(RoleName="function", PolicyName="grants", PolicyDocument=document(grant))
    eventually(lambda: "ReadStream" in roles.record()["roles"]["function"]["used"])
    # It may not write its log either, which loses lines and stops nothing.
    eventually(lambda: any(one["action"] == "logs:CreateLogStream" for one in roles.record()["refused"]))
    time.sleep(0.1)
    assert guarded.client("logs").describe_log_groups()["logGroups"] == []


SPARK = """
import sys
from pyspark.sql import SparkSession
folder, table = sys.argv[-3], sys.argv[-1]
spark = SparkSession.builder.getOrCreate()
print("machine", spark._jvm.java.lang.ProcessHandle.current().pid())
spark.range(3).write.json(f"s3://jobs/{folder}/json")
table = f"glue_catalog.jobs.{table}"
spark.sql(f"CREATE TABLE {table} USING iceberg LOCATION 's3://jobs/{folder}/table' AS SELECT 1 AS a")
print("rows", spark.table(table).count())
"""


def job_grants(folder: str, table: str) -> list[dict[str, Any]]:
    """What a job needs that writes one folder and one table; lists are of names only."""
    catalog = f"arn:aws:glue:{REGION}:{ACCOUNT}:"
    things = [f"{catalog}catalog", f"{catalog}database/jobs", f"{catalog}table/jobs/{table}"]
    logs = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws-glue/jobs/"
    objects = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"]
    return [
        statement("ReadCode", ["s3:GetObject"], ["arn:aws:s3:::jobs/job.py"]),
        statement("List", ["s3:ListBucket"], ["arn:aws:s3:::jobs"]),
        statement("WriteFolder", objects, [f"arn:aws:s3:::jobs/{folder}/*"]),
        statement("Commit", ["glue:GetDatabase", "glue:GetTable", "glue:CreateTable", "glue:UpdateTable"], things),
        statement("Log", ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], [f"{logs}*"]),
    ]


def test_jobs_of_two_roles_share_a_jvm_and_no_rights(guarded: Server, roles: Roles) -> None:
    glue = guarded.client("glue")
    bucket(guarded, "jobs").put_object(Bucket="jobs", Key="job.py", Body=SPARK.encode())
    glue.create_database(DatabaseInput={"Name": "jobs"})

    def run(job: str, folder: str, table: str) -> tuple[dict[str, Any], list[str]]:
        given = {"--folder": folder, "--table": table}
        run_id = glue.start_job_run(JobName=job, Arguments=given)["JobRunId"]
        ended = ("SUCCEEDED", "FAILED")
        eventually(lambda: glue.get_job_run(JobName=job, RunId=run_id)["JobRun"]["JobRunState"] in ended, 600)
        shown = guarded.client("logs").get_log_events(logGroupName="/aws-glue/jobs/output", logStreamName=run_id)
        return glue.get_job_run(JobName=job, RunId=run_id)["JobRun"], [one["message"] for one in shown["events"]]

    for name in ("one", "two"):
        glue.create_job(
            Name=name,
            Role=roles.make(f"job-{name}", *job_grants(f"of-{name}", f"of_{name}")),
            Command={"Name": "glueetl", "ScriptLocation": "s3://jobs/job.py"},
            DefaultArguments={"--datalake-formats": "iceberg", "--conf": ICEBERG},
        )
    first, first_said = run("one", "of-one", "of_one")
    assert first["JobRunState"] == "SUCCEEDED", (first, roles.record()["refused"])
    second, second_said = run("two", "of-two", "of_two")
    assert second["JobRunState"] == "SUCCEEDED", (second, roles.record()["refused"])
    assert second_said == first_said, "the JVM of the first served the second"
    for folder, table, why in (
        ("of-one/more", "of_two", "AccessDeniedException: s3://jobs/of-one/more"),  # S3 says nothing more to a HEAD
        ("of-two/more", "of_one", "is not authorized to perform: glue:GetTable"),
    ):
        stolen, _ = run("two", folder, table)
        assert stolen["JobRunState"] == "FAILED"
        assert why in stolen["ErrorMessage"]


def test_without_an_authorizer_it_says_so(server: Server) -> None:
    log = Path(server.state_dir) / "emulator.log"
    assert "IAM's permissions are not enforced" in log.read_text()
    with urllib.request.urlopen(f"{server.endpoint}/_local/permissions") as answer:
        assert json.load(answer) == {"enforced": False}


def test_a_policy_that_is_attached_counts_in_its_default_version(guarded: Server, roles: Roles) -> None:
    bucket(guarded, "attached").put_object(Bucket="attached", Key="a", Body=b"x")
    iam = guarded.client("iam")
    role = roles.make("holder", statement("ReadNothing", ["s3:GetObject"], ["arn:aws:s3:::none/*"]))
    s3 = roles.client(role, "s3")
    assert "s3:GetObject" in refused(s3.get_object, Bucket="attached", Key="a")
    older = statement("ReadOther", ["s3:GetObject"], ["arn:aws:s3:::other/*"])
    policy = iam.create_policy(PolicyName="shared", PolicyDocument=document(older))["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="holder", PolicyArn=policy)
    assert "s3:GetObject" in refused(s3.get_object, Bucket="attached", Key="a")
    newer = statement("ReadAttached", ["s3:GetObject"], ["arn:aws:s3:::attached/*"])
    iam.create_policy_version(PolicyArn=policy, PolicyDocument=document(newer), SetAsDefault=True)
    assert s3.get_object(Bucket="attached", Key="a")["Body"].read() == b"x"
    assert set(roles.record()["roles"]["holder"]["statements"]) == {"ReadNothing", "ReadAttached"}
    iam.detach_role_policy(RoleName="holder", PolicyArn=policy)
    assert "s3:GetObject" in refused(s3.get_object, Bucket="attached", Key="a")


def test_athena_acts_in_the_name_of_who_asks(guarded: Server, roles: Roles) -> None:
    lake = Lake(guarded.client)
    lake.put_json("prices/rows.json.gz", [{"id": 1}])
    lake.table("prices", JSON_SERDE, {"id": "int"})
    athena = guarded.client("athena")
    for name in ("own", "others"):
        result = {"OutputLocation": f"{OUTPUT}/{name}/"}
        athena.create_work_group(Name=name, Configuration={"ResultConfiguration": result})
    grants = {
        "query": statement(
            "QueryInWorkgroup",
            ["athena:StartQueryExecution", "athena:GetQueryExecution"],
            [f"arn:aws:athena:{REGION}:{ACCOUNT}:workgroup/own"],
        ),
        "look up": statement(
            "LookUpTables",
            ["glue:GetTable"],
            [f"arn:aws:glue:{REGION}:{ACCOUNT}:{what}" for what in ("catalog", "database/lake", "table/lake/prices")],
        ),
        "data": statement("ReadGrantedData", ["lakeformation:GetDataAccess"], ["*"]),
        "find": statement("FindResults", ["s3:GetBucketLocation"], [f"arn:aws:s3:::{BUCKET}"]),
        "keep": statement("KeepResults", ["s3:PutObject"], [f"arn:aws:s3:::{BUCKET}/results/own/*"]),
    }

    def ask(role: str, sql: str, group: str = "own") -> tuple[str, str]:
        client = roles.client(role, "athena")
        started = client.start_query_execution(QueryString=sql, WorkGroup=group)["QueryExecutionId"]

        def ended() -> Any:
            status = client.get_query_execution(QueryExecutionId=started)["QueryExecution"]["Status"]
            return status if status["State"] not in ("QUEUED", "RUNNING") else None

        status = eventually(ended, 240)  # the first starts the engine
        return status["State"], status.get("StateChangeReason", "")

    sql = "WITH held AS (SELECT id FROM lake.prices) SELECT count(*) FROM held"
    whole = roles.make("asker", *grants.values())
    assert ask(whole, sql) == ("SUCCEEDED", "")
    client = roles.client(whole, "athena")
    assert "workgroup/others" in refused(client.start_query_execution, QueryString=sql, WorkGroup="others")
    assert set(roles.record()["roles"]["asker"]["used"]) == {given["Sid"] for given in grants.values()}
    for missing, action in (
        ("look up", "glue:GetTable"),
        ("data", "lakeformation:GetDataAccess"),
        ("find", "s3:GetBucketLocation"),
        ("keep", "s3:PutObject"),
    ):
        name = f"asker-without-{missing.replace(' ', '-')}"
        role = roles.make(name, *(given for key, given in grants.items() if key != missing))
        state, reason = ask(role, sql)
        assert (state, f"not authorized to perform: {action} " in reason) == ("FAILED", True), reason
