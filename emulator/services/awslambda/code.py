"""A function's configuration, its unpacked code and its environment."""

from __future__ import annotations

import io
import os
import platform
import struct
import threading
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

from emulator.core.log_streams import LogStream
from emulator.core.permissions import callers
from emulator.core.settings import Settings

_ARCHITECTURES = {62: "x86_64", 183: "arm64"}  # e_machine of an ELF header
_HOST = {
    "x86_64": "x86_64",
    "AMD64": "x86_64",
    "aarch64": "arm64",
    "arm64": "arm64",
}.get(platform.machine(), "?")


@dataclass(frozen=True)
class FunctionConfig:
    """What a process needs of a function; another config means another process.

    timeout is in seconds. The function learns its memory limit, but it is not
    enforced: the process may use more.
    """

    name: str
    arn: str
    version: str
    handler: str
    runtime: str
    architecture: str
    timeout: float
    memory_mb: int
    log_group: str
    role: str
    environment: tuple[tuple[str, str], ...]
    code_sha: str
    code: bytes = field(repr=False, compare=False)


class StartError(Exception):
    """A process could not be started; error_type and message as Lambda gives them."""

    def __init__(self, error_type: str, message: str) -> None:
        super().__init__(message)
        self.error_type = error_type


def unpack(config: FunctionConfig, root: Path) -> Path:
    """The folder of the unpacked code, made once for each code archive."""
    if not config.runtime.startswith("provided"):
        raise StartError(
            "Runtime.Unsupported",
            f"runtime {config.runtime!r}: only provided.* (a bootstrap) runs here",
        )
    folder = root / config.code_sha.replace("/", "_")
    bootstrap = folder / "bootstrap"
    if not bootstrap.exists():
        scratch = root / f"{folder.name}.{threading.get_ident()}"
        with zipfile.ZipFile(io.BytesIO(config.code)) as archive:
            archive.extractall(scratch)
        if not (scratch / "bootstrap").exists():
            raise StartError(
                "Runtime.InvalidEntrypoint",
                "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]",
            )
        (scratch / "bootstrap").chmod(0o755)
        try:
            scratch.rename(folder)
        except OSError:
            if not bootstrap.exists():
                raise
    built_for = _architecture(bootstrap)
    for what, architecture in (
        ("its code is", built_for),
        ("the function is configured for", config.architecture),
    ):
        if architecture and architecture != _HOST:
            raise StartError(
                "Runtime.InvalidEntrypoint",
                "Error: fork/exec /var/task/bootstrap: exec format error: "
                f"{what} {architecture}, this machine is {_HOST}",
            )
    return folder


def _architecture(path: Path) -> str | None:
    """The architecture an ELF file is built for; None for a script."""
    with path.open("rb") as file:
        head = file.read(20)
    if head[:4] != b"\x7fELF":
        return None
    number = struct.unpack("<H" if head[5] == 1 else ">H", head[18:20])[0]
    return _ARCHITECTURES.get(number, f"ELF machine {number}")


def environment(
    config: FunctionConfig,
    settings: Settings,
    api: str,
    stream: LogStream,
    code: Path,
    temporary: Path,
) -> dict[str, str]:
    """The variables that Lambda sets, the function's own, and the endpoint."""
    return {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "TMPDIR": str(temporary),
        "AWS_LAMBDA_RUNTIME_API": api,
        "AWS_LAMBDA_FUNCTION_NAME": config.name,
        "AWS_LAMBDA_FUNCTION_VERSION": config.version,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(config.memory_mb),
        "AWS_LAMBDA_LOG_GROUP_NAME": stream.group,
        "AWS_LAMBDA_LOG_STREAM_NAME": stream.name,
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{config.runtime}",
        "LAMBDA_TASK_ROOT": str(code),
        "_HANDLER": config.handler,
        "AWS_REGION": settings.region,
        "AWS_DEFAULT_REGION": settings.region,
        **callers.environment(config.role),
        "AWS_ENDPOINT_URL": settings.endpoint,
        "AWS_EC2_METADATA_DISABLED": "true",
        **dict(config.environment),
    }
