"""The secrets of pseudonyms, from KMS.

A job has a message authenticated by a key that KMS keeps: the answer is the secret, the same for the same message, and
cannot be had without the key. The message has the version in it, so that there can be another secret when one is known.
"""

import argparse
from collections.abc import Sequence
from typing import Any

import boto3

from dataplatform.transforms.pseudonyms import Secret

_MESSAGE = "dataplatform/pseudonyms/{}"
_ALGORITHM = "HMAC_SHA_256"


def secret(argv: Sequence[str], client: Any = None) -> Secret | None:
    """Return the secret in force; None for a job that makes no pseudonyms, which is not given a key."""
    found = secrets(argv, client, former=False)
    return found[0] if found else None


def secrets(argv: Sequence[str], client: Any = None, *, former: bool = True) -> tuple[Secret, ...]:
    """Return the secret in force and those before it, the newest first."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--pseudonym_key", default="")
    parser.add_argument("--pseudonym_version", default=0, type=int)
    values, _ = parser.parse_known_args(argv)
    if bool(values.pseudonym_key) != (values.pseudonym_version > 0):
        raise ValueError("--pseudonym_key and --pseudonym_version, of 1 at least, are given together, or neither is")
    if not values.pseudonym_key:
        return ()
    kms = client or boto3.client("kms")
    versions = range(values.pseudonym_version, 0 if former else values.pseudonym_version - 1, -1)
    return tuple(Secret(one, _mac(kms, values.pseudonym_key, one)) for one in versions)


def _mac(client: Any, key: str, version: int) -> bytes:
    answer = client.generate_mac(KeyId=key, MacAlgorithm=_ALGORITHM, Message=_MESSAGE.format(version).encode())
    return bytes(answer["Mac"])
