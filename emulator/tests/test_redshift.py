"""Redshift Serverless and its Data API, which moto has not and has without answers."""

import json
import urllib.request

import pytest
from botocore.exceptions import ClientError

from .conftest import REGION, eventually

ACCOUNT = "123456789012"
SCHEMA = "CREATE EXTERNAL SCHEMA curated FROM DATA CATALOG DATABASE 'shop_curated' REGION 'eu-west-1' IAM_ROLE "


def error_of(call, **given):
    with pytest.raises(ClientError) as caught:
        call(**given)
    return caught.value.response["Error"]["Code"]


def settled(get):
    """The answer once no change is under way any more."""
    return eventually(lambda: found if (found := get())["status"] == "AVAILABLE" else None)


@pytest.fixture
def role(client, unique):
    def make(name, service="redshift"):
        trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": f"{service}.amazonaws.com"}}
        return client("iam").create_role(
            RoleName=f"{unique}-{name}",
            AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
        )["Role"]["Arn"]

    return make


@pytest.fixture
def network(client):
    """A VPC with a subnet in each zone."""
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.7.{i}.0/24", AvailabilityZone=f"{REGION}{zone}")["Subnet"][
            "SubnetId"
        ]
        for i, zone in enumerate("abc")
    ]
    return subnets, ec2.create_security_group(GroupName="redshift", Description="x", VpcId=vpc)["GroupId"]


@pytest.fixture
def space(client, unique, role):
    """A namespace with a role."""
    reader = role("reader")
    return client("redshift-serverless").create_namespace(
        namespaceName=unique,
        dbName="lake",
        adminUsername="administrator",
        manageAdminPassword=True,
        defaultIamRoleArn=reader,
        iamRoles=[reader],
        logExports=["userlog"],
        tags=[{"key": "owner", "value": "x"}],
    )["namespace"]


def reader_of(namespace):
    return namespace["defaultIamRoleArn"]


def test_a_namespace_and_its_workgroup_come_and_go(client, unique, space, network):
    redshift = client("redshift-serverless")
    subnets, group = network
    given = {"workgroupName": unique, "namespaceName": unique, "baseCapacity": 8, "maxCapacity": 16}
    given |= {"subnetIds": subnets, "securityGroupIds": [group], "enhancedVpcRouting": True}
    required = [{"parameterKey": "require_ssl", "parameterValue": "true"}]
    made = redshift.create_workgroup(**given, configParameters=required)["workgroup"]
    assert made["status"] == "CREATING"
    assert error_of(redshift.delete_workgroup, workgroupName=unique) == "ConflictException"  # an operation is running
    got = settled(lambda: redshift.get_workgroup(workgroupName=unique)["workgroup"])
    assert {key: got[key] for key in given} == given
    assert len(got["configParameters"]) > 1, "AWS tells of all that it knows"
    limit = {"resourceArn": got["workgroupArn"], "usageType": "serverless-compute", "amount": 4, "period": "daily"}
    made = redshift.create_usage_limit(**limit, breachAction="deactivate")["usageLimit"]
    assert redshift.get_usage_limit(usageLimitId=made["usageLimitId"])["usageLimit"] == made
    redshift.update_usage_limit(usageLimitId=made["usageLimitId"], amount=8)
    assert [one["amount"] for one in redshift.list_usage_limits(resourceArn=got["workgroupArn"])["usageLimits"]] == [8]

    assert redshift.update_workgroup(workgroupName=unique, maxCapacity=24)["workgroup"]["status"] == "MODIFYING"
    assert settled(lambda: redshift.get_workgroup(workgroupName=unique)["workgroup"])["maxCapacity"] == 24
    assert error_of(redshift.delete_namespace, namespaceName=unique) == "ConflictException"  # it has a workgroup
    redshift.delete_workgroup(workgroupName=unique)
    eventually(lambda: unique not in [one["workgroupName"] for one in redshift.list_workgroups()["workgroups"]])
    assert error_of(redshift.get_workgroup, workgroupName=unique) == "ResourceNotFoundException"
    assert error_of(redshift.get_usage_limit, usageLimitId=made["usageLimitId"]) == "ResourceNotFoundException"
    redshift.delete_namespace(namespaceName=unique)
    eventually(lambda: unique not in [one["namespaceName"] for one in redshift.list_namespaces()["namespaces"]])
    assert error_of(redshift.get_namespace, namespaceName=unique) == "ResourceNotFoundException"


