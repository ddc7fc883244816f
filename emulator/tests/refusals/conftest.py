"""An emulator that enforces permissions, since many refusals are about roles that lack one."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emulator.tests.conftest import Server
from emulator.tests.roles import Roles, authorizer


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "probe: what AWS refuses, see probe.py")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("refusals")
    started = Server(folder / "state", "--authorizer", authorizer(folder))
    yield started
    started.stop()


@pytest.fixture
def roles(server: Server) -> Roles:
    return Roles(server)


@pytest.fixture
def refused(request: pytest.FixtureRequest) -> Iterator[Callable[[Callable[[], Any]], AbstractContextManager[None]]]:
    """Expects the probe's error of the call inside, which must leave what the given function reads as it was."""
    asked = request.node.get_closest_marker("probe").args[0]
    used = 0

    @contextmanager
    def expecting(unchanged: Callable[[], Any]) -> Iterator[None]:
        nonlocal used
        used += 1
        before = _content(unchanged())
        with pytest.raises(ClientError) as caught:
            yield
        service, operation = asked.call.split(":")
        assert caught.value.operation_name == operation, f"the probe is about {service}:{operation}"
        assert caught.value.response["Error"]["Code"] == asked.code, caught.value.response["Error"]
        assert _content(unchanged()) == before, "a refused call changes nothing"

    yield expecting
    assert used, "the probe was not put"


@pytest.fixture
def functions(client):
    return client("lambda")


@pytest.fixture
def queue(client, unique):
    sqs = client("sqs")
    url = sqs.create_queue(QueueName=unique, Attributes={"VisibilityTimeout": "30"})["QueueUrl"]
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


@pytest.fixture
def stream(client, unique):
    client("kinesis").create_stream(StreamName=unique, ShardCount=1)
    return client("kinesis").describe_stream_summary(StreamName=unique)["StreamDescriptionSummary"]["StreamARN"]


@pytest.fixture
def create(functions, names, echo_zip, unique):
    """Creates a function."""

    def make(role, **options):
        return functions.create_function(
            FunctionName=unique,
            Role=role,
            Runtime="provided.al2023",
            Handler="bootstrap",
            Architectures=[{"x86_64": "x86_64", "aarch64": "arm64"}[platform.machine()]],
            **{"Code": {"ZipFile": echo_zip}, **options},
        )

    yield make
    if unique in names():
        functions.delete_function(FunctionName=unique)


@pytest.fixture
def names(functions: Any) -> Callable[[], list[str]]:
    return lambda: [one["FunctionName"] for one in functions.list_functions()["Functions"]]


def _content(answer: Any) -> Any:
    return {k: v for k, v in answer.items() if k != "ResponseMetadata"} if isinstance(answer, dict) else answer
