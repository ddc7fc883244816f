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


@probe(
    "a range that ends before it begins",
    call="dynamodb:Query",
    code="ValidationException",
    source="architect/dynalite#55, ExtendDB/extenddb#99",
)
def test_a_range_that_ends_before_it_begins(dynamodb, table, refused):
    def within(name, low, high):
        return dynamodb.scan(
            TableName=table,
            FilterExpression=f"{name} BETWEEN :low AND :high",
            ExpressionAttributeValues={":low": low, ":high": high},
        )["Items"]

    dynamodb.put_item(TableName=table, Item={"id": {"S": "b"}, "pages": {"N": "9.5"}})
    assert len(within("id", {"S": "b"}, {"S": "b"})) == 1
    assert len(within("pages", {"N": "9"}, {"N": "10"})) == 1, "numbers are not compared as text"
    with refused(lambda: within("id", {"S": "a"}, {"S": "b"})):
        dynamodb.query(
            TableName=table,
            KeyConditionExpression="id BETWEEN :low AND :high",
            ExpressionAttributeValues={":low": {"S": "b"}, ":high": {"S": "a"}},
        )
