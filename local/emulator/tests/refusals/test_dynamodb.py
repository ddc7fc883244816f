"""DynamoDB."""

import pytest

from .probe import probe


@pytest.fixture
def dynamodb(client):
    return client("dynamodb")


@pytest.fixture
def table(dynamodb, unique):
    dynamodb.create_table(
        TableName=unique,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        DeletionProtectionEnabled=True,
    )
    return unique


@probe(
    "the deletion of a protected table",
    call="dynamodb:DeleteTable",
    code="ValidationException",
    source='Amazon DynamoDB Developer Guide, "Using deletion protection"; dynoxide#46',
)
def test_a_protected_table(dynamodb, table, refused):
    with refused(lambda: dynamodb.describe_table(TableName=table)):
        dynamodb.delete_table(TableName=table)


@probe(
    "a time to live changed twice within an hour",
    call="dynamodb:UpdateTimeToLive",
    code="ValidationException",
    source="Amazon DynamoDB API Reference, UpdateTimeToLive",
)
def test_a_time_to_live_changed_twice(dynamodb, table, refused):
    kept = {"AttributeName": "until", "Enabled": True}
    dynamodb.update_time_to_live(TableName=table, TimeToLiveSpecification=kept)
    with refused(lambda: dynamodb.describe_time_to_live(TableName=table)):
        dynamodb.update_time_to_live(TableName=table, TimeToLiveSpecification={**kept, "Enabled": False})
