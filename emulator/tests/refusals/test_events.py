"""EventBridge and EventBridge Scheduler."""

import json

from .probe import probe


@probe(
    "deleting a rule with targets",
    call="events:DeleteRule",
    code="ValidationException",
    source="botocore events DeleteRule; terraform-provider-aws, internal/service/events/rule.go",
)
def test_a_rule_with_targets(client, unique, refused):
    events = client("events")
    queue = client("sqs").create_queue(QueueName=unique)["QueueUrl"].rsplit("/", 1)[1]
    events.put_rule(Name=unique, EventPattern=json.dumps({"source": [unique]}))
    events.put_targets(Rule=unique, Targets=[{"Id": "1", "Arn": f"arn:aws:sqs:eu-west-1:123456789012:{queue}"}])
    with refused(lambda: events.list_targets_by_rule(Rule=unique)):
        events.delete_rule(Name=unique)
    events.remove_targets(Rule=unique, Ids=["1"])
    events.delete_rule(Name=unique)


@probe(
    "a schedule with a role that Scheduler cannot assume",
    call="scheduler:CreateSchedule",
    code="ValidationException",
    source='Amazon EventBridge Scheduler User Guide, "Setting up the execution role"; aws-sdk-js-v3#6494',
)
def test_a_role_of_others(client, roles, unique, refused):
    scheduler = client("scheduler")
    schedule = {
        "Name": unique,
        "ScheduleExpression": "rate(1 hour)",
        "State": "DISABLED",
        "FlexibleTimeWindow": {"Mode": "OFF"},
    }
    target = {"Arn": f"arn:aws:sqs:eu-west-1:123456789012:{unique}", "RoleArn": roles.make(unique)}
    with refused(scheduler.list_schedules):
        scheduler.create_schedule(Target=target, **schedule)
    trusted = roles.make(f"{unique}-trusted", services=("scheduler",))
    scheduler.create_schedule(Target=target | {"RoleArn": trusted}, **schedule)
    scheduler.delete_schedule(Name=unique)
