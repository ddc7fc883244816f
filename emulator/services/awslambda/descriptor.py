"""Lambda."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from moto.awslambda.utils import get_backend
from moto.awslambda_simple.models import lambda_simple_backends

from emulator.core import aws
from emulator.core.deliver import Delivery
from emulator.core.descriptors import Descriptor, Environ, named, path_of
from emulator.core.settings import ACCOUNT, REGION
from emulator.services.awslambda import calls


def _operation(environ: Environ) -> str:
    return "Invoke" if environ.get("PATH_INFO", "").rstrip("/").endswith("/invocations") else ""


def _deliver(arn: str, text: str, given: Delivery) -> None:
    client = aws.client("lambda", role=given.role)
    client.invoke(FunctionName=arn, InvocationType="Event", Payload=text.encode(), **given.options)


def _policy(arn: str) -> str | None:
    function = get_backend(ACCOUNT, REGION).get_function_by_arn(arn)
    return json.dumps({"Statement": function.policy.statements}) if function and function.policy.statements else None


def _listed(backend: Any) -> Iterable[str]:
    yield from (f"function/{function.function_name}" for function in backend.list_functions())
    yield from named(mapping="_event_source_mappings")(backend)
    yield from (f"layer/{layer['LayerName']}" for layer in backend.list_layers())


DESCRIPTORS = (
    Descriptor(
        "awslambda",
        patches=("patches",),
        refusals=("refusals", "mapping_refusals"),
        starts=("invoke_api", "function_urls", "mappings"),
        aliases=("lambda",),
        arn="lambda",
        unlocked=frozenset({"Invoke"}),
        operation=_operation,
        given=path_of,
        needs=calls.needs,
        deliver=_deliver,
        policy=_policy,
        denied_status="403 Forbidden",
        lists=_listed,
        # moto's other models only pretend.
        backends=lambda: lambda_simple_backends,
    ),
)
