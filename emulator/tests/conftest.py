"""One emulator process for all tests, and clients that talk to it."""

from __future__ import annotations

import contextlib
import io
import json
import os
import platform
import re
import subprocess
import sys
import time
import uuid
import zipfile
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

ROOT = Path(__file__).resolve().parents[2]
REGION = "eu-west-1"

# Lines of the log that tell no reason: what went well, each level of a traceback, its head.
_QUIET = re.compile(r"\S+ \S+ I |\s|Traceback ")


class Server:
    """A running emulator process."""

    def __init__(self, state_dir: Path, *options: str):
        self.state_dir = state_dir
        command = [
            sys.executable,
            "-m",
            "emulator",
            "--port",
            "0",
            "--state-dir",
            str(state_dir),
            "--check-locks",
            *options,
        ]
        if jars := os.environ.get("EMULATOR_JARS"):
            command += ["--jars", jars]
        if trino := os.environ.get("EMULATOR_TRINO"):
            command += ["--trino", trino]
        begun = time.monotonic()
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline().split()
        assert line[:1] == ["ready"], f"the emulator did not start: {line}"
        self.ready_seconds = time.monotonic() - begun
        self.endpoint = line[1]
        self._read = 0

    def complaints(self) -> str:
        """What the log has since the last call but for requests and the insides of tracebacks."""
        with (self.state_dir / "emulator.log").open(encoding="utf-8", errors="replace") as log:
            log.seek(self._read)
            lines = log.readlines()
            self._read = log.tell()
        return "".join(line for line in lines if not _QUIET.match(line))

    def client(self, service: str, **options: Any) -> Any:
        """A boto3 client; no retries, so that faults are seen."""
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(
                retries={"total_max_attempts": 1, "mode": "standard"},
                read_timeout=120,
                **options,
            ),
        )

    def people(self, *names: str) -> None:
        """Make roles as an account has them: by these names, assumed by its users."""
        trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}}
        iam = self.client("iam")
        for name in names:
            with contextlib.suppress(iam.exceptions.EntityAlreadyExistsException):
                iam.create_role(
                    RoleName=name,
                    AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
                )

    def stop(self) -> None:
        """Stop it as its starter does."""
        self.process.terminate()
        self.process.wait(20)
        assert "lock order:" not in (Path(self.state_dir) / "emulator.log").read_text()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Shows of a failed test what its emulator complained of: a client sees the status 500 of an exception, no more."""
    report = yield
    # Some files of tests have an emulator of their own; two fixtures may give the same one.
    for server in {id(one): one for one in getattr(item, "funcargs", {}).values() if isinstance(one, Server)}.values():
        if (complaints := server.complaints()) and report.failed:
            report.sections.append(("emulator.log", complaints))
    return report


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    started = Server(tmp_path_factory.mktemp("emulator"))
    yield started
    started.stop()


@pytest.fixture
def client(server: Server) -> Callable[..., Any]:
    return server.client


@pytest.fixture
def unique() -> str:
    """A name that no other test uses."""
    return "t" + uuid.uuid4().hex[:12]


def eventually(check: Callable[[], Any], seconds: float = 20.0) -> Any:
    """The first true answer of check; fails when none came in time."""
    deadline = time.monotonic() + seconds
    while True:
        if answer := check():
            return answer
        assert time.monotonic() < deadline, f"not true within {seconds} s"
        time.sleep(0.05)


@pytest.fixture(scope="session")
def echo_zip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The code archive of testdata/echo for this machine."""
    return built(tmp_path_factory.mktemp("echo"), {})


def built(folder: Path, environment: dict[str, str]) -> bytes:
    """Build testdata/echo into a code archive, with Go's environment changed."""
    source = Path(__file__).parent / "testdata" / "echo" / "main.go"
    target = folder / "bootstrap"
    subprocess.run(
        ["go", "build", "-o", str(target), str(source)],
        check=True,
        cwd=folder,
        env={**os.environ, "CGO_ENABLED": "0", "GO111MODULE": "off", **environment},
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(target, "bootstrap")
    return packed.getvalue()


@pytest.fixture
def role(client: Callable[..., Any], unique: str) -> str:
    """The ARN of a role that services may assume."""
    services = [
        "lambda.amazonaws.com",
        "states.amazonaws.com",
        "scheduler.amazonaws.com",
        "glue.amazonaws.com",
    ]
    trust = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": services},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    return client("iam").create_role(RoleName=unique, AssumeRolePolicyDocument=policy)["Role"]["Arn"]


@pytest.fixture
def function(client: Callable[..., Any], echo_zip: bytes, role: str, unique: str) -> Iterator[Callable[..., str]]:
    """Makes functions of the echo binary; they go when the test is over."""
    functions = client("lambda")
    made: list[str] = []

    def make(**options: Any) -> str:
        name = f"{unique}-{len(made)}"
        architecture = {"x86_64": "x86_64", "aarch64": "arm64"}[platform.machine()]
        settings: dict[str, Any] = {
            "Role": role,
            "Runtime": "provided.al2023",
            "Handler": "bootstrap",
            "Architectures": [architecture],
            "Code": {"ZipFile": echo_zip},
            "Timeout": 10,
        }
        environment = options.pop("environment", {})
        functions.create_function(
            FunctionName=name,
            Environment={"Variables": environment},
            **{**settings, **options},
        )
        made.append(name)
        return name

    yield make
    for name in made:
        with contextlib.suppress(functions.exceptions.ResourceNotFoundException):
            functions.delete_function(FunctionName=name)
