"""SNS."""

from __future__ import annotations

from moto.sns.models import sns_backends

from emulator.core import aws
from emulator.core.deliver import Delivery
from emulator.core.descriptors import Descriptor, form_body, named
from emulator.core.settings import ACCOUNT, REGION
from emulator.services.sns import calls


def _deliver(arn: str, text: str, given: Delivery) -> None:
    subject = {"Subject": given.subject} if given.subject else {}
    aws.client("sns", role=given.role).publish(TopicArn=arn, Message=text, **subject, **given.options)


def _policy(arn: str) -> str | None:
    topic = sns_backends[ACCOUNT][REGION].topics.get(arn)
    return topic.policy if topic is not None else None


DESCRIPTORS = (
    Descriptor(
        "sns",
        refusals=("refusals",),
        arn="sns",
        then=frozenset({"sqs"}),
        besides=("sqs",),  # it publishes into queues inside moto
        given=form_body,
        needs=calls.needs,
        deliver=_deliver,
        policy=_policy,
        errors="query",
        denied="AuthorizationError",
        lists=named(topic="topics", subscription="subscriptions"),
    ),
)
