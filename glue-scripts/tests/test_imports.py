"""What the jobs' modules may import: each never with its reason, and an import that it refuses."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[1]
# The modules beside the rooms.
SHARED = sorted(file.stem for file in (SCRIPTS / "dataplatform").glob("*.py"))


def _ours(*names: str) -> tuple[str, ...]:
    return tuple(f"dataplatform.{name}" for name in names)


@dataclass(frozen=True)
class Never:
    """Modules of some kind import nothing of these, but of those."""

    why: str
    modules: tuple[str, ...]
    imports: tuple[str, ...]
    red: tuple[str, str]
    but: tuple[str, ...] = ()


NEVERS = (
    Never(
        "transforms are functions of data frames: they are tested without AWS, and give the same for the same",
        _ours("transforms"),
        ("boto3", "botocore", "dataplatform", "os", "random", "time"),
        ("dataplatform.transforms.processed.sales", "dataplatform.engine.publish"),
        but=_ours("transforms", "objects_order"),
    ),
    Never(
        "what writes tables and keeps leases knows nothing of the stages that use it",
        _ours("engine"),
        ("dataplatform",),
        ("dataplatform.engine.publish", "dataplatform.stages.curate"),
        but=_ours("contracts", "hours", "engine"),
    ),
    Never(
        "stages are on top: what reads files, and what all share, can be used without them",
        _ours("reading", *SHARED),
        _ours("stages", "erasure"),
        ("dataplatform.reading.cleaning", "dataplatform.stages.process"),
    ),
    Never(
        "contracts and hours are what everything is made from",
        _ours("contracts", "hours"),
        ("dataplatform", "boto3", "botocore"),
        ("dataplatform.hours", "dataplatform.engine.ledger"),
    ),
    Never(
        "a job is an entry that Glue starts, and only there is Glue's own library",
        ("dataplatform",),
        ("jobs", "awsglue"),
        ("dataplatform.session", "awsglue.utils"),
    ),
    Never(
        "nothing that is deployed knows that it is local",
        ("dataplatform", "jobs"),
        ("emulator", "tests"),
        ("jobs.process", "emulator.core.settings"),
    ),
)


def _within(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == package or name.startswith(package + ".") for package in packages)


def _refuses(never: Never, module: str, imported: str) -> bool:
    return _within(module, never.modules) and _within(imported, never.imports) and not _within(imported, never.but)


def _imports(tree: ast.AST) -> Iterator[str]:
    """Every module that is imported; of `from package import name` the name within it, which may be a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_no_module_imports_what_it_must_not() -> None:
    files = [file for folder in ("dataplatform", "jobs") for file in sorted((SCRIPTS / folder).rglob("*.py"))]
    assert len(files) > 60
    for file in files:
        module = ".".join(file.relative_to(SCRIPTS).with_suffix("").parts).removesuffix(".__init__")
        for imported in _imports(ast.parse(file.read_text(encoding="utf-8"))):
            for never in NEVERS:
                assert not _refuses(never, module, imported), f"{module} imports {imported}: {never.why}"


@pytest.mark.parametrize("never", NEVERS, ids=lambda never: never.why)
def test_each_never_refuses_what_it_is_for(never: Never) -> None:
    module, imported = never.red
    assert _refuses(never, module, imported)
    assert not _refuses(never, "sagemaker.train", imported), "it is for its own modules"
    if never.but:
        assert not _refuses(never, module, f"{never.but[0]}.name")
