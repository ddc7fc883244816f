"""One container: its folders, what comes in and goes out, its process and log."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tarfile
import time
import urllib.parse
from pathlib import Path
from typing import Any

from emulator.core import aws, processes
from emulator.core.log_files import LogFile
from emulator.core.permissions import callers
from emulator.core.settings import Settings

ROOT = "/opt/ml"  # where a container has its folders
PROGRAM, SUBMITTED = "sagemaker_program", "sagemaker_submit_directory"
_LOG_INTERVAL_SECONDS = 0.5


class LaunchError(Exception):
    """What AWS says of a container that it could not start."""


class Container:
    """A folder that stands for /opt/ml, and a process in it, in the name of a role."""

    process: subprocess.Popen[bytes]

    def __init__(self, settings: Settings, name: str, role: str, log_group: str) -> None:
        if settings.training is None or not settings.training.exists():
            raise LaunchError(
                "InternalServerError: this emulator has no Python that trains and serves models; "
                "`go run ./cmd/devstack setup ml` makes it, --training names it"
            )
        self._settings, self._role, self._name = settings, role, name
        self.folder = settings.state_dir / "sagemaker" / f"{name}-{time.monotonic_ns()}"
        self.folder.mkdir(parents=True)
        self._output = self.folder / "log"
        self._log = LogFile(settings, log_group, f"{name}/{int(time.time())}", role, self._output)

    def path(self, inside: str) -> Path:
        """Where a path inside the container is, made if need be."""
        found = Path(self.translate(inside))
        found.mkdir(parents=True, exist_ok=True)
        return found

    def translate(self, text: str) -> str:
        """A text in which the container's folders are called by what they are here."""
        return text.replace(ROOT, str(self.folder))

    def fetch(self, uri: str, into: Path) -> list[Path]:
        """Bring the objects below a prefix of S3, as the role, with their paths; raises LaunchError without any."""
        bucket, prefix = _split(uri)
        client = aws.client("s3", role=self._role)
        fetched = []
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for entry in page.get("Contents", []):
                below = entry["Key"].removeprefix(prefix).lstrip("/") or entry["Key"].rsplit("/", 1)[-1]
                target = into / below
                target.parent.mkdir(parents=True, exist_ok=True)
                client.download_file(bucket, entry["Key"], str(target))
                fetched.append(target)
        if not fetched:
            raise LaunchError(f"ClientError: Data download failed: no objects below {uri}")
        return fetched

    def unpack(self, uri: str, into: Path) -> None:
        """Bring one archive and unpack it."""
        bucket, key = _split(uri)
        archive = self.folder / "archive.tar.gz"
        aws.client("s3", role=self._role).download_file(bucket, key, str(archive))
        into.mkdir(parents=True, exist_ok=True)
        with tarfile.open(archive) as packed:
            packed.extractall(into, filter="data")
        archive.unlink()

    def put(self, file: Path, uri: str, key_id: str | None) -> None:
        """Put a file, as the role, under a key if one is named."""
        bucket, key = _split(uri)
        more = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key_id} if key_id else {}
        aws.client("s3", role=self._role).upload_file(str(file), bucket, key, ExtraArgs=more)

    def pack(self, folder: Path, uri: str, key_id: str | None) -> None:
        """Put what is in a folder as one archive."""
        archive = self.folder / "packed.tar.gz"
        with tarfile.open(archive, "w:gz") as packed:
            for entry in sorted(folder.iterdir()):
                packed.add(entry, arcname=entry.name)
        self.put(archive, uri, key_id)
        archive.unlink()

    def start(self, command: list[str], within: Path, environment: dict[str, str]) -> None:
        """Start the process; what it prints goes to the log group."""
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=within,
                env={**self._environment(), **{name: self.translate(value) for name, value in environment.items()}},
                start_new_session=True,
            )
        processes.register(self.process, "sagemaker", self._name)

    def wait(self, seconds: float | None) -> int | None:
        """Wait for the end; None when the seconds pass first, and the process is stopped."""
        deadline = time.monotonic() + seconds if seconds else float("inf")
        code: int | None = None
        while code is None and time.monotonic() < deadline:
            try:
                code = self.process.wait(max(0.0, min(_LOG_INTERVAL_SECONDS, deadline - time.monotonic())))
            except subprocess.TimeoutExpired:
                self.pass_on()
        self.stop()
        return code

    def stop(self) -> None:
        """End the process, if it has not, and pass on the last of its log."""
        processes.stop(self.process)
        self.process.wait()
        processes.unregister(self.process)
        self.pass_on()

    def pass_on(self) -> None:
        """Write what was printed since the last time to the log."""
        self._log.pass_on()

    def printed(self) -> str:
        """Everything that was printed so far."""
        return self._output.read_text(errors="replace")

    def remove(self) -> None:
        """Delete the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def python(self) -> str:
        """The interpreter that the image has."""
        return str(self._settings.training)

    def _environment(self) -> dict[str, str]:
        assert self._settings.training is not None
        kept = ("LANG", "LC_ALL", "HOME", "TMPDIR")
        return {
            **{name: os.environ[name] for name in kept if name in os.environ},
            "PATH": f"{self._settings.training.parent}:{os.environ.get('PATH', '')}",
            "PYTHONUNBUFFERED": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            # What a container installs is here already, and nothing else may be fetched.
            "PIP_NO_INDEX": "1",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "AWS_ENDPOINT_URL": self._settings.endpoint,
            "AWS_REGION": self._settings.region,
            "AWS_DEFAULT_REGION": self._settings.region,
            **callers.environment(self._role),
        }


def decoded(parameters: dict[str, str]) -> dict[str, str]:
    """Hyperparameters as the training toolkit reads them: JSON where it is some, else the text."""
    found = {}
    for name, text in parameters.items():
        try:
            value: Any = json.loads(text)
        except ValueError:
            value = text
        found[name] = value if isinstance(value, str) else text
    return found


def _split(uri: str) -> tuple[str, str]:
    parsed = urllib.parse.urlparse(uri)
    return parsed.netloc, parsed.path.lstrip("/")
