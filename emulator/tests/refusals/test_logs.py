"""CloudWatch Logs."""

import pytest

from .probe import probe

KEYS = "botocore logs CreateLogGroup and AssociateKmsKey"


@pytest.fixture
def logs(client):
    return client("logs")


@probe(
    "a retention between the steps",
    call="logs:PutRetentionPolicy",
    code="InvalidParameterException",
    source='Amazon CloudWatch Logs API Reference, "PutRetentionPolicy", retentionInDays',
)
def test_a_retention_of_42_days(logs, unique, refused):
    logs.create_log_group(logGroupName=unique)
    with refused(lambda: logs.describe_log_groups(logGroupNamePrefix=unique)):
        logs.put_retention_policy(logGroupName=unique, retentionInDays=42)
    logs.put_retention_policy(logGroupName=unique, retentionInDays=400)


@probe(
    "a log group with a key that is not there",
    call="logs:CreateLogGroup",
    code="InvalidParameterException",
    source=KEYS,
)
def test_a_key_that_is_not_there(logs, unique, refused):
    key = "arn:aws:kms:eu-west-1:123456789012:key/00000000-0000-0000-0000-000000000000"
    with refused(lambda: logs.describe_log_groups(logGroupNamePrefix=unique)):
        logs.create_log_group(logGroupName=unique, kmsKeyId=key)


@probe(
    "a log group with a key whose policy does not let CloudWatch Logs use it",
    call="logs:AssociateKmsKey",
    code="AccessDeniedException",
    source='Amazon CloudWatch Logs User Guide, "Encrypt log data in CloudWatch Logs using AWS KMS", step 2',
)
def test_a_key_that_is_closed(client, logs, unique, refused):
    key = client("kms").create_key()["KeyMetadata"]["Arn"]
    logs.create_log_group(logGroupName=unique)
    with refused(lambda: logs.describe_log_groups(logGroupNamePrefix=unique)):
        logs.associate_kms_key(logGroupName=unique, kmsKeyId=key)


@probe(
    "a log group whose name begins with aws/",
    call="logs:CreateLogGroup",
    code="InvalidParameterException",
    source="botocore logs CreateLogGroup",
)
def test_a_name_of_aws(logs, unique, refused):
    with refused(logs.describe_log_groups):
        logs.create_log_group(logGroupName=f"aws/{unique}")
