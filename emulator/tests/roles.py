"""Roles for tests, clients with their credentials, and the program that decides what they may."""

from __future__ import annotations

import json
import os
import subprocess
import urllib.request
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from emulator.tests.conftest import REGION, ROOT, Server


def authorizer(folder: Path) -> str:
    """The program's path; it is built into the folder unless the environment names one."""
    if given := os.environ.get("EMULATOR_AUTHORIZER"):
        return given
    program = str(folder / "authorize")
    subprocess.run(["go", "build", "-o", program, "./cmd/authorizer"], check=True, cwd=ROOT)
    return program


class Roles:
    """Makes roles and clients with their credentials."""

    def __init__(self, server: Server):
        self.server = server

    def make(self, name: str, *statements: dict[str, Any], services: tuple[str, ...] = ("glue",)) -> str:
        """A role with these statements; its ARN."""
        iam = self.server.client("iam")
        trusted = {"Service": [f"{service}.amazonaws.com" for service in services]}
        trust = statement("Trusted", ["sts:AssumeRole"], None) | {"Principal": trusted}
        made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
        if statements:
            iam.put_role_policy(RoleName=name, PolicyName="grants", PolicyDocument=document(*statements))
        return made

    def client(self, role: str, service: str) -> Any:
        """A client of a service with the role's credentials."""
        given = self.server.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
        return boto3.client(
            service,
            endpoint_url=self.server.endpoint,
            region_name=REGION,
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given["SessionToken"],
            config=Config(retries={"total_max_attempts": 1}),
        )

    def record(self) -> dict[str, Any]:
        """What the emulator says of used statements and of refusals."""
        with urllib.request.urlopen(f"{self.server.endpoint}/_local/permissions") as answer:
            return json.load(answer)


def statement(sid: str, actions: list[str], resources: list[str] | None, **more: Any) -> dict[str, Any]:
    """An allowing statement as the platform writes them."""
    return {"Sid": sid, "Effect": "Allow", "Action": actions} | ({"Resource": resources} if resources else {}) | more


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
