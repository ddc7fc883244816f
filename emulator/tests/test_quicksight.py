"""QuickSight's things by CloudFormation, as the platform deploys them."""

import copy
import json
import urllib.request

import pytest

ACCOUNT = "123456789012"
PARAMETERS = {"Workgroup": {"Type": "String"}, "Role": {"Type": "String"}}
COLUMN = {"DataSetIdentifier": "sales", "ColumnName": "net"}


@pytest.fixture
def template(client, unique):
    """A template, and the parameters of a stack that can be made of it."""
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "quicksight.amazonaws.com"}}
    role = client("iam").create_role(
        RoleName=unique, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )["Role"]["Arn"]
    client("athena").create_work_group(Name=unique)
    group = client("quicksight").create_group(GroupName=unique, AwsAccountId=ACCOUNT, Namespace="default")["Group"][
        "Arn"
    ]

    def of(kind, **properties):
        named = {"AwsAccountId": ACCOUNT, f"{kind}Id": f"{unique}-{kind.lower()}", "Name": kind}
        return {"Type": f"AWS::QuickSight::{kind}", "Properties": named | properties}

    where = {"WorkGroup": {"Ref": "Workgroup"}, "RoleArn": {"Ref": "Role"}}
    table = {
        "DataSourceArn": {"Fn::GetAtt": ["Source", "Arn"]},
        "Catalog": "AwsDataCatalog",
        "Schema": "curated",
        "Name": "sales",
        "InputColumns": [{"Name": "net", "Type": "DECIMAL"}],
    }
    measure = {"FieldId": "net", "Column": COLUMN, "AggregationFunction": {"SimpleNumericalAggregation": "SUM"}}
    wells = {"BarChartAggregatedFieldWells": {"Values": [{"NumericalMeasureField": measure}]}}
    visual = {"BarChartVisual": {"VisualId": "v", "ChartConfiguration": {"FieldWells": wells}}}
    seen = {"Principal": group, "Actions": ["quicksight:DescribeDashboard"]}
    resources = {
        "Source": of("DataSource", Type="ATHENA", DataSourceParameters={"AthenaParameters": where}),
        "Data": of("DataSet", ImportMode="DIRECT_QUERY", PhysicalTableMap={"sales": {"RelationalTable": table}}),
        "Dashboard": of(
            "Dashboard",
            Definition={
                "DataSetIdentifierDeclarations": [
                    {"Identifier": "sales", "DataSetArn": {"Fn::GetAtt": ["Data", "Arn"]}}
                ],
                "Sheets": [{"SheetId": "s", "Visuals": [visual]}],
            },
            Permissions=[seen],
        ),
    }
    return {"Parameters": PARAMETERS, "Resources": resources}, {"Workgroup": unique, "Role": role}


@pytest.fixture
def deploy(client):
    def deploy(name, template, parameters, call="create_stack"):
        cloudformation = client("cloudformation")
        given = [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]
        getattr(cloudformation, call)(StackName=name, TemplateBody=json.dumps(template), Parameters=given)
        stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
        return stack["StackStatus"], " ".join(one.get("ResourceStatusReason", "") for one in events)

    return deploy


def held(server, unique):
    with urllib.request.urlopen(f"{server.endpoint}/_local/inventory") as answer:
        listed = json.load(answer)["quicksight"]
    return sorted(name for name in listed if f"/{unique}-" in name)


def test_a_stack_makes_and_takes_its_things(client, server, unique, template, deploy):
    made, parameters = template
    assert deploy(unique, made, parameters)[0] == "CREATE_COMPLETE"
    kinds = ("dashboard", "dataset", "datasource")
    assert held(server, unique) == [f"{kind}/{unique}-{kind}" for kind in kinds]
    other = copy.deepcopy(made)
    other["Resources"]["Dashboard"]["Properties"]["Name"] = "Another"
    assert deploy(unique, other, parameters, "update_stack")[0] == "UPDATE_COMPLETE"
    other["Resources"]["Dashboard"]["Properties"]["Permissions"][0]["Principal"] = "nobody"
    status, why = deploy(unique, other, parameters, "update_stack")
    assert status == "UPDATE_ROLLBACK_COMPLETE"
    assert "nobody is not valid" in why
    status, why = deploy(f"{unique}-2", made, parameters)
    assert status == "ROLLBACK_COMPLETE"
    assert "already exists" in why
    client("cloudformation").delete_stack(StackName=f"{unique}-2")
    assert len(held(server, unique)) == 3, "those of the first are not the second's"
    client("cloudformation").delete_stack(StackName=unique)
    assert held(server, unique) == []


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda r: r["Source"]["Properties"].update(Type="REDSHIFT"), "Athena only"),
        (lambda r: r["Source"]["Properties"].pop("Name"), "Member must not be null"),
        (lambda r: r["Source"]["Properties"].update(Another="x"), "Another"),
        (lambda r: r["Source"]["Properties"].update(AwsAccountId="210987654321"), "another account"),
        (lambda r: r["Dashboard"]["Properties"]["Permissions"][0].update(Principal="nobody"), "nobody is not valid"),
        (lambda r: sales(r).update(DataSourceArn="arn:other"), "arn:other is not found"),
        (lambda r: sales(r)["InputColumns"].append(sales(r)["InputColumns"][0]), "there twice"),
        (lambda r: sales(r)["InputColumns"][0].update(Name="gross"), "sales.net, which no data set has"),
        (
            lambda r: r.update(Other={"Type": "AWS::QuickSight::Theme", "Properties": {}}),
            "makes no AWS::QuickSight::Theme",
        ),
    ],
)
def test_what_cannot_be_made_is_rolled_back(server, unique, template, deploy, change, why):
    made, parameters = template
    change(made["Resources"])
    status, reasons = deploy(unique, made, parameters)
    assert status == "ROLLBACK_COMPLETE"
    assert why in reasons
    assert held(server, unique) == []


def test_instants_of_an_iceberg_table_are_skipped_and_those_of_a_query_are_not(client, unique, template, deploy):
    made, parameters = template
    glue = client("glue")
    glue.create_database(DatabaseInput={"Name": unique})
    table = {
        "Name": "sales",
        "Parameters": {"table_type": "ICEBERG"},
        "StorageDescriptor": {"Columns": [{"Name": "net", "Type": "timestamp"}], "Location": "s3://bucket/sales"},
    }
    glue.create_table(DatabaseName=unique, TableInput=table)
    sales(made["Resources"]).update(Schema=unique)
    assert "sales.net, which no data set has" in deploy(f"{unique}-a", made, parameters)[1]
    source = sales(made["Resources"])["DataSourceArn"]
    made["Resources"]["Data"]["Properties"]["PhysicalTableMap"]["sales"] = {
        "CustomSql": {
            "DataSourceArn": source,
            "Name": "sales",
            "SqlQuery": "SELECT CAST(at_timezone(net, 'UTC') AS timestamp(3)) AS net FROM sales",
            "Columns": [{"Name": "net", "Type": "DATETIME"}],
        }
    }
    assert deploy(f"{unique}-b", made, parameters)[0] == "CREATE_COMPLETE"


def test_who_queries_has_to_be_there(unique, template, deploy):
    made, parameters = template
    nobody = f"arn:aws:iam::{ACCOUNT}:role/nobody"
    assert "cannot assume" in deploy(f"{unique}-a", made, parameters | {"Role": nobody})[1]
    assert "does not exist" in deploy(f"{unique}-b", made, parameters | {"Workgroup": "nothing"})[1]


def sales(resources):
    return resources["Data"]["Properties"]["PhysicalTableMap"]["sales"]["RelationalTable"]
