"""What runbooks say is done by their own commands: those that ask AWS here, the others in the scenarios."""

import json
import re
from pathlib import Path

from emulator.core.settings import REGION

from . import aws_lines
from .test_recorded_calls import admits_trails

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "runbooks"


def follow(client, page, **known):
    """Run the commands of a page that ask AWS, in their order; the answers by operation."""
    text = (PAGES / f"{page}.md").read_text()
    for what, is_there in known.items():
        text = text.replace(f"<{what}>", is_there).replace(f'"$(pulumi stack output {what})"', is_there)
    answers = {}
    for line in aws_lines.lines(text):
        name, answer = aws_lines.run(client, line)
        answers[name] = answer
    return answers


def test_every_page_with_commands_is_followed_by_a_test():
    scenarios = "".join(path.read_text() for path in (ROOT / "e2e" / "scenarios").glob("*_test.go"))
    followed = {*re.findall(r'\.follow\(ctx, t, "([a-z-]+)"', scenarios)}
    followed |= {*re.findall(r'follow\(client, "([a-z-]+)"', Path(__file__).read_text())}
    with_commands = {path.stem for path in PAGES.glob("*.md") if "```sh" in path.read_text()}
    assert with_commands - followed == set()


def test_dead_letters_go_back(client, unique):
    sqs = client("sqs")

    def made(name, **attributes):
        url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        return url, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]

    def received(url):
        asked = {"MaxNumberOfMessages": 10, "MessageSystemAttributeNames": ["ApproximateReceiveCount"]}
        found = sqs.receive_message(QueueUrl=url, **asked)
        return [(one["Body"], one["Attributes"]["ApproximateReceiveCount"]) for one in found.get("Messages", [])]

    dead, arn = made(f"{unique}-dead")
    redrive = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1})
    queue, _ = made(unique, RedrivePolicy=redrive, VisibilityTimeout="0")
    sqs.send_message(QueueUrl=queue, MessageBody="a")
    assert received(queue) == [("a", "1")]
    assert received(queue) == [], "its tries are over"

    region, account, name = arn.split(":")[3:]
    said = follow(client, "dead-letters", region=region, account=account, queue=name)
    [task] = said["ListMessageMoveTasks"]["Results"]
    assert (task["Status"], task["ApproximateNumberOfMessagesMoved"]) == ("COMPLETED", 1)
    assert received(dead) == []
    assert received(queue) == [("a", "1")], "its tries begin anew"


def test_a_mapping_that_somebody_switched_off_is_on_again(client, unique, function):
    queue = client("sqs").create_queue(QueueName=unique)["QueueUrl"]
    asked = {"QueueUrl": queue, "AttributeNames": ["QueueArn"]}
    arn = client("sqs").get_queue_attributes(**asked)["Attributes"]["QueueArn"]
    functions = client("lambda")
    mapping = functions.create_event_source_mapping(FunctionName=function(), EventSourceArn=arn)["UUID"]
    functions.update_event_source_mapping(UUID=mapping, Enabled=False)
    said = follow(client, "clicks-stalled", eventSourceMapping=mapping)
    assert said["GetEventSourceMapping"]["State"] == "Disabled"
    assert functions.get_event_source_mapping(UUID=mapping)["State"] == "Enabled"
    functions.delete_event_source_mapping(UUID=mapping)


def test_a_key_that_was_to_be_deleted_encrypts_again(client):
    keys = client("kms")
    key = keys.create_key()["KeyMetadata"]["KeyId"]
    keys.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    follow(client, "key-changed", key=key)
    assert keys.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Enabled"
    assert keys.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]


def test_a_trail_that_was_stopped_records_again(client, unique):
    s3, trails = client("s3"), client("cloudtrail")
    s3.create_bucket(Bucket=unique, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_policy(Bucket=unique, Policy=admits_trails(unique))
    trails.create_trail(Name=unique, S3BucketName=unique)
    try:
        said = follow(client, "trail-changed", trail=unique)
        assert unique in [one["Name"] for one in said["DescribeTrails"]["trailList"]]
        assert not said["GetTrailStatus"]["IsLogging"]
        assert trails.get_trail_status(Name=unique)["IsLogging"]
    finally:
        trails.delete_trail(Name=unique)


def test_who_administers_the_lake_is_shown(client):
    [settings] = [one["DataLakeSettings"] for one in follow(client, "lake-settings-changed").values()]
    assert isinstance(settings["DataLakeAdmins"], list)
