"""Step Functions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from moto.stepfunctions.parser.models import stepfunctions_parser_backends

from emulator.core import aws
from emulator.core.deliver import Delivery
from emulator.core.descriptors import Descriptor
from emulator.services.stepfunctions import calls


def _deliver(arn: str, text: str, given: Delivery) -> None:
    client = aws.client("stepfunctions", role=given.role)
    client.start_execution(stateMachineArn=arn, input=text, **given.options)


def _listed(backend: Any) -> Iterable[str]:
    yield from (f"machine/{state_machine.name}" for state_machine in backend.state_machines)
    yield from (f"activity/{arn}" for arn in backend.activities)


DESCRIPTORS = (
    Descriptor(
        "stepfunctions",
        patches=("patches", "sagemaker", "errors", "history"),
        refusals=("refusals",),
        aliases=("sfn", "states"),
        arn="states",
        then=frozenset({"logs"}),
        unlocked=frozenset({"StartSyncExecution"}),
        needs=calls.needs,
        deliver=_deliver,
        lists=_listed,
        # moto's other models execute nothing.
        backends=lambda: stepfunctions_parser_backends,
    ),
)
