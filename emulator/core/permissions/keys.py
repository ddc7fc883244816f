"""Which KMS permissions a call needs beside its own: those on the key that encrypts what it touches.

S3, SQS, SNS, Kinesis and DynamoDB use a customer's key in the caller's name; the key's policy sees through which
service (kms:ViaService). AWS's own keys are open to everybody in the account who comes through their service.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from moto.dynamodb.models import dynamodb_backends
from moto.kinesis.models import kinesis_backends
from moto.kms.models import kms_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from emulator.core.permissions.authorization_requests import AuthorizationRequest, Context, arn
from emulator.core.settings import ACCOUNT, REGION

DECRYPT, GENERATE = "kms:Decrypt", "kms:GenerateDataKey"


def uses(
    service: str, key: str | None, actions: tuple[str, ...], encryption: Context = ()
) -> list[AuthorizationRequest]:
    """The actions on a key through a service; none where the key is AWS's own or there is none.

    encryption is the encryption context that the service gives.
    """
    found = key_arn(key)
    return [] if found is None else list(_uses(service, found, actions, encryption))


@lru_cache(maxsize=1024)
def _uses(service: str, key: str, actions: tuple[str, ...], encryption: Context) -> tuple[AuthorizationRequest, ...]:
    context: Context = (("kms:ViaService", f"{service}.{REGION}.amazonaws.com"), ("kms:CallerAccount", ACCOUNT))
    context += tuple((f"kms:EncryptionContext:{name}", value) for name, value in encryption)
    return tuple(AuthorizationRequest(action, key, context) for action in actions)


def key_arn(key: str | None) -> str | None:
    """The ARN of a key named by id, alias or ARN; None for AWS's own keys and no key."""
    if not key or "alias/aws/" in key:
        return None
    if ":key/" in key:
        return key
    backend = kms_backends[ACCOUNT][REGION]
    return arn("kms", f"key/{backend.any_id_to_key_id(key)}")


def of_queue(queue_arn: str, *actions: str) -> list[AuthorizationRequest]:
    """Actions on the key of a queue."""
    queue: Any = sqs_backends[ACCOUNT][REGION].queues.get(queue_arn.rsplit(":", 1)[1])
    key = getattr(queue, "kms_master_key_id", None)
    return uses("sqs", key, actions, (("aws:sqs:arn", queue_arn),))


def of_topic(topic_arn: str, *actions: str) -> list[AuthorizationRequest]:
    """Actions on the key of a topic."""
    topic: Any = sns_backends[ACCOUNT][REGION].topics.get(topic_arn)
    return uses("sns", topic and topic.kms_master_key_id, actions, (("aws:sns:topicArn", topic_arn),))


def of_stream(stream_arn: str, *actions: str) -> list[AuthorizationRequest]:
    """Actions on the key of a stream."""
    stream: Any = kinesis_backends[ACCOUNT][REGION].streams.get(stream_arn.rsplit("/", 1)[1])
    return uses("kinesis", stream and stream.key_id, actions, (("aws:kinesis:arn", stream_arn),))


def of_table(table_arn: str) -> list[AuthorizationRequest]:
    """Decrypt with the key of a table: DynamoDB opens the table's own key with it, to read and to write."""
    name = table_arn.split(":table/", 1)[1].split("/", 1)[0]
    table = dynamodb_backends[ACCOUNT][REGION].tables.get(name)
    key = ((table and table.sse_specification) or {}).get("KMSMasterKeyId")
    return uses("dynamodb", key, (DECRYPT,), (("aws:dynamodb:tableName", name), ("aws:dynamodb:subscriberId", ACCOUNT)))
