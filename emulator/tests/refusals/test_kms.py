"""KMS."""

import pytest

from emulator.tests.roles import document

from .policies import NOBODY, allows
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


@pytest.fixture
def mac_key(kms):
    """A key that makes MACs."""
    return kms.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]["KeyId"]


@probe(
    "rotation of a key that makes MACs",
    call="kms:EnableKeyRotation",
    code="UnsupportedOperationException",
    source='AWS KMS Developer Guide, "Rotate AWS KMS keys"',
)
def test_rotation_of_a_mac_key(kms, mac_key, refused):
    with refused(lambda: kms.describe_key(KeyId=mac_key)):
        kms.enable_key_rotation(KeyId=mac_key)


@probe(
    "a MAC of a key that is pending deletion",
    call="kms:GenerateMac",
    code="KMSInvalidStateException",
    source=STATES,
)
def test_a_mac(kms, mac_key, refused):
    kms.schedule_key_deletion(KeyId=mac_key, PendingWindowInDays=7)
    with refused(lambda: kms.describe_key(KeyId=mac_key)):
        kms.generate_mac(KeyId=mac_key, MacAlgorithm="HMAC_SHA_256", Message=b"m")


@probe(
    "a data key of a key that is pending deletion",
    call="kms:GenerateDataKey",
    code="KMSInvalidStateException",
    source=STATES,
)
def test_a_data_key(kms, doomed, refused):
    with refused(lambda: kms.describe_key(KeyId=doomed)):
        kms.generate_data_key(KeyId=doomed, KeySpec="AES_256")


@probe(
    "rotation switched on for a key that is pending deletion",
    call="kms:EnableKeyRotation",
    code="KMSInvalidStateException",
    source=STATES,
)
def test_rotation(kms, doomed, refused):
    with refused(lambda: kms.describe_key(KeyId=doomed)):
        kms.enable_key_rotation(KeyId=doomed)


@probe("a data key of a disabled key", call="kms:GenerateDataKey", code="DisabledException", source=STATES)
def test_a_data_key_of_a_disabled_key(kms, refused):
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.disable_key(KeyId=key)
    with refused(lambda: kms.describe_key(KeyId=key)):
        kms.generate_data_key(KeyId=key, KeySpec="AES_256")


@probe(
    "a key's policy for a role that is not there",
    call="kms:PutKeyPolicy",
    code="MalformedPolicyDocumentException",
    source="AWS KMS API Reference, CreateKey, Policy",
)
def test_a_policy_for_nobody(kms, refused):
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    text = document(allows("kms:*", "*", {"AWS": NOBODY}))
    with refused(lambda: kms.get_key_policy(KeyId=key, PolicyName="default")):
        kms.put_key_policy(KeyId=key, PolicyName="default", Policy=text)


@probe(
    "a new key whose policy names a role that is not there",
    call="kms:CreateKey",
    code="MalformedPolicyDocumentException",
    source="AWS KMS API Reference, CreateKey, Policy",
)
def test_a_new_key_for_nobody(kms, refused):
    with refused(kms.list_keys):
        kms.create_key(Policy=document(allows("kms:*", "*", {"AWS": NOBODY})))


@probe(
    "the decryption of what a key that is pending deletion encrypted",
    call="kms:Decrypt",
    code="KMSInvalidStateException",
    source=STATES,
)
def test_decryption(kms, refused):
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    secret = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    kms.schedule_key_deletion(KeyId=key)
    with refused(lambda: kms.describe_key(KeyId=key)):
        kms.decrypt(CiphertextBlob=secret)


@probe(
    "a key brought back that is not pending deletion",
    call="kms:CancelKeyDeletion",
    code="KMSInvalidStateException",
    source=STATES,
)
def test_a_key_that_is_not_to_go(kms, refused):
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    with refused(lambda: kms.describe_key(KeyId=key)):
        kms.cancel_key_deletion(KeyId=key)


@probe(
    "a key's deletion in less than 7 days",
    call="kms:ScheduleKeyDeletion",
    code="ValidationException",
    source="AWS KMS API Reference, ScheduleKeyDeletion, PendingWindowInDays",
)
def test_a_short_window(kms, refused):
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    with refused(lambda: kms.describe_key(KeyId=key)):
        kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=6)


@probe(
    "an alias below alias/aws/",
    call="kms:CreateAlias",
    code="NotAuthorizedException",
    source="AWS KMS API Reference, CreateAlias, AliasName; moto, KmsResponse._set_alias",
)
def test_a_reserved_alias(kms, unique, refused):
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    with refused(kms.list_aliases):
        kms.create_alias(AliasName=f"alias/aws/{unique}", TargetKeyId=key)
