"""CloudWatch alarms."""

import pytest

from .probe import probe

RULES = 'botocore cloudwatch PutCompositeAlarm; awsdocs/aws-cloudformation-user-guide#911 "CompositeAlarm requires"'
DELETING = "aws-nuke#462, cloud-custodian#7763, terraform-provider-aws#34807"


@pytest.fixture
def alarms(client):
    return client("cloudwatch")


@pytest.fixture
def alarm(alarms, unique):
    """A metric's alarm; its name."""
    alarms.put_metric_alarm(
        AlarmName=unique,
        Namespace="Test",
        MetricName="Errors",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    return unique


@probe(
    "a composite alarm over an alarm that is not there",
    call="cloudwatch:PutCompositeAlarm",
    code="ValidationError",
    source=RULES,
)
def test_a_composite_alarm_of_nobody(alarms, alarm, refused):
    with refused(lambda: alarms.describe_alarms(AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]):
        alarms.put_composite_alarm(AlarmName=f"{alarm}-all", AlarmRule=f'ALARM("{alarm}") OR ALARM({alarm}-nobody)')


@probe(
    "deleting an alarm that a composite alarm names",
    call="cloudwatch:DeleteAlarms",
    code="ValidationError",
    source=DELETING,
)
def test_an_alarm_in_use(alarms, alarm, refused):
    arn = alarms.describe_alarms(AlarmNames=[alarm])["MetricAlarms"][0]["AlarmArn"]
    alarms.put_composite_alarm(AlarmName=f"{alarm}-all", AlarmRule=f"NOT OK({arn})")
    with refused(lambda: alarms.describe_alarms(AlarmNames=[alarm])["MetricAlarms"]):
        alarms.delete_alarms(AlarmNames=[alarm])
    alarms.delete_alarms(AlarmNames=[f"{alarm}-all"])
    alarms.delete_alarms(AlarmNames=[alarm])
