"""Which permissions calls with forms (SNS, CloudWatch, STS) or paths (Lambda, Lake Formation, endpoints) need."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from emulator.core.permissions import keys
from emulator.core.permissions.asks import Ask, UnknownCallError, named
from emulator.core.permissions.json_calls import catalog
from emulator.core.permissions.keys import DECRYPT, GENERATE

Json = dict[str, Any]


def sns(operation: str, form: Json) -> list[Ask]:
    """Publishing to a topic."""
    if operation not in ("Publish", "PublishBatch") or "TopicArn" not in form:
        raise UnknownCallError(f"sns:{operation} to other than a topic")
    return publish(form["TopicArn"])


def publish(topic: str) -> list[Ask]:
    """What publishing to a topic needs."""
    return [Ask("sns:Publish", topic), *keys.of_topic(topic, GENERATE, DECRYPT)]


def cloudwatch(operation: str, form: Json) -> list[Ask]:
    """Putting metrics, which AWS grants by namespace only."""
    if operation != "PutMetricData" or "Namespace" not in form:
        raise UnknownCallError(f"cloudwatch:{operation} with a namespace")
    return [Ask("cloudwatch:PutMetricData", "*", (("cloudwatch:namespace", form["Namespace"]),))]


def sts(operation: str, form: Json) -> list[Ask]:
    """Taking a role; who one is may be asked by everybody."""
    if operation == "GetCallerIdentity":
        return []
    if operation != "AssumeRole":
        raise UnknownCallError(f"sts:{operation}")
    return [Ask("sts:AssumeRole", form["RoleArn"])]


def lakeformation(operation: str, body: Json) -> list[Ask]:
    """Calls about grants; on a table or database they need to see it in Glue."""
    known = ["GetDataLakeSettings", "PutDataLakeSettings", "ListPermissions", "GrantPermissions", "RevokePermissions"]
    action = operation.rpartition("/")[2]
    if action not in known:
        raise UnknownCallError(f"lakeformation: {operation}")
    needed = [Ask(f"lakeformation:{action}", "*")]
    thing = body.get("Resource") or {}
    if table := thing.get("Table") or thing.get("TableWithColumns"):
        name = table.get("Name") or "*"
        needed += [Ask("glue:GetTable", one) for one in catalog(table["DatabaseName"], name)]
    elif database := thing.get("Database"):
        needed += [Ask("glue:GetDatabase", one) for one in catalog(database["Name"])]
    return needed


def awslambda(operation: str, path: str) -> list[Ask]:
    """Invoking a function."""
    if operation != "Invoke":
        raise UnknownCallError(f"lambda: {operation}")
    name = unquote(path.rstrip("/").rsplit("/", 2)[-2])
    return [Ask("lambda:InvokeFunction", named("lambda", "function:", name))]


def sagemakerruntime(operation: str, path: str) -> list[Ask]:
    """Invoking an endpoint."""
    if operation != "InvokeEndpoint":
        raise UnknownCallError(f"sagemaker: {operation}")
    return [Ask("sagemaker:InvokeEndpoint", named("sagemaker", "endpoint/", unquote(path.split("/")[2])))]


FORMS: dict[str, Callable[[str, Json], list[Ask]]] = {"sns": sns, "cloudwatch": cloudwatch, "sts": sts}
