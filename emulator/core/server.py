"""Starts the emulator: binds the socket, patches moto, serves, stops children.

moto's own development server drops connections under parallel requests;
waitress keeps connections alive, answers Expect: 100-continue, decodes chunked
bodies and spools large ones to disk.
"""

from __future__ import annotations

import importlib
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from emulator.core import aws, processes, wsgi
from emulator.core.settings import ACCOUNT, REGION, Settings

log = logging.getLogger("emulator")

# moto reads the environment when it is imported.
_PARTS = ("emulator.core.permissions.enforce", "emulator.core.inventory", "emulator.core.children")

# How long a thread that computes keeps others waiting. Most requests take less than Python's own 5 ms.
_SWITCH_SECONDS = 0.0005


def serve(
    port: int,
    state_dir: Path,
    jars_dir: Path,
    log_file: Path | None = None,
    authorizer: Path | None = None,
    training: Path | None = None,
    trino_dir: Path | None = None,
    *,
    services: Callable[[Settings], None],
) -> None:
    """Serve what services installs until SIGTERM or SIGINT; prints one line when ready."""
    state_dir.mkdir(parents=True, exist_ok=True)
    _log_to(log_file or state_dir / "emulator.log")
    listener = socket.create_server(("127.0.0.1", port), backlog=512)
    settings = Settings(
        port=listener.getsockname()[1],
        state_dir=state_dir,
        jars_dir=jars_dir,
        authorizer=authorizer,
        training=training,
        trino_dir=trino_dir,
    )
    _environment(settings)
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    httpd = wsgi.create_server(install(settings, services), listener)
    print(f"ready {settings.endpoint}", flush=True)
    log.info("ready %s", settings.endpoint)
    sys.setswitchinterval(_SWITCH_SECONDS)
    httpd.run()


def end_with(lifeline: int) -> None:
    """Stop when nobody holds the other end of this pipe any more, unless a byte came through it: then it is to stay."""

    def wait() -> None:
        if not os.read(lifeline, 1):
            os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="lifeline", daemon=True).start()


def install(settings: Settings, services: Callable[[Settings], None]) -> Any:
    """Patch moto and start the executors; the WSGI application of the whole."""
    import moto.core.config as moto_config

    moto_config.default_user_config["stepfunctions"] = {"execute_state_machine": True}
    moto_config.default_user_config["lambda"] = {"use_docker": False}
    aws.use(settings)
    for name in _PARTS:
        importlib.import_module(name).install(settings)
    services(settings)
    from emulator.core.gateway import Gateway

    return Gateway()


def _environment(settings: Settings) -> None:
    """What moto and its in-process clients read from the environment."""
    os.environ.update(
        MOTO_PORT=str(settings.port),
        MOTO_ACCOUNT_ID=ACCOUNT,
        MOTO_DISABLE_GLOBAL_CORS="true",
        MOTO_LAMBDA_CONCURRENCY_QUOTA="1000",
        MOTO_S3_DEFAULT_KEY_BUFFER_SIZE=str(16 * 1024**2),
        AWS_DEFAULT_REGION=REGION,
        AWS_REGION=REGION,
        AWS_ACCESS_KEY_ID="test",
        AWS_SECRET_ACCESS_KEY="test",
        AWS_EC2_METADATA_DISABLED="true",
        AWS_ENDPOINT_URL=settings.endpoint,
    )
    for name in (
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "http_proxy",
        "https_proxy",
        "AWS_PROFILE",
    ):
        os.environ.pop(name, None)


def _log_to(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(path)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname).1s %(name)s %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    for noisy in ("botocore", "urllib3", "werkzeug", "waitress.queue"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    threading.excepthook = lambda args: log.error(
        "thread %s",
        args.thread,
        exc_info=(args.exc_type, args.exc_value or args.exc_type(), args.exc_traceback),
    )


def _stop(_signal: int, _frame: FrameType | None) -> None:
    """Stop the children and leave at once; nothing here outlives the process."""
    log.info("stopping")
    processes.stop_all()
    logging.shutdown()
    os._exit(0)
