"""CloudWatch Logs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from emulator.core.descriptors import Descriptor, named
from emulator.services.logs import calls, delivery

# All jobs of an account write to these, which the first of them makes: they are nobody's to delete.
_SHARED_GROUPS = ("/aws/sagemaker/TrainingJobs", "/aws/sagemaker/ProcessingJobs")


def _listed(backend: Any) -> Iterable[str]:
    """The policy that lets logs be delivered is the account's: it stays when the groups go that it names."""
    yield from (f"group/{name}" for name in backend.groups if name not in _SHARED_GROUPS)
    yield from (f"policy/{name}" for name in backend.resource_policies if name != delivery.NAME)
    yield from named(query="query_definitions", delivery="deliveries")(backend)


DESCRIPTORS = (
    Descriptor(
        "logs",
        patches=("delivery", "patches"),
        refusals=("refusals",),
        misfit="InvalidParameterException",
        needs=calls.needs,
        lists=_listed,
    ),
)
