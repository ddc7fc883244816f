"""SQS and SNS."""

import pytest

from emulator.tests.roles import document

from .policies import NOBODY, allows
from .probe import probe

CREATE_QUEUE = "Amazon SQS API Reference, CreateQueue"


@pytest.fixture
def sqs(client):
    return client("sqs")


@pytest.fixture
def sns(client):
    return client("sns")


@probe(
    "a queue made again within 60 seconds",
    call="sqs:CreateQueue",
    code="AWS.SimpleQueueService.QueueDeletedRecently",
    source=f"{CREATE_QUEUE}, QueueDeletedRecently",
)
def test_a_queue_made_again(sqs, unique, refused):
    sqs.delete_queue(QueueUrl=sqs.create_queue(QueueName=unique)["QueueUrl"])
    with refused(lambda: sqs.list_queues(QueueNamePrefix=unique)):
        sqs.create_queue(QueueName=unique)


@probe(
    "a queue of the same name with other attributes",
    call="sqs:CreateQueue",
    code="QueueAlreadyExists",
    source=f"{CREATE_QUEUE}, QueueNameExists",
)
def test_a_queue_with_other_attributes(sqs, unique, refused):
    url = sqs.create_queue(QueueName=unique, Attributes={"VisibilityTimeout": "30"})["QueueUrl"]
    with refused(lambda: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])):
        sqs.create_queue(QueueName=unique, Attributes={"VisibilityTimeout": "60"})


@probe(
    "messages moved from a queue that is no dead letter queue",
    call="sqs:StartMessageMoveTask",
    code="InvalidParameterValue",
    source="Amazon SQS API Reference, StartMessageMoveTask",
)
def test_messages_of_no_dead_letter_queue(sqs, unique, refused):
    url = sqs.create_queue(QueueName=unique)["QueueUrl"]
    with refused(lambda: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])):
        sqs.start_message_move_task(SourceArn=f"arn:aws:sqs:eu-west-1:123456789012:{unique}")


@probe(
    "a queue's policy for a role that is not there",
    call="sqs:SetQueueAttributes",
    code="InvalidAttributeValue",
    source="terraform-provider-aws, queueAttributeHandler.Upsert",
)
def test_a_queues_policy_for_nobody(sqs, unique, refused):
    url = sqs.create_queue(QueueName=unique)["QueueUrl"]
    with refused(lambda: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])):
        text = document(allows("sqs:SendMessage", f"arn:aws:sqs:eu-west-1:123456789012:{unique}", {"AWS": NOBODY}))
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": text})


@probe(
    "a topic's policy for a role that is not there",
    call="sns:SetTopicAttributes",
    code="InvalidParameter",
    source="terraform-provider-aws#26041",
)
def test_a_topics_policy_for_nobody(sns, unique, refused):
    arn = sns.create_topic(Name=unique)["TopicArn"]
    with refused(lambda: sns.get_topic_attributes(TopicArn=arn)):
        text = document(allows("sns:Publish", arn, {"AWS": NOBODY}))
        sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=text)


@probe(
    "a subscription to a topic that is not there",
    call="sns:Subscribe",
    code="NotFound",
    source="Amazon SNS API Reference, Subscribe, NotFound",
)
def test_no_topic(sns, unique, refused):
    with refused(sns.list_subscriptions):
        arn = f"arn:aws:sns:eu-west-1:123456789012:{unique}"
        sns.subscribe(TopicArn=arn, Protocol="email", Endpoint="someone@example.com")


@probe(
    "a queue that hides messages for more than 12 hours",
    call="sqs:CreateQueue",
    code="InvalidAttributeValue",
    source="Amazon SQS API Reference, CreateQueue, VisibilityTimeout",
)
def test_an_attribute_out_of_range(sqs, unique, refused):
    with refused(lambda: sqs.list_queues(QueueNamePrefix=unique)):
        sqs.create_queue(QueueName=unique, Attributes={"VisibilityTimeout": "43201"})


@probe(
    "a topic made again with other attributes",
    call="sns:CreateTopic",
    code="InvalidParameter",
    source="Amazon SNS API Reference, CreateTopic",
)
def test_a_topic_with_other_attributes(sns, unique, refused):
    arn = sns.create_topic(Name=unique, Attributes={"DisplayName": "one"})["TopicArn"]
    with refused(lambda: sns.get_topic_attributes(TopicArn=arn)):
        sns.create_topic(Name=unique, Attributes={"DisplayName": "two"})


@probe(
    "a topic made again with other tags",
    call="sns:CreateTopic",
    code="InvalidParameter",
    source="Amazon SNS API Reference, CreateTopic",
)
def test_a_topic_with_other_tags(sns, unique, refused):
    arn = sns.create_topic(Name=unique, Tags=[{"Key": "a", "Value": "b"}])["TopicArn"]
    with refused(lambda: sns.list_tags_for_resource(ResourceArn=arn)):
        sns.create_topic(Name=unique, Tags=[{"Key": "a", "Value": "c"}])
