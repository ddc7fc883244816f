"""Endpoints that answer: a server process each, made and changed as slowly as its handler loads.

While one is updated the old server answers; an update whose server does not come up leaves it in place. Variants are
one: no traffic is split. A deleted endpoint is gone at once.
"""

from __future__ import annotations

import http.client
import json
import logging
import re
import threading
import time
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from moto.core.exceptions import JsonRESTError
from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.sagemaker.exceptions import ValidationError
from moto.sagemaker.models import FakeEndpoint, SageMakerModelBackend, sagemaker_backends
from moto.sagemaker.responses import SageMakerResponse
from moto.sagemakerruntime.responses import SageMakerRuntimeResponse

from emulator.core import locks, log_streams, patch
from emulator.core.settings import Settings
from emulator.services.sagemaker import container
from emulator.services.sagemaker.container import Container, LaunchError

log = logging.getLogger(__name__)

LOG_PREFIX = "/aws/sagemaker/Endpoints/"
_START_SECONDS = 120.0
_ANSWER_SECONDS = 60.0  # SageMaker's own limit for an answer
_SERVE = Path(__file__).with_name("serve.py")
_NO_PING = (
    "The primary container for production variant {} did not pass the ping health check. "
    "Please check CloudWatch logs for this endpoint."
)

_settings: Settings
_servers: dict[str, Server] = {}  # by endpoint, under SageMaker's lock


def install(settings: Settings) -> None:
    """Patch moto's endpoints and their invocation."""
    global _settings
    _settings = settings
    patch.wrap(SageMakerModelBackend)(create_endpoint)
    patch.wrap(SageMakerModelBackend)(delete_endpoint)
    patch.add(SageMakerResponse)(update_endpoint)
    patch.replace(SageMakerRuntimeResponse)(invoke_endpoint)


