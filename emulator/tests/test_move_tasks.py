"""Dead letters go back by the commands of their runbook."""

import json
import re
import shlex
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs/runbooks/dead-letters.md"


def test_dead_letters_go_back_by_the_runbook(client, unique):
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

    answers = []
    for line in re.findall(r"(?m)^aws sqs .*$", PAGE.read_text()):
        _, _, command, *flags = shlex.split(re.sub("arn:aws:sqs:<region>:<account>:<queue>", arn, line))
        assert flags == ["--source-arn", arn]
        answers.append(getattr(sqs, command.replace("-", "_"))(SourceArn=arn))
    [task] = answers[1]["Results"]
    assert (task["Status"], task["ApproximateNumberOfMessagesMoved"]) == ("COMPLETED", 1)
    assert received(dead) == []
    assert received(queue) == [("a", "1")], "its tries begin anew"
