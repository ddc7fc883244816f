"""IAM."""

import json

import pytest

from ..roles import document, statement
from .probe import probe

QUOTAS = 'AWS IAM User Guide, "IAM and AWS STS quotas"'
ATTACHED = "botocore iam DeleteRole and DeletePolicy"
TRUST = statement("Trusted", ["sts:AssumeRole"], None) | {"Principal": {"Service": ["glue.amazonaws.com"]}}


@pytest.fixture
def iam(client):
    return client("iam")


@pytest.fixture
def role(iam, unique):
    """A role's name."""
    iam.create_role(RoleName=unique, AssumeRolePolicyDocument=document(TRUST))
    return unique


@pytest.fixture
def policy(iam, unique):
    """A managed policy's ARN."""
    return iam.create_policy(PolicyName=unique, PolicyDocument=large(100))["Policy"]["Arn"]


def large(characters):
    """A policy with at least so many characters, white space left out."""
    made = statement("Read", ["s3:GetObject"], ["arn:aws:s3:::bucket/*"])
    while len(json.dumps(made, separators=(",", ":"))) < characters:
        made["Resource"].append(f"arn:aws:s3:::bucket-{len(made['Resource'])}/*")
    return document(made)


@probe("deleting a role with an attached policy", call="iam:DeleteRole", code="DeleteConflict", source=ATTACHED)
def test_a_role_with_a_policy(iam, role, policy, refused):
    iam.attach_role_policy(RoleName=role, PolicyArn=policy)
    with refused(lambda: iam.list_attached_role_policies(RoleName=role)):
        iam.delete_role(RoleName=role)


@probe("deleting a policy that is attached", call="iam:DeletePolicy", code="DeleteConflict", source=ATTACHED)
def test_a_policy_in_use(iam, role, policy, refused):
    iam.attach_role_policy(RoleName=role, PolicyArn=policy)
    with refused(lambda: iam.list_attached_role_policies(RoleName=role)):
        iam.delete_policy(PolicyArn=policy)
    iam.detach_role_policy(RoleName=role, PolicyArn=policy)
    iam.delete_policy(PolicyArn=policy)


@probe("deleting a policy with several versions", call="iam:DeletePolicy", code="DeleteConflict", source=ATTACHED)
def test_a_policy_with_versions(iam, policy, refused):
    iam.create_policy_version(PolicyArn=policy, PolicyDocument=large(200), SetAsDefault=True)
    with refused(lambda: iam.list_policy_versions(PolicyArn=policy)):
        iam.delete_policy(PolicyArn=policy)


@probe(
    "a role that trusts a role which is not there",
    call="iam:CreateRole",
    code="MalformedPolicyDocument",
    source='AWS IAM User Guide, "AWS JSON policy elements: Principal"; terraform-provider-aws#8905',
)
def test_trust_of_nobody(iam, unique, refused):
    nobody = TRUST | {"Principal": {"AWS": ["arn:aws:iam::123456789012:role/nobody"]}}
    with refused(iam.list_roles):
        iam.create_role(RoleName=unique, AssumeRolePolicyDocument=document(TRUST, nobody | {"Sid": "Nobody"}))


@probe("a trust policy of 2,049 characters", call="iam:CreateRole", code="LimitExceeded", source=QUOTAS)
def test_a_large_trust_policy(iam, unique, refused):
    sources = [f"arn:aws:states:eu-west-1:123456789012:stateMachine:m{number}" for number in range(40)]
    large_trust = TRUST | {"Condition": {"ArnLike": {"aws:SourceArn": sources}}}
    with refused(iam.list_roles):
        iam.create_role(RoleName=unique, AssumeRolePolicyDocument=document(large_trust))


@probe("a managed policy of more than 6,144 characters", call="iam:CreatePolicy", code="LimitExceeded", source=QUOTAS)
def test_a_large_managed_policy(iam, unique, refused):
    with refused(lambda: iam.list_policies(Scope="Local")):
        iam.create_policy(PolicyName=unique, PolicyDocument=large(6200))


@probe(
    "inline policies of a role with more than 10,240 characters together",
    call="iam:PutRolePolicy",
    code="LimitExceeded",
    source=QUOTAS,
)
def test_large_inline_policies(iam, role, refused):
    iam.put_role_policy(RoleName=role, PolicyName="one", PolicyDocument=large(5000))
    with refused(lambda: iam.list_role_policies(RoleName=role)):
        iam.put_role_policy(RoleName=role, PolicyName="two", PolicyDocument=large(5300))
    iam.put_role_policy(RoleName=role, PolicyName="one", PolicyDocument=large(9000))


@probe("an eleventh policy on a role", call="iam:AttachRolePolicy", code="LimitExceeded", source=QUOTAS)
def test_too_many_policies(iam, role, unique, refused):
    made = [
        iam.create_policy(PolicyName=f"{unique}-{number}", PolicyDocument=large(100))["Policy"]["Arn"]
        for number in range(11)
    ]
    for arn in made[:10]:
        iam.attach_role_policy(RoleName=role, PolicyArn=arn)
    with refused(lambda: iam.list_attached_role_policies(RoleName=role)):
        iam.attach_role_policy(RoleName=role, PolicyArn=made[10])
