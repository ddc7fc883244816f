"""Workgroups: what computes for a namespace of Redshift Serverless, and where in a network it is reached."""

from __future__ import annotations

from typing import Any

from moto.ec2.models import ec2_backends

from emulator.core.refusals.registry import Refused
from emulator.core.settings import ACCOUNT, REGION
from emulator.services.redshift.state import STATE, Held, Json, found, free, invalid

# What AWS tells of every workgroup, whatever was set (terraform-provider-aws#33692).
_PARAMETERS = {
    "auto_mv": "true",
    "datestyle": "ISO, MDY",
    "enable_case_sensitive_identifier": "false",
    "enable_user_activity_logging": "true",
    "max_query_execution_time": "14400",
    "query_group": "default",
    "require_ssl": "true",
    "search_path": "$user, public",
    "use_fips_ssl": "false",
}
_LIMITS = "max_"  # begins what stops a query, and is returned only if it was set
_STEP, _LOWEST, _HIGHEST = 8, 4, 1024
_DEFAULT_RPU, _PORT = 128, 5439
_ATTRIBUTES = (
    "baseCapacity",
    "maxCapacity",
    "enhancedVpcRouting",
    "publiclyAccessible",
    "subnetIds",
    "securityGroupIds",
    "port",
    "ipAddressType",
    "pricePerformanceTarget",
)


def create(given: Json) -> Json:
    """CreateWorkgroup: one for a namespace."""
    name, space = given["workgroupName"], given["namespaceName"]
    free(STATE.workgroups, "workgroup", name)
    found(STATE.namespaces, "namespace", space)
    taken = [name for name, held in STATE.workgroups.items() if held.attributes["namespaceName"] == space]
    if taken:
        raise Refused("ConflictException", f"The namespace {space} has the workgroup {taken[0]} already.", 409)
    attributes = {
        "workgroupName": name,
        "namespaceName": space,
        "baseCapacity": _DEFAULT_RPU,
        "enhancedVpcRouting": False,
        "publiclyAccessible": False,
        "port": _PORT,
        "subnetIds": [],
        "securityGroupIds": [],
    }
    attributes |= {key: given[key] for key in _ATTRIBUTES if key in given}
    attributes["configParameters"] = _parameters(given.get("configParameters", []))
    _check(attributes)
    held = Held("workgroup", attributes)
    held.changes("CREATING")
    STATE.workgroups[name] = held
    STATE.tags[held.arn] = {tag["key"]: tag["value"] for tag in given.get("tags", [])}
    return {"workgroup": _shown(held)}


def get(given: Json) -> Json:
    """GetWorkgroup."""
    return {"workgroup": _shown(found(STATE.workgroups, "workgroup", given["workgroupName"]))}


def list_all(_given: Json) -> Json:
    """ListWorkgroups, all on one page."""
    STATE.sweep()
    return {"workgroups": [_shown(held) for held in STATE.workgroups.values()]}


def update(given: Json) -> Json:
    """UpdateWorkgroup: one setting at a time (aws-cli#7507)."""
    held = found(STATE.workgroups, "workgroup", given["workgroupName"])
    changed = [key for key in (*_ATTRIBUTES, "configParameters") if key in given]
    if len(changed) > 1:
        raise invalid("Can't update multiple configurations at the same time for workgroup.")
    attributes = held.attributes | {key: given[key] for key in changed}
    if "configParameters" in changed:
        attributes["configParameters"] = _parameters(given["configParameters"])
    if attributes.get("maxCapacity") == -1:
        del attributes["maxCapacity"]
    _check(attributes)
    held.changes("MODIFYING")
    held.attributes = attributes
    return {"workgroup": _shown(held)}


def delete(given: Json) -> Json:
    """DeleteWorkgroup, and with it the limits of its use."""
    held = found(STATE.workgroups, "workgroup", given["workgroupName"])
    held.changes("DELETING")
    for limit in [key for key, one in STATE.usage_limits.items() if one["resourceArn"] == held.arn]:
        del STATE.usage_limits[limit]
    return {"workgroup": _shown(held)}


def _shown(held: Held) -> Json:
    address = f"{held.attributes['workgroupName']}.{ACCOUNT}.{REGION}.redshift-serverless.amazonaws.com"
    return {**held.shown(), "endpoint": {"address": address, "port": held.attributes["port"], "vpcEndpoints": []}}


def _parameters(given: list[Json]) -> list[Json]:
    asked = {one["parameterKey"]: one["parameterValue"] for one in given}
    unknown = [key for key in asked if key not in _PARAMETERS and not key.startswith(_LIMITS)]
    if unknown:
        raise invalid(f"The parameter {unknown[0]} is not valid for a workgroup.")
    return [{"parameterKey": key, "parameterValue": value} for key, value in sorted((_PARAMETERS | asked).items())]


def _check(attributes: Json) -> None:
    base, most = attributes["baseCapacity"], attributes.get("maxCapacity")
    for capacity in [base] if most is None else [base, most]:
        if not _LOWEST <= capacity <= _HIGHEST or capacity % _STEP and capacity != _LOWEST:
            raise invalid(f"The capacity {capacity} is not valid: {_LOWEST}, or {_STEP} to {_HIGHEST} by {_STEP}.")
    if most is not None and most < base:
        raise invalid(f"The max capacity {most} is less than the base capacity {base}.")
    _network(attributes)


def _network(attributes: Json) -> None:
    """Three subnets in three zones where all goes through the network, two in two otherwise (Amazon Redshift Management
    Guide, "Considerations when using Amazon Redshift Serverless"); none are those of the default network."""
    if not attributes["subnetIds"]:
        return
    subnets: list[Any] = [_subnet(name) for name in attributes["subnetIds"]]
    needed = 3 if attributes["enhancedVpcRouting"] else 2
    if len({subnet.availability_zone for subnet in subnets}) < needed:
        raise invalid(f"The subnets have to be in {needed} Availability Zones at least.")
    if len({subnet.vpc_id for subnet in subnets}) > 1:
        raise invalid("The subnets are not all in one VPC.")
    groups = ec2_backends[ACCOUNT][REGION].groups.get(subnets[0].vpc_id, {})
    for group in attributes["securityGroupIds"]:
        if group not in groups:
            raise invalid(f"The security group {group} is not in the VPC {subnets[0].vpc_id}.")


def _subnet(name: str) -> Any:
    for held in ec2_backends[ACCOUNT][REGION].subnets.values():
        if name in held:
            return held[name]
    raise invalid(f"The subnet {name} does not exist.")


OPERATIONS = {
    "CreateWorkgroup": create,
    "GetWorkgroup": get,
    "ListWorkgroups": list_all,
    "UpdateWorkgroup": update,
    "DeleteWorkgroup": delete,
}
