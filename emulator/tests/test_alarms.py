"""Alarms: states that follow metrics, rules over other alarms, actions that are notified of changes."""

import datetime
import json
import time
from types import SimpleNamespace

import pytest
import requests

from emulator.services.cloudwatch import alarms, expressions
from emulator.services.cloudwatch.series import Series

from .conftest import eventually


class Datum:
    """A data point as moto keeps it."""

    def __init__(self, value, moment):
        import datetime

        self.namespace, self.name, self.dimensions, self.value = "n", "m", [], value
        self.timestamp = datetime.datetime.fromtimestamp(moment, datetime.UTC).replace(tzinfo=None)


def test_statistics_are_of_the_period():
    series = Series()
    data = [Datum(value, 100 + value) for value in (5, 1, 3, 2, 4)]
    series.follow(data[:2])
    series.follow(data)
    metric = ("n", "m", frozenset())
    want = {"Sum": 9, "Maximum": 4, "Minimum": 2, "Average": 3, "SampleCount": 3, "p50": 3, "p90": 4}
    assert {name: series.value(metric, name, 102, 105) for name in want} == want
    assert series.value(metric, "Sum", 90, 101) is None
    assert series.value(("n", "other", frozenset()), "Sum", 0, 1000) is None


def test_what_services_measure_is_known_later():
    series = Series()
    own, theirs = Datum(1, 100), Datum(2, 100)
    theirs.namespace = "AWS/Lambda"
    series.follow([own, theirs], now=101, delay=60)
    assert series.value(("n", "m", frozenset()), "Sum", 90, 110) == 1
    assert series.value(("AWS/Lambda", "m", frozenset()), "Sum", 90, 110) is None
    series.follow([own, theirs], now=161, delay=60)
    assert series.value(("AWS/Lambda", "m", frozenset()), "Sum", 90, 110) == 2


STALLED = "IF(FILL(m1, 0) > 0 AND FILL(m2, 0) == 0, 1, 0)"


@pytest.mark.parametrize(
    ("expression", "values", "want"),
    [
        ("SUM(FILL(METRICS(), 0))", {"m1": None, "m2": 3.0}, 3.0),
        ("SUM(METRICS())", {"m1": None, "m2": None}, None),
        (STALLED, {"m1": 5.0, "m2": None}, 1),
        (STALLED, {"m1": 5.0, "m2": 5.0}, 0),
        (STALLED, {"m1": None, "m2": None}, 0),
        ("IF(m2 >= 20, m1 / m2, 0)", {"m1": 76.0, "m2": 100.0}, 0.76),
        ("IF(m2 >= 20, m1 / m2, 0)", {"m1": 9.0, "m2": 10.0}, 0),
        ("IF(m2 >= 20, m1 / m2, 0)", {"m1": None, "m2": None}, None),
        ("IF(m2 >= 20, m1 / m2, 0)", {"m1": 0.0, "m2": 0.0}, 0),
        ("m1 / m2", {"m1": 3.0, "m2": None}, None),
        ("m1 / m2", {"m1": 3.0, "m2": 0.0}, None),
    ],
)
def test_metric_math(expression, values, want):
    assert expressions.evaluate(expression, values, expressions.metric_math(list(values.values()))) == want


def test_what_is_not_understood_is_an_error():
    for text in ("ANOMALY_DETECTION_BAND(m1)", "m1 +", "m9"):
        with pytest.raises(ValueError, match="expression"):
            expressions.evaluate(text, {"m1": 1.0}, expressions.metric_math([1.0]))


@pytest.fixture
def fast(server):
    """A minute of alarms is half a second."""
    answer = requests.post(f"{server.endpoint}/_local/alarms", json={"minuteSeconds": 0.5}, timeout=10)
    assert answer.status_code == 200, answer.text
    yield
    requests.post(f"{server.endpoint}/_local/alarms", json={"minuteSeconds": 60}, timeout=10)


def test_the_pace_has_limits(server):
    for seconds in (0, 61, "soon"):
        answer = requests.post(f"{server.endpoint}/_local/alarms", json={"minuteSeconds": seconds}, timeout=10)
        assert answer.status_code == 400


