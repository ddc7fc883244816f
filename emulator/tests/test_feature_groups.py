"""SageMaker's feature store as the provider asks it."""

import json

import pytest
from botocore.exceptions import ClientError

from .conftest import REGION, eventually


@pytest.fixture
def store(client, unique):
    """A role that writes to a bucket, and what a group there is made of."""
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "sagemaker.amazonaws.com"}}
    role = client("iam").create_role(
        RoleName=unique, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )["Role"]["Arn"]
    client("s3").create_bucket(Bucket=unique, CreateBucketConfiguration={"LocationConstraint": REGION})
    client("glue").create_database(DatabaseInput={"Name": unique})

    def given(name="a", **offline):
        catalog = {"Catalog": "AwsDataCatalog", "Database": unique, "TableName": "products"}
        return {
            "FeatureGroupName": f"{unique}-{name}",
            "RecordIdentifierFeatureName": "id",
            "EventTimeFeatureName": "as_of",
            "FeatureDefinitions": [
                {"FeatureName": "id", "FeatureType": "String"},
                {"FeatureName": "as_of", "FeatureType": "String"},
                {"FeatureName": "images", "FeatureType": "Integral"},
            ],
            "RoleArn": role,
            "OfflineStoreConfig": {
                "S3StorageConfig": {"S3Uri": f"s3://{unique}/store"},
                "DataCatalogConfig": catalog,
                **offline,
            },
            "Tags": [{"Key": "owner", "Value": "x"}],
        }

    return given


def status(sagemaker, name):
    described = sagemaker.describe_feature_group(FeatureGroupName=name)
    return None if described["FeatureGroupStatus"] == "Creating" else described


def test_a_group_has_its_table_and_leaves_it(client, unique, store):
    sagemaker, glue = client("sagemaker"), client("glue")
    made = sagemaker.create_feature_group(**store())["FeatureGroupArn"]
    assert sagemaker.describe_feature_group(FeatureGroupName=f"{unique}-a")["FeatureGroupStatus"] == "Creating"
    got = eventually(lambda: status(sagemaker, f"{unique}-a"))
    assert got["FeatureGroupStatus"] == "Created"
    assert got["OfflineStoreConfig"]["DataCatalogConfig"]["TableName"] == "products"
    table = glue.get_table(DatabaseName=unique, Name="products")["Table"]
    assert table["StorageDescriptor"]["Location"] == got["OfflineStoreConfig"]["S3StorageConfig"]["ResolvedOutputS3Uri"]
    assert {one["Name"]: one["Type"] for one in table["StorageDescriptor"]["Columns"]} == {
        "id": "string",
        "as_of": "string",
        "images": "bigint",
        "write_time": "timestamp",
        "api_invocation_time": "timestamp",
        "is_deleted": "boolean",
    }
    assert sagemaker.list_tags(ResourceArn=made)["Tags"] == [{"Key": "owner", "Value": "x"}]
    sagemaker.add_tags(ResourceArn=made, Tags=[{"Key": "more", "Value": "y"}])
    sagemaker.delete_tags(ResourceArn=made, TagKeys=["owner"])
    assert sagemaker.list_tags(ResourceArn=made)["Tags"] == [{"Key": "more", "Value": "y"}]

    sagemaker.delete_feature_group(FeatureGroupName=f"{unique}-a")
    with pytest.raises(ClientError, match="ResourceNotFound"):
        sagemaker.describe_feature_group(FeatureGroupName=f"{unique}-a")
    assert glue.get_table(DatabaseName=unique, Name="products")
    sagemaker.create_feature_group(**store())
    again = eventually(lambda: status(sagemaker, f"{unique}-a"))
    assert again["FeatureGroupStatus"] == "CreateFailed", "its table is there already"
    assert "already exists" in again["FailureReason"]


def test_a_group_may_have_a_table_of_others(client, unique, store):
    sagemaker, glue = client("sagemaker"), client("glue")
    sagemaker.create_feature_group(**store(DisableGlueTableCreation=True))
    assert eventually(lambda: status(sagemaker, f"{unique}-a"))["FeatureGroupStatus"] == "Created"
    assert glue.get_tables(DatabaseName=unique)["TableList"] == []


def test_what_a_group_may_not_be(client, unique, store):
    sagemaker = client("sagemaker")
    sagemaker.create_feature_group(**store())
    catalog = {"Catalog": "AwsDataCatalog", "Database": unique, "TableName": "other-table"}
    nowhere = {"S3StorageConfig": {"S3Uri": "s3://nothing-there/store"}}
    for code, given in (
        ("ResourceInUse", store()),
        ("ValidationException", store("b") | {"RecordIdentifierFeatureName": "other"}),
        ("ValidationException", store("b") | {"EventTimeFeatureName": "images"}),
        ("ValidationException", store("b") | {"RoleArn": "arn:aws:iam::123456789012:role/nobody"}),
        ("ValidationException", store("b", **nowhere)),
        ("ValidationException", store("b", DataCatalogConfig=catalog)),
        ("ValidationException", store("b", DataCatalogConfig=catalog | {"Catalog": "Other"})),
        ("ValidationException", store("b", TableFormat="Iceberg", DisableGlueTableCreation=True)),
        (
            "ValidationException",
            store("b") | {"FeatureDefinitions": [{"FeatureName": "is_deleted", "FeatureType": "String"}]},
        ),
    ):
        with pytest.raises(ClientError) as caught:
            sagemaker.create_feature_group(**given)
        assert caught.value.response["Error"]["Code"] == code, given
