"""Function URLs: an address on loopback that calls a function, and its rights, also by CloudFormation.

moto keeps the configuration and answers nothing. After the Developer Guide: "Invoking Lambda function URLs" has the
payloads, "Control access to Lambda function URLs" what an address without IAM needs since October 2025.
"""

from __future__ import annotations

import base64
import json
import time
import uuid
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from moto.awslambda.models import FunctionUrlConfig
from moto.awslambda.policy import Policy
from moto.awslambda.utils import get_backend
from moto.core.common_models import CloudFormationModel

from emulator.core import admin, locks, log_streams
from emulator.core.patch import wrap
from emulator.core.settings import Settings
from emulator.services.awslambda import runtime

Environ = dict[str, Any]
Json = dict[str, Any]

_PREFIX = "/_local/url/"
_MAX_PAYLOAD = 6 * 1024 * 1024
_TEXTS = ("text/", "application/json", "application/javascript", "application/xml")
_CONDITIONS = {"FunctionUrlAuthType": "StringEquals", "InvokedViaFunctionUrl": "Bool"}

_settings: Settings
_held: dict[str, FunctionUrlConfig] = {}


def install(settings: Settings) -> None:
    """Answer below each function's address."""
    global _settings
    _settings = settings
    admin.mount(_PREFIX, _answer)


@wrap(FunctionUrlConfig)
def __init__(moto: Any, self: Any, *args: Any, **kwargs: Any) -> None:
    """Has an address that answers."""
    moto(self, *args, **kwargs)
    name = uuid.uuid4().hex
    self.url = f"{_settings.endpoint}{_PREFIX}{name}/"
    self.config.setdefault("InvokeMode", "BUFFERED")
    _held[name] = self


@wrap(Policy)
def add_statement(moto: Any, self: Any, raw: str, qualifier: str | None = None) -> tuple[Any, str]:
    """Writes as conditions what a permission says of function URLs; moto leaves it beside them."""
    statement, revision = moto(self, raw, qualifier)
    statement.pop("FunctionName", None)
    for field, operator in _CONDITIONS.items():
        if (value := statement.pop(field, None)) is not None:
            condition = statement.setdefault("Condition", {}).setdefault(operator, {})
            condition[f"lambda:{field}"] = str(value).lower() if operator == "Bool" else value
    return statement, revision


class FunctionUrl(CloudFormationModel):
    """AWS::Lambda::Url."""

    def __init__(self, config: FunctionUrlConfig) -> None:
        self.config = config
        self.physical_resource_id = config.function.function_arn

    @staticmethod
    def cloudformation_name_type() -> str:
        """It has no name."""
        return ""

    @staticmethod
    def cloudformation_type() -> str:
        """The type in templates."""
        return "AWS::Lambda::Url"

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        """What a template may ask for."""
        return attr in ("FunctionUrl", "FunctionArn")

    def get_cfn_attribute(self, attribute_name: str) -> str:
        """The address, or whose it is."""
        return self.config.to_dict()[attribute_name]

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Json, account_id: str, region_name: str, **kwargs: Any
    ) -> FunctionUrl:
        """Give the function its address."""
        properties = cloudformation_json["Properties"]
        backend = get_backend(account_id, region_name)
        return cls(backend.create_function_url_config(properties["TargetFunctionArn"], properties))

    def delete(self, account_id: str, region_name: str) -> None:
        """Take it away."""
        get_backend(account_id, region_name).delete_function_url_config(self.config.function.function_arn)


