"""Files taken in as the landing function takes them in: by its own check, into a lake of folders."""

import gzip
import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from conftest import REPOSITORY, Platform
from lake import path_of


def land(platform: Platform, dataset: str, files: Mapping[str, bytes], arrival: str) -> dict[str, str]:
    """Land files by name; return the name of each digest in the ledger. A file that landing refuses fails the test."""
    names = {}
    for (name, content), found in zip(files.items(), examine(dataset, list(files.values())), strict=True):
        assert not found["reason"], f"{name} is refused: {found}"
        file = platform.ledger.land(content, arrival, found["format"], dataset, found["records"])
        names[file.digest] = name
    return names


def examine(dataset: str, contents: list[bytes], contracts: Path | None = None) -> list[dict]:
    """What the landing function's own check says of each content, with its contracts or those of a folder."""
    with TemporaryDirectory() as folder:
        paths = [Path(folder) / str(number) for number in range(len(contents))]
        for path, content in zip(paths, contents, strict=True):
            path.write_bytes(content)
        command = ["go", "run", "./lambdas/landing/cmd/examine"]
        command += [*(["--contracts", str(contracts)] if contracts else []), dataset, *map(str, paths)]
        output = subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True, text=True).stdout
    return [json.loads(line) for line in output.splitlines()]


def content(path: Path) -> bytes:
    """A file's content, unpacked as landing does."""
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def quarantined(platform: Platform, dataset: str) -> dict[str, tuple[str, str]]:
    """The reason and the text of every line in quarantine, by identity."""
    found = {}
    for uri in platform.store.list(f"{platform.lake.raw}/quarantine/{dataset}/", ""):
        reason = uri.split("/reason=")[1].split("/")[0]
        for row in gzip.decompress(path_of(uri).read_bytes()).decode().split("\n")[:-1]:
            line = json.loads(row)
            assert line["error"].startswith(reason)
            found[line["identity"]] = (reason, line["payload"])
    return found
