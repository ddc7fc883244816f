"""SageMaker."""

from __future__ import annotations

from emulator.core.descriptors import Descriptor, Environ, named, path_of
from emulator.services.sagemaker import calls

# Jobs are no more than a record of what ran: nobody can delete them.
_LISTED = named(
    model="_models",
    config="endpoint_configs",
    endpoint="endpoints",
    group="model_package_groups",
    package="model_packages",
    feature_group="feature_groups",
)


def _operation(environ: Environ) -> str:
    return "InvokeEndpoint" if environ.get("PATH_INFO", "").endswith("/invocations") else ""


DESCRIPTORS = (
    Descriptor(
        "sagemaker",
        patches=("patches", "feature_groups"),
        starts=("service",),
        then=frozenset({"glue"}),
        needs=calls.needs,
        lists=_LISTED,
    ),
    Descriptor(
        "sagemakerruntime",
        unlocked=frozenset({"InvokeEndpoint"}),
        operation=_operation,
        given=path_of,
        needs=calls.runtime_needs,
        stateless=True,
    ),
)