def _answer(environ: Environ, start: Callable[..., Any]) -> Iterable[bytes]:
    begun = time.monotonic()
    path, _, query = environ["REQUEST_URI"].removeprefix(_PREFIX).partition("?")
    name, _, rest = path.partition("/")
    with locks.holding("awslambda"):
        config = _held.get(name)
        function = config.function if config and config.function.url_config is config else None
        admitted = function is not None and _admits(function.policy.statements)
    if function is None or not admitted:
        return _send(start, 403, {}, json.dumps({"Message": "Forbidden"}).encode())
    payload = json.dumps(_event(environ, f"/{rest}", query)).encode()
    status, headers, body = _call(function.function_arn, payload)
    _measure(function.function_name, status, (time.monotonic() - begun) * 1000)
    return _send(start, status, headers, body)


def _admits(statements: list[Json]) -> bool:
    """Whether anybody may call the address and, by it, the function."""

    def may(action: str, *conditions: Json) -> bool:
        return any(
            one["Action"] == action
            and one["Principal"] in ("*", {"AWS": "*"})
            and one.get("Condition", {}) in conditions
            for one in statements
        )

    return may("lambda:InvokeFunctionUrl", {}, {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}}) and may(
        "lambda:InvokeFunction", {}, {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}}
    )


def _event(environ: Environ, path: str, query: str) -> Json:
    """The request as the function gets it, payload format 2.0."""
    headers = {key[5:].replace("_", "-").lower(): value for key, value in environ.items() if key.startswith("HTTP_")}
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(name):
            headers[name.replace("_", "-").lower()] = environ[name]
    address = environ.get("REMOTE_ADDR", "127.0.0.1")
    headers |= {"x-forwarded-for": address, "x-forwarded-proto": "https"}
    event: Json = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": {
            "accountId": "anonymous",
            "http": {
                "method": environ["REQUEST_METHOD"],
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": address,
                "userAgent": headers.get("user-agent", ""),
            },
            "requestId": str(uuid.uuid4()),
            "timeEpoch": int(time.time() * 1000),
        },
        "isBase64Encoded": False,
    }
    if body := environ["wsgi.input"].read():
        plain = headers.get("content-type", "").startswith(_TEXTS) and "content-encoding" not in headers
        try:
            event["body"] = body.decode() if plain else base64.b64encode(body).decode()
        except UnicodeDecodeError:
            plain, event["body"] = False, base64.b64encode(body).decode()
        event["isBase64Encoded"] = not plain
    return event


def _call(arn: str, payload: bytes) -> tuple[int, Json, bytes]:
    if len(payload) > _MAX_PAYLOAD:
        return 413, {}, json.dumps({"Message": "Request must be smaller than 6291456 bytes"}).encode()
    try:
        result = runtime.invoke(arn, payload)
    except runtime.Throttled:
        return 429, {}, json.dumps({"Message": "Rate Exceeded."}).encode()
    if result.error:
        return 502, {}, b"Internal Server Error"
    answer = json.loads(result.payload)
    if not isinstance(answer, dict) or "statusCode" not in answer:
        return 200, {"content-type": "application/json"}, result.payload
    body = answer.get("body") or ""
    decoded = base64.b64decode(body) if answer.get("isBase64Encoded") else body.encode()
    return int(answer["statusCode"]), answer.get("headers") or {}, decoded


def _measure(name: str, status: int, milliseconds: float) -> None:
    """Developer Guide, "Monitoring Lambda function URLs"."""
    data = [("UrlRequestCount", 1.0, "Count"), ("UrlRequestLatency", milliseconds, "Milliseconds")]
    data += [("Url4xxCount", float(400 <= status < 500), "Count"), ("Url5xxCount", float(status >= 500), "Count")]
    dimensions = [{"Name": "FunctionName", "Value": name}]
    log_streams.put_metrics(
        "AWS/Lambda",
        [{"MetricName": name, "Value": value, "Unit": unit, "Dimensions": dimensions} for name, value, unit in data],
    )


def _send(start: Callable[..., Any], status: int, headers: Json, body: bytes) -> list[bytes]:
    shown = {"content-type": "application/json", **headers, "content-length": str(len(body))}
    start(f"{status} {HTTPStatus(status).phrase}", list(shown.items()))
    return [body]