def test_a_namespace_says_what_it_was_made_of(client, unique, space, role):
    redshift = client("redshift-serverless")
    assert space["dbName"] == "lake"
    assert space["status"] == "AVAILABLE"
    assert space["iamRoles"] == [f"IamRole(applyStatus=in-sync, iamRoleArn={reader_of(space)})"]
    assert f":secret:redshift!{unique}-administrator-" in space["adminPasswordSecretArn"]
    arn = space["namespaceArn"]
    redshift.tag_resource(resourceArn=arn, tags=[{"key": "more", "value": "y"}])
    redshift.untag_resource(resourceArn=arn, tagKeys=["owner"])
    assert redshift.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "more", "value": "y"}]
    other = role("other")
    redshift.update_namespace(namespaceName=unique, iamRoles=[other], defaultIamRoleArn=other)
    got = settled(lambda: redshift.get_namespace(namespaceName=unique)["namespace"])
    assert got["defaultIamRoleArn"] == other


def test_what_redshift_refuses(client, unique, space, network, role):
    redshift = client("redshift-serverless")
    subnets, group = network
    reader = reader_of(space)
    name = f"{unique}-2"
    for code, given in (
        ("ConflictException", {"namespaceName": unique}),
        ("ValidationException", {"iamRoles": [f"arn:aws:iam::{ACCOUNT}:role/nobody"]}),
        ("ValidationException", {"defaultIamRoleArn": reader}),
        ("ValidationException", {"adminPasswordSecretKmsKeyId": "key"}),
        ("ValidationException", {"manageAdminPassword": True, "adminUserPassword": "Secret-1234"}),
    ):
        assert error_of(redshift.create_namespace, **{"namespaceName": name, **given}) == code, given
    other = {"namespaceName": unique, "workgroupName": unique}
    for code, given in (
        ("ResourceNotFoundException", {"namespaceName": "nothing"}),
        ("ValidationException", {"baseCapacity": 12}),
        ("ValidationException", {"baseCapacity": 16, "maxCapacity": 8}),
        ("ValidationException", {"configParameters": [{"parameterKey": "x", "parameterValue": "y"}]}),
        ("ValidationException", {"subnetIds": subnets[:1]}),
        ("ValidationException", {"subnetIds": subnets[:2], "enhancedVpcRouting": True}),
        ("ValidationException", {"subnetIds": ["subnet-0"]}),
        ("ValidationException", {"subnetIds": subnets, "securityGroupIds": ["sg-0"]}),
    ):
        assert error_of(redshift.create_workgroup, **(other | given)) == code, given
    arn = redshift.create_workgroup(**other)["workgroup"]["workgroupArn"]
    assert error_of(redshift.create_workgroup, **other) == "ConflictException"
    assert error_of(redshift.create_workgroup, namespaceName=unique, workgroupName=name) == "ConflictException"
    settled(lambda: redshift.get_workgroup(workgroupName=unique)["workgroup"])
    both = {"workgroupName": unique, "baseCapacity": 16, "publiclyAccessible": True}
    assert error_of(redshift.update_workgroup, **both) == "ValidationException"
    limit = {"usageType": "serverless-compute", "period": "daily"}
    assert error_of(redshift.create_usage_limit, **limit, resourceArn="x", amount=1) == "ResourceNotFoundException"
    assert error_of(redshift.create_usage_limit, **limit, resourceArn=arn, amount=0) == "ValidationException"
    for _ in range(4):
        redshift.create_usage_limit(**limit, resourceArn=arn, amount=1)
    assert error_of(redshift.create_usage_limit, **limit, resourceArn=arn, amount=1) == "ServiceQuotaExceededException"


@pytest.fixture
def run(client, unique, space):
    """Runs a statement in the namespace's workgroup: how it ended, and why."""
    client("redshift-serverless").create_workgroup(namespaceName=unique, workgroupName=unique)
    settled(lambda: client("redshift-serverless").get_workgroup(workgroupName=unique)["workgroup"])
    data = client("redshift-data")

    def run(sql, **given):
        given = {"WorkgroupName": unique, "Database": "lake", "SecretArn": space["adminPasswordSecretArn"], **given}
        statement = data.describe_statement(Id=data.execute_statement(Sql=sql, **given)["Id"])
        return statement["Status"], statement.get("Error")

    return run


