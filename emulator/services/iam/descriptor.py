"""IAM."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from emulator.core.descriptors import Descriptor, named
from emulator.core.permissions import documents


def _policy(arn: str) -> str | None:
    held = documents.role(arn)
    return held.assume_role_policy_document if held is not None else None


def _listed(backend: Any) -> Iterable[str]:
    yield from (f"role/{role.name}" for role in backend.roles.values())
    yield from (f"policy/{arn}" for arn in backend.managed_policies if not arn.startswith("arn:aws:iam::aws:"))
    yield from named(
        profile="instance_profiles",
        user="users",
        group="groups",
        oidc="open_id_providers",
    )(backend)


DESCRIPTORS = (Descriptor("iam", refusals=("refusals",), arn="iam", policy=_policy, errors="query", lists=_listed),)
