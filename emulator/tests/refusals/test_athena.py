"""Athena."""

import pytest

from emulator.tests.conftest import REGION, eventually

from .probe import probe

DELETE = "Amazon Athena API Reference, DeleteWorkGroup"


@pytest.fixture
def athena(client):
    return client("athena")


@pytest.fixture
def groups(athena):
    return lambda: [one["Name"] for one in athena.list_work_groups()["WorkGroups"]]


@pytest.fixture
def group(client, athena, unique):
    client("s3").create_bucket(Bucket=unique, CreateBucketConfiguration={"LocationConstraint": REGION})
    result = {"OutputLocation": f"s3://{unique}/results/"}
    athena.create_work_group(Name=unique, Configuration={"ResultConfiguration": result})
    return unique


@probe(
    "the deletion of a workgroup with a named query",
    call="athena:DeleteWorkGroup",
    code="InvalidRequestException",
    source=f"{DELETE}, RecursiveDeleteOption",
)
def test_a_named_query(athena, group, groups, refused):
    query = athena.create_named_query(Name="q", Database="d", QueryString="SELECT 1", WorkGroup=group)["NamedQueryId"]
    with refused(groups):
        athena.delete_work_group(WorkGroup=group)
    athena.delete_work_group(WorkGroup=group, RecursiveDeleteOption=True)
    assert query not in athena.list_named_queries()["NamedQueryIds"]


@probe(
    "the deletion of a workgroup with query history",
    call="athena:DeleteWorkGroup",
    code="InvalidRequestException",
    source=f"{DELETE}, RecursiveDeleteOption; coast-grafana-cost-intelligence-dashboards#9",
)
def test_query_history(athena, group, groups, refused):
    query = athena.start_query_execution(QueryString="SELECT 1", WorkGroup=group)["QueryExecutionId"]

    def state():
        return athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]["State"]

    eventually(lambda: state() not in ("QUEUED", "RUNNING"), 60)
    with refused(groups):
        athena.delete_work_group(WorkGroup=group)
    athena.delete_work_group(WorkGroup=group, RecursiveDeleteOption=True)


@probe(
    "the deletion of the primary workgroup",
    call="athena:DeleteWorkGroup",
    code="InvalidRequestException",
    source=DELETE,
)
def test_the_primary_workgroup(athena, groups, refused):
    with refused(groups):
        athena.delete_work_group(WorkGroup="primary", RecursiveDeleteOption=True)


@probe(
    "a question about a workgroup that is not there",
    call="athena:GetWorkGroup",
    code="InvalidRequestException",
    source="terraform-provider-aws, findWorkGroupByName",
)
def test_no_workgroup(athena, groups, unique, refused):
    with refused(groups):
        athena.get_work_group(WorkGroup=unique)


@probe(
    "a workgroup that is there already",
    call="athena:CreateWorkGroup",
    code="InvalidRequestException",
    source="Amazon Athena API Reference, CreateWorkGroup",
)
def test_a_workgroup_twice(athena, group, groups, refused):
    with refused(groups):
        athena.create_work_group(Name=group)