def test_statements_about_schemas_run(client, unique, space, run):
    assert run("DROP SCHEMA IF EXISTS curated") == ("FINISHED", None)
    assert run("DROP SCHEMA curated") == ("FAILED", 'ERROR: schema "curated" does not exist')
    assert run("GRANT USAGE ON SCHEMA curated TO PUBLIC")[0] == "FAILED"
    assert run(SCHEMA + f"'{reader_of(space)}'", StatementName=f"{unique}-made") == ("FINISHED", None)
    assert run(SCHEMA + "default") == ("FAILED", 'ERROR: schema "curated" already exists')
    assert run(SCHEMA.replace("SCHEMA", "SCHEMA IF NOT EXISTS") + "default;") == ("FINISHED", None)
    assert run("GRANT USAGE ON SCHEMA Curated TO PUBLIC") == ("FINISHED", None)
    assert run("GRANT CREATE ON SCHEMA curated TO PUBLIC")[0] == "FAILED"
    assert run("DROP SCHEMA curated") == ("FINISHED", None)
    listed = client("redshift-data").list_statements(StatementName=f"{unique}-")["Statements"]
    assert [(one["Status"], one["QueryString"]) for one in listed] == [("FINISHED", SCHEMA + "''")], "no role is shown"


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("SELECT 1", "does not run"),
        ("DROP SCHEMA a; DROP SCHEMA b", "one statement a call"),
        ("VACUUM", "does not run"),
        ("CREATE EXTERNAL SCHEMA curated FROM KINESIS IAM_ROLE default", "DATA CATALOG DATABASE was expected"),
        (SCHEMA + "'arn:aws:iam::123456789012:role/another'", "not associated with the namespace"),
        (SCHEMA + "default CREATE SOMETHING", 'at or near "CREATE"'),
        (SCHEMA, "at the end"),
        ("DROP SCHEMA '", "syntax error"),
    ],
)
def test_statements_that_would_do_nothing_here_fail(run, sql, why):
    status, error = run(sql)
    assert status == "FAILED"
    assert why in error


def test_statements_of_nobody_and_nowhere(client, run):
    assert run("DROP SCHEMA IF EXISTS a", Database="other") == ("FAILED", 'FATAL: database "other" does not exist')
    assert run("DROP SCHEMA IF EXISTS a", SecretArn="other")[1] == "FATAL: password authentication failed"
    data = client("redshift-data")
    given = {"Sql": "DROP SCHEMA IF EXISTS a", "Database": "lake"}
    assert error_of(data.execute_statement, **given, WorkgroupName="nothing") == "ValidationException"
    assert error_of(data.execute_statement, **given, ClusterIdentifier="nothing") == "ValidationException"
    unknown = "00000000-0000-0000-0000-000000000000"
    assert error_of(data.describe_statement, Id=unknown) == "ResourceNotFoundException"


def test_what_there_is_of_redshift_is_listed(unique, run, server):
    with urllib.request.urlopen(f"{server.endpoint}/_local/inventory") as answer:
        listed = json.load(answer)["redshiftserverless"]
    assert [f"namespace/{unique}", f"workgroup/{unique}"] == [name for name in listed if name.endswith(unique)]


def test_an_endpoint_of_the_network_goes(client, network):
    subnets, group = network
    ec2 = client("ec2")
    vpc = ec2.describe_subnets(SubnetIds=subnets[:1])["Subnets"][0]["VpcId"]
    made = ec2.create_vpc_endpoint(
        VpcId=vpc,
        ServiceName=f"com.amazonaws.{REGION}.glue",
        VpcEndpointType="Interface",
        SubnetIds=subnets,
        SecurityGroupIds=[group],
    )["VpcEndpoint"]["VpcEndpointId"]
    ec2.delete_vpc_endpoints(VpcEndpointIds=[made])
    assert error_of(ec2.describe_vpc_endpoints, VpcEndpointIds=[made]) == "InvalidVpcEndpointId.NotFound"
