"""Limits of use: how much a workgroup may compute in a day, a week or a month."""

from __future__ import annotations

import uuid

from emulator.core.permissions.authorization_requests import arn
from emulator.core.refusals.registry import Refused
from emulator.services.redshift.state import STATE, Json, invalid

_MOST = 4  # of one kind for one workgroup (Amazon Redshift Management Guide, "Setting usage limits")


def create(given: Json) -> Json:
    """CreateUsageLimit."""
    STATE.sweep()
    if given["resourceArn"] not in {held.arn for held in STATE.workgroups.values()}:
        raise Refused("ResourceNotFoundException", f"The resource {given['resourceArn']} does not exist.", 404)
    _check(given)
    same = [
        limit
        for limit in STATE.usage_limits.values()
        if (limit["resourceArn"], limit["usageType"]) == (given["resourceArn"], given["usageType"])
    ]
    if len(same) >= _MOST:
        raise Refused("ServiceQuotaExceededException", f"A resource has {_MOST} limits of a kind at most.", 402)
    name = str(uuid.uuid4())
    limit = {"period": "monthly", "breachAction": "log", **given, "usageLimitId": name}
    limit["usageLimitArn"] = arn("redshift-serverless", f"usagelimit/{name}")
    STATE.usage_limits[name] = limit
    return {"usageLimit": limit}


def get(given: Json) -> Json:
    """GetUsageLimit."""
    return {"usageLimit": _found(given)}


def list_all(given: Json) -> Json:
    """ListUsageLimits, all on one page."""
    wanted = given.get("resourceArn")
    return {"usageLimits": [one for one in STATE.usage_limits.values() if wanted in (None, one["resourceArn"])]}


def update(given: Json) -> Json:
    """UpdateUsageLimit."""
    held = _found(given)
    _check({**held, **given})
    held.update(given)
    return {"usageLimit": held}


def delete(given: Json) -> Json:
    """DeleteUsageLimit."""
    return {"usageLimit": STATE.usage_limits.pop(_found(given)["usageLimitId"])}


def _found(given: Json) -> Json:
    name = given["usageLimitId"]
    if name not in STATE.usage_limits:
        raise Refused("ResourceNotFoundException", f"The usage limit {name} does not exist.", 404)
    return STATE.usage_limits[name]


def _check(given: Json) -> None:
    if given["amount"] <= 0:
        raise invalid("The amount has to be a positive number.")


OPERATIONS = {
    "CreateUsageLimit": create,
    "GetUsageLimit": get,
    "ListUsageLimits": list_all,
    "UpdateUsageLimit": update,
    "DeleteUsageLimit": delete,
}
