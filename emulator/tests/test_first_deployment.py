"""The commands of docs/how-to/first-deployment.md that ask AWS, run in their order as the AWS CLI would."""

import json
import re
from pathlib import Path

import pytest

from emulator.core.settings import REGION

from . import aws_lines

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "first-deployment.md"


def commands():
    """Its lines that begin with aws, and the files that it writes."""
    blocks = "".join(re.findall(r"```sh\n(.*?)```", PAGE.read_text(), re.S))
    files = dict(re.findall(r"cat > (\S+) <<'EOF'\n(.*?)\nEOF", blocks, re.S))
    return [line for line in blocks.splitlines() if line.startswith("aws ")], files


def test_each_command_does_what_the_page_says(client):
    lines, files = commands()
    assert len(lines) > 10
    topic = client("sns").create_topic(Name="first-deployment")["TopicArn"]
    key, said = "", []
    files["verify-policy.json"] = json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kinesis:PutRecord", "Resource": "*"}]}
    )
    trust = next(iter(files.values()))
    all_of_it = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'
    # The emulator has none of the policies that AWS manages.
    administrator = client("iam").create_policy(PolicyName="AdministratorAccess", PolicyDocument=all_of_it)
    client("iam").create_role(RoleName="engineer", AssumeRolePolicyDocument=trust)  # who the settings name is there
    for line in lines:
        known = re.sub(r'"\$\(pulumi stack output alarmsTopic [^"]*\)"', topic, line).replace('"$KEY_ID"', key)
        known = known.replace("arn:aws:iam::aws:policy/AdministratorAccess", administrator["Policy"]["Arn"])
        name, answer = aws_lines.run(client, known, files)
        key = answer.get("KeyMetadata", {}).get("KeyId", key)
        said.append(name)
    state = {"Bucket": "shop-pulumi-state"}
    assert client("s3").get_bucket_versioning(**state)["Status"] == "Enabled"
    assert client("s3").get_bucket_location(**state)["LocationConstraint"] == REGION
    assert all(client("s3").get_public_access_block(**state)["PublicAccessBlockConfiguration"].values())
    assert client("kms").describe_key(KeyId="alias/pulumi-state")["KeyMetadata"]["KeyId"] == key
    groups = client("logs").describe_log_groups(logGroupNamePrefix="/aws-glue/crawlers")["logGroups"]
    assert [group["retentionInDays"] for group in groups] == [90]
    assert len(client("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]) == 1
    with pytest.raises(client("iam").exceptions.NoSuchEntityException):
        client("iam").get_role(RoleName="dataplatform-deployer")
    assert said[-1] == "DeleteRole"
