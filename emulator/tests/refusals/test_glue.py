"""Glue."""

import pytest

from ..conftest import REGION
from .probe import probe

NAMES = "botocore glue DatabaseInput and TableInput, Name: folded to lowercase"


@pytest.fixture
def glue(client):
    return client("glue")


@pytest.fixture
def database(glue, unique):
    glue.create_database(DatabaseInput={"Name": unique})
    return unique


@probe(
    "an update of a table by a version that is no longer its own",
    call="glue:UpdateTable",
    code="ConcurrentModificationException",
    source="botocore glue UpdateTable, VersionId and errors; apache/iceberg, GlueTableOperations.java",
)
def test_a_stale_version(glue, database, refused):
    glue.create_table(DatabaseName=database, TableInput={"Name": "t"})
    read = glue.get_table(DatabaseName=database, Name="t")["Table"]["VersionId"]
    glue.update_table(DatabaseName=database, TableInput={"Name": "t", "Description": "one"}, VersionId=read)
    with refused(lambda: glue.get_table(DatabaseName=database, Name="t")):
        glue.update_table(
            DatabaseName=database, TableInput={"Name": "t", "Description": "two"}, VersionId=read, SkipArchive=True
        )


@probe(
    "a database whose name differs from another's in case only",
    call="glue:CreateDatabase",
    code="AlreadyExistsException",
    source=NAMES,
)
def test_a_database_in_capitals(glue, database, refused):
    with refused(glue.get_databases):
        glue.create_database(DatabaseInput={"Name": database.upper()})


@probe(
    "a table whose name differs from another's in case only",
    call="glue:CreateTable",
    code="AlreadyExistsException",
    source=NAMES,
)
def test_a_table_in_capitals(glue, database, refused):
    glue.create_table(DatabaseName=database, TableInput={"Name": "Sales"})
    with refused(lambda: glue.get_tables(DatabaseName=database)):
        glue.create_table(DatabaseName=database, TableInput={"Name": "SALES"})
    assert glue.get_table(DatabaseName=database.upper(), Name="sAles")["Table"]["Name"] == "sales"
    glue.update_table(DatabaseName=database, TableInput={"Name": "SALES", "Description": "x"})
    assert glue.get_table(DatabaseName=database, Name="sales")["Table"]["Description"] == "x"
    glue.delete_table(DatabaseName=database, Name="Sales")
    assert glue.get_tables(DatabaseName=database)["TableList"] == []


@probe(
    "one more run of a job than it allows at once",
    call="glue:StartJobRun",
    code="ConcurrentRunsExceededException",
    source="botocore glue StartJobRun, errors, and ExecutionProperty",
)
def test_too_many_runs(client, glue, role, unique, refused):
    client("s3").create_bucket(Bucket=unique, CreateBucketConfiguration={"LocationConstraint": REGION})
    client("s3").put_object(Bucket=unique, Key="job.py", Body=b"import time; time.sleep(600)")
    command = {"Name": "glueetl", "ScriptLocation": f"s3://{unique}/job.py"}
    glue.create_job(Name=unique, Role=role, Command=command, GlueVersion="5.0")
    run = glue.start_job_run(JobName=unique)["JobRunId"]
    with refused(lambda: len(glue.get_job_runs(JobName=unique)["JobRuns"])):
        glue.start_job_run(JobName=unique)
    glue.batch_stop_job_run(JobName=unique, JobRunIds=[run])