class Server:
    """A process that answers for one configuration of an endpoint."""

    def __init__(self, endpoint: str, variant: str, model: Any) -> None:
        self.variant = variant
        image = model.primary_container or model.containers[0]
        environment = image.get("Environment") or {}
        self._box = Container(_settings, endpoint, model.execution_role_arn, LOG_PREFIX + endpoint)
        folder = self._box.path(f"{container.ROOT}/model")
        code = self._box.path(f"{container.ROOT}/code")
        self._box.unpack(image["ModelDataUrl"], folder)
        self._box.unpack(environment[container.SUBMITTED.upper()], code)
        command = [self._box.python(), str(_SERVE), str(code), environment[container.PROGRAM.upper()], str(folder)]
        self._box.start(command, code, environment)
        self._port = self._announced()

    def _announced(self) -> int:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self._box.process.poll() is None:
            if found := re.search(r"^port (\d+)$", self._box.printed(), re.MULTILINE):
                return int(found[1])
            time.sleep(0.05)
        self.stop()
        raise LaunchError(_NO_PING.format(self.variant))

    def ask(self, body: bytes, headers: dict[str, str]) -> tuple[int, str, bytes]:
        """Status, content type and body of the handler's answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_ANSWER_SECONDS)
        try:
            connection.request("POST", "/invocations", body, headers)
            answer = connection.getresponse()
            return answer.status, answer.headers.get("Content-Type", ""), answer.read()
        finally:
            connection.close()
            self._box.pass_on()

    def stop(self) -> None:
        """End the process; nothing of it is left."""
        self._box.stop()
        self._box.remove()


def create_endpoint(moto: Any, self: Any, endpoint_name: str, endpoint_config_name: str, tags: Any) -> FakeEndpoint:
    """Starts a server; the endpoint is in service when it answers."""
    if endpoint_name in self.endpoints:
        raise ValidationError(f'Cannot create already existing endpoint "{self.endpoints[endpoint_name].arn}".')
    endpoint = moto(self, endpoint_name=endpoint_name, endpoint_config_name=endpoint_config_name, tags=tags)
    endpoint.endpoint_status = "Creating"
    _serve(self, endpoint, endpoint_config_name)
    return endpoint


def update_endpoint(self: Any) -> ActionResult:
    """Starts a server of another configuration and puts it in the place of the old one."""
    backend, name = self.sagemaker_backend, self._get_param("EndpointName")
    backend.describe_endpoint(name)
    wanted = self._get_param("EndpointConfigName")
    backend.describe_endpoint_config(wanted)
    endpoint = backend.endpoints[name]
    if endpoint.endpoint_status != "InService":
        raise ValidationError(f'Cannot update in-progress endpoint "{endpoint.arn}".')
    if endpoint.endpoint_config_name == wanted:
        raise ValidationError(f'Cannot update endpoint "{endpoint.arn}" with the configuration that it has.')
    endpoint.endpoint_status = "Updating"
    _serve(backend, endpoint, wanted)
    return ActionResult({"EndpointArn": endpoint.arn})


def delete_endpoint(moto: Any, self: Any, endpoint_name: str) -> None:
    """Ends the server with it."""
    moto(self, endpoint_name)
    if (server := _servers.pop(endpoint_name, None)) is not None:
        threading.Thread(target=server.stop, daemon=True).start()


def _serve(backend: SageMakerModelBackend, endpoint: FakeEndpoint, config: str) -> None:
    variant = backend.endpoint_configs[config].production_variants[0]
    model = backend.describe_model(variant["ModelName"])
    name = endpoint.endpoint_name

    def run() -> None:
        server, reason = None, ""
        try:
            server = Server(name, variant["VariantName"], model)
        except (LaunchError, ClientError, BotoCoreError, KeyError, OSError) as error:
            log.warning("endpoint %s with %s: %r", name, config, error)
            reason = str(error)
        with locks.holding("sagemaker") as changed:
            if backend.endpoints.get(name) is not endpoint:  # deleted meanwhile
                if server is not None:
                    server.stop()
                return
            old = _settle(endpoint, config, server, reason)
            changed.notify_all()
        if old is not None:
            old.stop()

    threading.Thread(target=run, name=f"endpoint-{name}", daemon=True).start()


def _settle(endpoint: FakeEndpoint, config: str, server: Server | None, reason: str) -> Server | None:
    """Give the endpoint its new state; the server that nobody needs any more."""
    name, endpoint.last_modified_time = endpoint.endpoint_name, utcnow()
    endpoint.failure_reason = reason or None
    if server is None:
        endpoint.endpoint_status = "InService" if name in _servers else "Failed"
        return None
    old = _servers.get(name)
    _servers[name] = server
    endpoint.endpoint_config_name, endpoint.endpoint_status = config, "InService"
    return old


def invoke_endpoint(self: Any) -> tuple[int, dict[str, str], bytes]:
    """Asks the endpoint's server."""
    name = self.path.split("/")[2]
    with locks.holding("sagemaker"):
        if name not in sagemaker_backends[_settings.account][_settings.region].endpoints:
            raise _RuntimeError(400, "ValidationError", f"Endpoint {name} of account {_settings.account} not found.")
        server = _servers.get(name)
    if server is None:
        raise _RuntimeError(400, "ValidationError", f"Endpoint {name} is not in service.")
    headers = {"Content-Type": self.headers.get("Content-Type", ""), "Accept": self.headers.get("Accept", "*/*")}
    begun = time.monotonic()
    try:
        status, kind, answer = server.ask(self.raw_body or b"", headers)
    except (OSError, http.client.HTTPException) as error:
        log.warning("endpoint %s: %r", name, error)
        status, kind, answer = 500, "text/plain", b"the container did not answer"
    _measure(name, server.variant, status, (time.monotonic() - begun) * 1e6)
    if status // 100 != 2:
        raise _ModelError(status, answer.decode(errors="replace"))
    return 200, {"Content-Type": kind, "x-Amzn-Invoked-Production-Variant": server.variant}, answer


def _measure(endpoint: str, variant: str, status: int, microseconds: float) -> None:
    dimensions = [{"Name": "EndpointName", "Value": endpoint}, {"Name": "VariantName", "Value": variant}]
    data: list[dict[str, Any]] = [
        {"MetricName": "Invocations", "Value": 1, "Unit": "Count"},
        {"MetricName": "Invocation4XXErrors", "Value": int(status // 100 == 4), "Unit": "Count"},
        {"MetricName": "Invocation5XXErrors", "Value": int(status // 100 == 5), "Unit": "Count"},
        {"MetricName": "ModelLatency", "Value": microseconds, "Unit": "Microseconds"},
    ]
    log_streams.put_metrics("AWS/SageMaker", [{**datum, "Dimensions": dimensions} for datum in data])


class _RuntimeError(JsonRESTError):
    """An error of the runtime's API."""

    def __init__(self, status: int, kind: str, message: str) -> None:
        self.code = status
        super().__init__(kind, message)


class _ModelError(JsonRESTError):
    """The container answered with an error, which InvokeEndpoint passes on with status 424."""

    code = 424

    def __init__(self, status: int, said: str) -> None:
        super().__init__("ModelError", f'Received client error ({status}) from primary with message "{said}".')
        body = {"Message": self.message, "OriginalStatusCode": status, "OriginalMessage": said}
        self.description = json.dumps({"__type": "ModelError", **body})
