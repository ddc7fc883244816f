"""Athena: workgroups that still hold something."""

from __future__ import annotations

from moto.athena.models import athena_backends

from emulator.core.refusals.registry import Call, Refused, refuses
from emulator.core.settings import ACCOUNT, REGION


@refuses("athena", "GetWorkGroup", "UpdateWorkGroup", "DeleteWorkGroup")
def workgroup_that_is_not_there(call: Call) -> None:
    """terraform-provider-aws, findWorkGroupByName, tells a workgroup that is gone by this message."""
    if (name := call["WorkGroup"]) not in athena_backends[ACCOUNT][REGION].work_groups:
        raise Refused("InvalidRequestException", f"WorkGroup {name} is not found.")


@refuses("athena", "DeleteWorkGroup")
def workgroup_in_use(call: Call) -> None:
    """API Reference, DeleteWorkGroup: never the primary one; with contents only by RecursiveDeleteOption."""
    name, backend = call["WorkGroup"], athena_backends[ACCOUNT][REGION]
    if name == "primary":
        raise Refused("InvalidRequestException", "The primary workgroup cannot be deleted.")
    if name not in backend.work_groups:
        return
    held = [query.workgroup for query in backend.named_queries.values()]
    held += [execution.workgroup for execution in backend.executions.values()]
    held += [statement.workgroup for statement in backend.prepared_statements.values()]
    if backend.work_groups[name] in held and not call.get("RecursiveDeleteOption"):
        raise Refused("InvalidRequestException", f"WorkGroup {name} is not empty")
