"""What every part of the emulator needs to know about the running process."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ACCOUNT = "123456789012"
REGION = "eu-west-1"


@dataclass(frozen=True)
class Settings:
    """The emulator's place on this machine, fixed once the socket is bound.

    port      loopback port that serves the AWS APIs
    state_dir scratch space: unpacked functions, job runs, logs; may be deleted
              when the process has ended
    jars_dir  Spark's jars for Glue runs; may be empty when no job is run
    authorizer  program that decides who may do what; without it everybody may do everything
    trino_dir Trino, which runs Athena's queries; without it they fail
    training    Python of the environment that trains and serves models; without it SageMaker's jobs and endpoints fail
    """

    port: int
    state_dir: Path
    jars_dir: Path
    authorizer: Path | None = None
    training: Path | None = None
    trino_dir: Path | None = None

    account: str = ACCOUNT
    region: str = REGION

    @property
    def endpoint(self) -> str:
        """Base URL for AWS_ENDPOINT_URL of clients and children."""
        return f"http://127.0.0.1:{self.port}"
