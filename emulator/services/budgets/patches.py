"""Budgets: subscribers, tags, and changes."""

from __future__ import annotations

import json
from typing import Any

from moto.budgets.exceptions import NotFoundException
from moto.budgets.models import Budget, BudgetsBackend
from moto.budgets.responses import BudgetsResponse
from moto.core.utils import unix_time

from emulator.core.patch import add, wrap

Json = dict[str, Any]


def _budget(response: Any, name: str) -> Budget:
    found: Budget | None = response.backend.budgets[response._get_param("AccountId")].get(name)
    if found is None:
        raise NotFoundException(f"Unable to get budget: {name} - the budget doesn't exist.")
    return found


def _tags(response: Any) -> dict[str, str]:
    """The tags of the budget that a request names by its ARN."""
    arn = response._get_param("ResourceARN")
    if arn.split(":budget/", 1)[1] not in response.backend.budgets[arn.split(":")[4]]:
        raise NotFoundException(f"Unable to find the resource {arn}.")
    return vars(response.backend).setdefault("tags", {}).setdefault(arn, {})


@wrap(BudgetsResponse)
def create_budget(moto: Any, self: Any) -> str:
    """Keeps the tags that a budget is made with."""
    answer: str = moto(self)
    arn = f"arn:aws:budgets::{self._get_param('AccountId')}:budget/{self._get_param('Budget')['BudgetName']}"
    given = {tag["Key"]: tag["Value"] for tag in self._get_param("ResourceTags") or []}
    vars(self.backend).setdefault("tags", {})[arn] = given
    return answer


@add(BudgetsResponse)
def update_budget(self: Any) -> str:
    """Replaces a budget; its notifications stay."""
    given = self._get_param("NewBudget")
    held = _budget(self, given["BudgetName"])
    held.budget = {"TimePeriod": held.budget["TimePeriod"], **given, "LastUpdatedTime": unix_time()}
    return "{}"


@add(BudgetsResponse)
def describe_subscribers_for_notification(self: Any) -> str:
    """The subscribers of a notification, which is named by all that it says."""
    asked = _identity(self._get_param("Notification"))
    for notification in _budget(self, self._get_param("BudgetName")).notifications:
        if _identity(notification.details) == asked:
            return json.dumps({"Subscribers": notification.subscribers})
    raise NotFoundException("Unable to get subscribers - the notification doesn't exist.")


def _identity(notification: Json) -> tuple[Any, ...]:
    """What tells notifications apart: their state changes by itself, and a percentage is the default."""
    return (
        notification["NotificationType"],
        notification["ComparisonOperator"],
        float(notification["Threshold"]),
        notification.get("ThresholdType", "PERCENTAGE"),
    )


@wrap(BudgetsBackend)
def describe_notifications_for_budget(moto: Any, self: Any, account_id: str, budget_name: str) -> Any:
    """A budget that isn't there is an error, not a crash."""
    if budget_name not in self.budgets[account_id]:
        raise NotFoundException(f"Unable to get notifications - the budget {budget_name} doesn't exist.")
    return moto(self, account_id, budget_name)


@add(BudgetsResponse)
def list_tags_for_resource(self: Any) -> str:
    """A budget's tags."""
    return json.dumps({"ResourceTags": [{"Key": key, "Value": value} for key, value in _tags(self).items()]})


@add(BudgetsResponse)
def tag_resource(self: Any) -> str:
    """Adds tags, or changes them."""
    _tags(self).update({tag["Key"]: tag["Value"] for tag in self._get_param("ResourceTags")})
    return "{}"


@add(BudgetsResponse)
def untag_resource(self: Any) -> str:
    """Takes tags away."""
    held = _tags(self)
    for key in self._get_param("ResourceTagKeys"):
        held.pop(key, None)
    return "{}"
