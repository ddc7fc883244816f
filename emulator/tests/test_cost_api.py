"""Budgets, Cost Explorer and CloudTrail as the provider asks them, where moto lacks the call or answers unlike AWS."""

import json

import pytest
from botocore.exceptions import ClientError

from .conftest import REGION

ACCOUNT = "123456789012"
NOTIFICATION = {
    "NotificationType": "ACTUAL",
    "ComparisonOperator": "GREATER_THAN",
    "Threshold": 50.0,
    "ThresholdType": "PERCENTAGE",
}
TOPIC = {"SubscriptionType": "SNS", "Address": f"arn:aws:sns:{REGION}:{ACCOUNT}:alarms"}


def error_of(call):
    with pytest.raises(ClientError) as caught:
        call()
    return caught.value.response["Error"]["Code"]


def test_a_budget_says_who_is_told_of_what(client, unique):
    budgets = client("budgets")
    budget = {
        "BudgetName": unique,
        "BudgetLimit": {"Amount": "400", "Unit": "USD"},
        "TimeUnit": "MONTHLY",
        "BudgetType": "COST",
    }
    later = NOTIFICATION | {"Threshold": 100.0}
    budgets.create_budget(
        AccountId=ACCOUNT,
        Budget=budget,
        NotificationsWithSubscribers=[{"Notification": one, "Subscribers": [TOPIC]} for one in (NOTIFICATION, later)],
        ResourceTags=[{"Key": "owner", "Value": "x"}],
    )

    def subscribers(notification):
        return budgets.describe_subscribers_for_notification(
            AccountId=ACCOUNT, BudgetName=unique, Notification=notification
        )["Subscribers"]

    assert subscribers(NOTIFICATION) == subscribers(later | {"NotificationState": "OK"}) == [TOPIC]
    assert error_of(lambda: subscribers(NOTIFICATION | {"Threshold": 60.0})) == "NotFoundException"
    arn = f"arn:aws:budgets::{ACCOUNT}:budget/{unique}"
    budgets.tag_resource(ResourceARN=arn, ResourceTags=[{"Key": "owner", "Value": "y"}, {"Key": "more", "Value": "z"}])
    budgets.untag_resource(ResourceARN=arn, ResourceTagKeys=["more"])
    assert budgets.list_tags_for_resource(ResourceARN=arn)["ResourceTags"] == [{"Key": "owner", "Value": "y"}]
    budgets.update_budget(AccountId=ACCOUNT, NewBudget=budget | {"BudgetLimit": {"Amount": "500", "Unit": "USD"}})
    assert budgets.describe_budget(AccountId=ACCOUNT, BudgetName=unique)["Budget"]["BudgetLimit"]["Amount"] == "500"
    assert subscribers(NOTIFICATION) == [TOPIC]
    budgets.delete_budget(AccountId=ACCOUNT, BudgetName=unique)
    gone = lambda: budgets.describe_notifications_for_budget(AccountId=ACCOUNT, BudgetName=unique)  # noqa: E731
    assert error_of(gone) == "NotFoundException"


def test_a_monitor_of_costs_and_its_subscription_live(client, unique):
    costs = client("ce")
    watched = {"Tags": {"Key": "stack", "Values": [unique]}}
    monitor = costs.create_anomaly_monitor(
        AnomalyMonitor={"MonitorName": unique, "MonitorType": "CUSTOM", "MonitorSpecification": watched},
        ResourceTags=[{"Key": "owner", "Value": "x"}],
    )["MonitorArn"]
    subscription = costs.create_anomaly_subscription(
        AnomalySubscription={
            "SubscriptionName": unique,
            "MonitorArnList": [monitor],
            "Subscribers": [{"Type": "SNS", "Address": TOPIC["Address"]}],
            "Frequency": "IMMEDIATE",
        }
    )["SubscriptionArn"]
    [shown] = costs.get_anomaly_monitors(MonitorArnList=[monitor])["AnomalyMonitors"]
    assert shown["MonitorName"] == unique and shown["MonitorSpecification"] == watched
    assert costs.list_tags_for_resource(ResourceArn=monitor)["ResourceTags"] == [{"Key": "owner", "Value": "x"}]
    costs.update_anomaly_monitor(MonitorArn=monitor, MonitorName="renamed")
    assert costs.get_anomaly_monitors(MonitorArnList=[monitor])["AnomalyMonitors"][0]["MonitorName"] == "renamed"
    costs.update_anomaly_subscription(SubscriptionArn=subscription, Frequency="DAILY")
    [got] = costs.get_anomaly_subscriptions(SubscriptionArnList=[subscription])["AnomalySubscriptions"]
    assert got["Frequency"] == "DAILY" and got["AccountId"] == ACCOUNT and got["MonitorArnList"] == [monitor]
    costs.delete_anomaly_subscription(SubscriptionArn=subscription)
    costs.delete_anomaly_monitor(MonitorArn=monitor)
    gone = lambda: costs.get_anomaly_monitors(MonitorArnList=[monitor])  # noqa: E731
    assert error_of(gone) == "UnknownMonitorException"
    silent = lambda: costs.get_anomaly_subscriptions(SubscriptionArnList=[subscription])  # noqa: E731
    assert error_of(silent) == "UnknownSubscriptionException"


def test_a_tag_counts_on_the_bill_until_it_does_not(client, unique):
    costs = client("ce")
    for status in ("Active", "Inactive"):
        costs.update_cost_allocation_tags_status(CostAllocationTagsStatus=[{"TagKey": unique, "Status": status}])
        [tag] = costs.list_cost_allocation_tags(TagKeys=[unique])["CostAllocationTags"]
        assert tag["Status"] == status


def test_a_trail_is_found_by_its_name_beside_another(client, unique):
    s3, trails = client("s3"), client("cloudtrail")
    s3.create_bucket(Bucket=unique, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_policy(Bucket=unique, Policy=admits_trails(unique))
    arns = {
        name: trails.create_trail(Name=name, S3BucketName=unique)["TrailARN"] for name in (unique, unique + "-other")
    }
    for name, arn in arns.items():
        for wanted in (name, arn):
            assert [one["Name"] for one in trails.describe_trails(trailNameList=[wanted])["trailList"]] == [name]
    assert trails.describe_trails(trailNameList=["nobody"])["trailList"] == []
    assert len(trails.describe_trails()["trailList"]) >= 2
    for name in arns:
        trails.delete_trail(Name=name)


def admits_trails(bucket):
    """The policy by which CloudTrail may write into a bucket."""
    by = {"Effect": "Allow", "Principal": {"Service": ["cloudtrail.amazonaws.com"]}}
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                by | {"Sid": "Look", "Action": ["s3:GetBucketAcl"], "Resource": [f"arn:aws:s3:::{bucket}"]},
                by | {"Sid": "Write", "Action": ["s3:PutObject"], "Resource": [f"arn:aws:s3:::{bucket}/AWSLogs/*"]},
            ],
        }
    )
