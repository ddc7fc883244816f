"""KMS."""

import pytest

from .probe import probe

STATES = 'AWS KMS Developer Guide, "Key states of AWS KMS keys"'


@pytest.fixture
def kms(client):
    return client("kms")


@pytest.fixture
def doomed(kms):
    """A key that is pending deletion."""
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    return key


@probe(
    "a new alias for a key that is pending deletion",
    call="kms:CreateAlias",
    code="KMSInvalidStateException",
    source=STATES,
)
def test_a_new_alias(kms, doomed, unique, refused):
    with refused(kms.list_aliases):
        kms.create_alias(AliasName=f"alias/{unique}", TargetKeyId=doomed)


@probe(
    "an alias moved to a key that is pending deletion",
    call="kms:UpdateAlias",
    code="KMSInvalidStateException",
    source=STATES,
)
def test_an_alias_that_moves(kms, doomed, unique, refused):
    kms.create_alias(AliasName=f"alias/{unique}", TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"])
    with refused(kms.list_aliases):
        kms.update_alias(AliasName=f"alias/{unique}", TargetKeyId=doomed)


@probe(
    "a data key of a key that is pending deletion",
    call="kms:GenerateDataKey",
    code="KMSInvalidStateException",
    source=STATES,
)
def test_a_data_key(kms, doomed, refused):
    with refused(lambda: kms.describe_key(KeyId=doomed)):
        kms.generate_data_key(KeyId=doomed, KeySpec="AES_256")