def test_an_alarm_rises_tells_and_clears(client, unique, fast):
    metrics, queues, topics = client("cloudwatch"), client("sqs"), client("sns")
    queue = queues.create_queue(QueueName=unique)["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = topics.create_topic(Name=unique)["TopicArn"]
    topics.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    metrics.put_metric_alarm(
        AlarmName=unique,
        Namespace=unique,
        MetricName="Age",
        Statistic="Maximum",
        Period=60,
        EvaluationPeriods=2,
        Threshold=10,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching",
        AlarmActions=[topic],
        OKActions=[topic],
    )
    metrics.put_composite_alarm(
        AlarmName=f"{unique}-late", AlarmRule=f'ALARM("{unique}") OR NOT OK("{unique}")', AlarmActions=[topic]
    )

    def states():
        found = metrics.describe_alarms(
            AlarmNames=[unique, f"{unique}-late"], AlarmTypes=["MetricAlarm", "CompositeAlarm"]
        )
        return [one["StateValue"] for kind in ("MetricAlarms", "CompositeAlarms") for one in found[kind]]

    def put(value):
        metrics.put_metric_data(Namespace=unique, MetricData=[{"MetricName": "Age", "Value": value}])
        time.sleep(0.1)
        return states()

    eventually(lambda: states() == ["OK", "OK"])
    eventually(lambda: put(11) == ["ALARM", "ALARM"])
    both = metrics.describe_alarms(StateValue="ALARM", AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    assert f"{unique}-late" in [one["AlarmName"] for one in both["CompositeAlarms"]]
    assert unique in [one["AlarmName"] for one in both["MetricAlarms"]]
    eventually(lambda: put(10) == ["OK", "OK"])
    received = []

    def all_received():
        got = queues.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        received.extend(json.loads(message["Body"]) for message in got)
        return len(received) >= 4

    eventually(all_received)
    changes = [(one["AlarmName"], one["OldStateValue"], one["NewStateValue"]) for one in received]
    # A new alarm has no state yet, so that its action on OK is executed with its first data.
    assert sorted(changes) == [
        (unique, "ALARM", "OK"),
        (unique, "INSUFFICIENT_DATA", "OK"),
        (unique, "OK", "ALARM"),
        (f"{unique}-late", "OK", "ALARM"),
    ]


def test_a_rule_hears_of_every_change(client, unique, fast):
    """An event has the state before, too, by which a rule takes only what was in alarm."""
    metrics, queues, events = client("cloudwatch"), client("sqs"), client("events")
    queue = queues.create_queue(QueueName=unique)["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    for name, before in (("over", "ALARM"), ("new", "INSUFFICIENT_DATA")):
        detail = {"alarmName": [{"prefix": unique}], "state": {"value": ["OK"]}, "previousState": {"value": [before]}}
        pattern = {"source": ["aws.cloudwatch"], "detail-type": ["CloudWatch Alarm State Change"], "detail": detail}
        events.put_rule(Name=f"{unique}-{name}", EventPattern=json.dumps(pattern))
        given = {"InputPathsMap": {"alarm": "$.detail.alarmName"}, "InputTemplate": f'{{"{name}": <alarm>}}'}
        events.put_targets(Rule=f"{unique}-{name}", Targets=[{"Id": "queue", "Arn": arn, "InputTransformer": given}])
    alarm = {"Namespace": unique, "MetricName": "Age", "Statistic": "Maximum", "Period": 60, "EvaluationPeriods": 1}
    alarm |= {"Threshold": 10, "ComparisonOperator": "GreaterThanThreshold", "TreatMissingData": "notBreaching"}
    metrics.put_metric_alarm(AlarmName=unique, **alarm)

    def state():
        return metrics.describe_alarms(AlarmNames=[unique])["MetricAlarms"][0]["StateValue"]

    eventually(lambda: state() == "OK")
    metrics.put_metric_alarm(AlarmName=unique, **alarm | {"Threshold": 11})
    assert state() == "OK", "an alarm that is changed keeps its state"
    metrics.set_alarm_state(AlarmName=unique, StateValue="ALARM", StateReason="a test")
    received = []

    def both():
        got = queues.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        received.extend(json.loads(message["Body"]) for message in got)
        return len(received) >= 2

    eventually(both)
    assert sorted(received, key=str) == [{"new": unique}, {"over": unique}]


def test_an_alarm_that_is_set_tells_and_goes_back(client, unique, fast):
    """CloudWatch API Reference, SetAlarmState: "metric alarms return to their actual state quickly"."""
    metrics, topic = client("cloudwatch"), client("sns").create_topic(Name=unique)["TopicArn"]
    gone = topic + "-gone"
    rule = {"Namespace": unique, "MetricName": "Age", "Statistic": "Maximum", "Period": 60, "EvaluationPeriods": 1}
    rule |= {"Threshold": 10, "ComparisonOperator": "GreaterThanThreshold", "TreatMissingData": "notBreaching"}
    metrics.put_metric_alarm(AlarmName=unique, AlarmActions=[topic, gone], **rule)

    def happened(**which):
        found = metrics.describe_alarm_history(AlarmName=unique, ScanBy="TimestampAscending", **which)
        return [one["HistorySummary"] for one in found["AlarmHistoryItems"]]

    eventually(lambda: metrics.describe_alarms(AlarmNames=[unique])["MetricAlarms"][0]["StateValue"] == "OK")
    before = datetime.datetime.now(datetime.UTC)
    metrics.set_alarm_state(AlarmName=unique, StateValue="ALARM", StateReason="a test")
    eventually(lambda: "Alarm updated from ALARM to OK" in happened(StartDate=before))
    notified, failed = happened(StartDate=before, HistoryItemType="Action")
    assert notified == f"Successfully executed action {topic}"
    assert failed.startswith(f"Failed to execute action {gone}. Received error: ")
    changes = happened(StartDate=before, HistoryItemType="StateUpdate")
    assert changes == ["Alarm updated from OK to ALARM", "Alarm updated from ALARM to OK"]
    assert happened(EndDate=before, HistoryItemType="Action") == []


def test_filling_hides_what_comes_late(monkeypatch):
    """Amazon CloudWatch User Guide, "Using metric math": FILL, and alarms that get stuck."""
    monkeypatch.setattr(alarms, "_series", Series())
    data = [Datum(1, moment) for moment in range(0, 595, 5)]
    for datum in data:
        datum.namespace = "AWS/SQS"
    for known in range(0, 595, 5):
        alarms._series.follow(data[: known // 5 + 1], now=known, delay=60)

    metric = SimpleNamespace(namespace="AWS/SQS", metric_name="m", dimensions=[])
    filled = [
        SimpleNamespace(id="total", expression="SUM(FILL(METRICS(), 0))", metric_stat=None),
        SimpleNamespace(
            id="m1", expression=None, metric_stat=SimpleNamespace(metric=metric, period=60, stat="Maximum")
        ),
    ]
    rule = {"threshold": 0, "comparison_operator": "GreaterThanThreshold", "treat_missing_data": "notBreaching"}
    rule |= {"datapoints_to_alarm": None}
    own = {"metric_data_queries": None, "namespace": "AWS/SQS", "metric_name": "m", "dimensions": [], "period": 60}
    own |= {"statistic": "Maximum", "extended_statistic": None}
    for more, want in (
        ({"evaluation_periods": 1, "metric_data_queries": filled}, "OK"),
        ({"evaluation_periods": 3, "metric_data_queries": filled, "datapoints_to_alarm": 1}, "ALARM"),
        ({"evaluation_periods": 1, **own}, "ALARM"),
    ):
        assert alarms._of_metrics(SimpleNamespace(**{**rule, **more}), 594.0)[0] == want, more


def _point(namespace, name, moment):
    datum = Datum(1, moment)
    datum.namespace, datum.name = namespace, name
    return datum


def _query(name, namespace, metric, stat):
    what = SimpleNamespace(namespace=namespace, metric_name=metric, dimensions=[])
    return SimpleNamespace(id=name, expression=None, metric_stat=SimpleNamespace(metric=what, period=3600, stat=stat))


@pytest.mark.parametrize(
    ("runs", "now", "want"),
    [
        ([], 0.2, "OK"),  # a first deployment
        ([], 1.4, "OK"),  # the run of its first whole hour is not due
        ([], 2.6, "ALARM"),
        ([1.2], 2.15, "OK"),
        ([1.2, 2.2], 3.15, "OK"),
        ([1.2, 2.2], 5.6, "ALARM"),
    ],
)
def test_hours_before_a_stack_was_there_are_no_hours_without_a_run(monkeypatch, runs, now, want):
    """The alarm of components/schedule.go. With silence as a breach it goes off as soon as it is made."""
    monkeypatch.setattr(alarms, "_series", Series())
    hour, made = 3600, 360_000
    beats = [_point("AWS/SQS", "beat", made + minute * 60) for minute in range(int(now * 60))]
    alarms._series.follow(beats + [_point("AWS/States", "runs", made + at * hour) for at in runs], now=made)
    total = "IF(FILL(m2, 0) >= 30 AND FILL(m1, 0) == 0, 1, 0)"
    filled = [SimpleNamespace(id="total", expression=total, metric_stat=None)]
    filled += [_query("m1", "AWS/States", "runs", "Sum"), _query("m2", "AWS/SQS", "beat", "SampleCount")]
    rule = {"threshold": 0, "comparison_operator": "GreaterThanThreshold", "treat_missing_data": "notBreaching"}
    rule |= {"datapoints_to_alarm": 2, "evaluation_periods": 3, "metric_data_queries": filled}
    assert alarms._of_metrics(SimpleNamespace(**rule), made + now * hour)[0] == want
    silent = {"threshold": 1, "comparison_operator": "LessThanThreshold", "treat_missing_data": "breaching"}
    silent |= {"datapoints_to_alarm": None, "evaluation_periods": 2, "metric_data_queries": None, "period": hour}
    silent |= {"namespace": "AWS/States", "metric_name": "runs", "dimensions": [], "statistic": "Sum"}
    if not runs:
        assert alarms._of_metrics(SimpleNamespace(**silent, extended_statistic=None), made + now * hour)[0] == "ALARM"


def test_silence_can_leave_an_alarm_as_it_is(monkeypatch):
    """It stays until it is set to OK, and comes back where the breach is among what is still looked at."""
    monkeypatch.setattr(alarms, "_series", Series())
    alarms._series.follow([Datum(1, 100)])
    own = {"metric_data_queries": None, "namespace": "n", "metric_name": "m", "dimensions": [], "period": 60}
    own |= {"statistic": "Sum", "extended_statistic": None, "evaluation_periods": 1, "datapoints_to_alarm": None}
    own |= {"threshold": 0, "comparison_operator": "GreaterThanThreshold", "treat_missing_data": "ignore"}
    for state, now, want in (("OK", 110.0, "ALARM"), ("ALARM", 1000.0, "ALARM"), ("OK", 1000.0, "OK")):
        assert alarms._of_metrics(SimpleNamespace(**own, state_value=state), now)[0] == want, (state, now)


def test_silence_can_be_a_breach(client, unique, fast):
    metrics = client("cloudwatch")
    rule = {"Namespace": unique, "MetricName": "Runs", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 2}
    rule |= {"Threshold": 1, "ComparisonOperator": "LessThanThreshold"}
    for missing in ("breaching", "notBreaching", "missing"):
        metrics.put_metric_alarm(AlarmName=f"{unique}-{missing}", TreatMissingData=missing, **rule)

    def states():
        found = metrics.describe_alarms(AlarmNamePrefix=unique)["MetricAlarms"]
        return {one["AlarmName"].removeprefix(f"{unique}-"): one["StateValue"] for one in found}

    eventually(lambda: states() == {"breaching": "ALARM", "notBreaching": "OK", "missing": "INSUFFICIENT_DATA"})


def test_services_measure_themselves(client, unique, role):
    queues, stepfunctions = client("sqs"), client("stepfunctions")
    url = queues.create_queue(QueueName=unique)["QueueUrl"]
    queues.send_message(QueueUrl=url, MessageBody="one")
    definition = {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}
    state_machine = stepfunctions.create_state_machine(name=unique, definition=json.dumps(definition), roleArn=role)
    stepfunctions.start_execution(stateMachineArn=state_machine["stateMachineArn"])

    def names(dimension, value):
        found = client("cloudwatch").list_metrics(Dimensions=[{"Name": dimension, "Value": value}])["Metrics"]
        return {one["MetricName"] for one in found}

    depth = {"ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"}
    eventually(lambda: names("QueueName", unique) == depth)
    ended = {"ExecutionsSucceeded", "ExecutionTime"}
    eventually(lambda: names("StateMachineArn", state_machine["stateMachineArn"]) == ended)


def test_a_queue_that_a_mapping_polls_is_measured_when_it_is_empty(client, unique, function, fast):
    """Amazon SQS Developer Guide, "Available CloudWatch metrics for Amazon SQS": reported if the queue is active."""
    queues, functions, metrics = client("sqs"), client("lambda"), client("cloudwatch")
    url = queues.create_queue(QueueName=unique)["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    mapping = functions.create_event_source_mapping(FunctionName=function(), EventSourceArn=arn)
    mine = [{"Name": "QueueName", "Value": unique}]
    try:
        eventually(lambda: metrics.list_metrics(Dimensions=mine)["Metrics"])
        assert [one["MetricName"] for one in metrics.list_metrics(Dimensions=mine)["Metrics"]] == [
            "ApproximateNumberOfMessagesVisible"
        ]
    finally:
        functions.delete_event_source_mapping(UUID=mapping["UUID"])
