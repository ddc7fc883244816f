"""What the emulator's modules may import and compare: each never with its reason, and code that it refuses."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from emulator.core import descriptors
from emulator.services import catalog

EMULATOR = Path(__file__).resolve().parents[1]

# What one service may use of another, and why. All may use moto's backends of every service.
DOORS = {
    "emulator.services.lakeformation": "Athena and Glue show what Lake Formation lets one see",
    "emulator.services.logs.delivery": "Step Functions writes itself into the policy that lets logs be delivered",
    "emulator.services.s3.calls": "Athena writes results in the name of who asks",
    "emulator.services.events.rules": "S3, CloudWatch and CloudTrail put their events on the default bus",
    "emulator.services.awslambda.mappings": "CloudWatch shows how far the readers of a stream are behind",
}


def service_of(module: str) -> str:
    """The folder of the service that a module is in; none for those of all services."""
    parts = module.split(".")
    return parts[2] if parts[:2] == ["emulator", "services"] and len(parts) > 3 else ""


def imported(tree: ast.AST) -> Iterator[str]:
    """Every module that is imported; of `from package import name` the name within it, which may be a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def core_knows_no_service(module: str, tree: ast.AST) -> Iterator[str]:
    """A service says of itself what the core has to know: a new one changes no file of the core."""
    if module.startswith("emulator.core"):
        yield from (name for name in imported(tree) if f"{name}.".startswith("emulator.services."))


def services_are_apart(module: str, tree: ast.AST) -> Iterator[str]:
    """One service uses another as a client does, by moto's backends, or by a door."""
    for name in imported(tree):
        other = service_of(name)
        own = service_of(module)
        door = any(f"{name}.".startswith(f"{door}.") for door in DOORS)
        if own and other and other != own and not door:
            yield name


def names_are_not_compared(module: str, tree: ast.AST) -> Iterator[str]:
    """What differs between services stands in their descriptors, or in a table beside who needs it."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Compare):
            continue
        sides = [node.left, *node.comparators]
        about = any(isinstance(one, ast.Name | ast.Attribute) and _last(one) in _VARIABLES for one in sides)
        found = {one.value for side in sides for one in ast.walk(side) if isinstance(one, ast.Constant)}
        if about and (names := (found & _names()) - {service_of(module)}):
            yield f"{ast.unparse(node)} ({', '.join(sorted(names))})"


_VARIABLES = {"service", "service_name", "app_service"}


def _last(node: ast.Name | ast.Attribute) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr


def _names() -> set[object]:
    catalog.describe()
    return {name for one in descriptors.every() for name in (one.name, one.arn) if name}


NEVERS = (core_knows_no_service, services_are_apart, names_are_not_compared)

RED = (
    (core_knows_no_service, "emulator.core.gateway", "from emulator.services.s3 import reads"),
    (core_knows_no_service, "emulator.core.gateway", "def later():\n    import emulator.services.catalog"),
    (services_are_apart, "emulator.services.sqs.patches", "from emulator.services.sns import calls"),
    (services_are_apart, "emulator.services.s3.events", "from emulator.services.events.descriptor import DESCRIPTORS"),
    (names_are_not_compared, "emulator.core.gateway", "if service == 's3': pass"),
    (
        names_are_not_compared,
        "emulator.core.faults",
        "x = service in ('sns', 'iam')",
    ),
    (names_are_not_compared, "emulator.services.sns.descriptor", "if 'sqs' != service: pass"),
)

GREEN = (
    (core_knows_no_service, "emulator.services.catalog", "from emulator.services.s3 import reads"),
    (
        services_are_apart,
        "emulator.services.athena.callers",
        "from emulator.services.lakeformation.tags import assigned",
    ),
    (services_are_apart, "emulator.services.sqs.patches", "from emulator.services.sqs import calls\nimport moto.sns"),
    (names_are_not_compared, "emulator.services.sns.descriptor", "if service == 'sns': pass"),
    (names_are_not_compared, "emulator.core.faults", "if method == 'events' or service.errors == 'xml': pass"),
)


@pytest.mark.parametrize("never", NEVERS, ids=lambda never: never.__name__)
def test_no_module_does_what_it_must_not(never):
    files = [file for folder in ("core", "services") for file in sorted((EMULATOR / folder).rglob("*.py"))]
    assert len(files) > 150
    for file in files:
        module = ".".join(file.relative_to(EMULATOR.parent).with_suffix("").parts).removesuffix(".__init__")
        found = list(never(module, ast.parse(file.read_text(encoding="utf-8"))))
        assert not found, f"{module}: {found}: {never.__doc__}"


@pytest.mark.parametrize(("never", "module", "code"), RED)
def test_each_never_refuses_what_it_is_for(never, module, code):
    assert list(never(module, ast.parse(code)))


@pytest.mark.parametrize(("never", "module", "code"), GREEN)
def test_each_never_lets_the_rest_pass(never, module, code):
    assert not list(never(module, ast.parse(code)))


def test_every_door_is_used():
    used = {
        name
        for file in (EMULATOR / "services").rglob("*.py")
        for name in imported(ast.parse(file.read_text(encoding="utf-8")))
        if service_of(name) != file.parent.name
    }
    for door in DOORS:
        assert any(f"{name}.".startswith(f"{door}.") for name in used), f"{door} is used by nobody"


def test_every_service_is_described():
    folders = {file.parent.name for file in (EMULATOR / "services").glob("*/__init__.py")}
    assert folders == {file.parent.name for file in (EMULATOR / "services").glob("*/descriptor.py")}


def test_every_module_that_patches_or_refuses_is_one_of_its_service():
    """One that is named in no descriptor, and imported by nobody who is, would do nothing."""
    named = {module.__name__ for kind in ("patches", "refusals", "starts") for module in catalog.modules(kind)}
    files = {
        "emulator.services." + ".".join(file.relative_to(EMULATOR / "services").with_suffix("").parts): file
        for file in (EMULATOR / "services").rglob("*.py")
    }
    reached: set[str] = set()
    waiting = list(named)
    while waiting:
        module = waiting.pop()
        if module in reached or module not in files:
            continue
        reached.add(module)
        tree = ast.parse(files[module].read_text(encoding="utf-8"))
        waiting += [name for found in imported(tree) for name in (found, found.rpartition(".")[0])]
    for module, file in files.items():
        text = file.read_text(encoding="utf-8")
        if "emulator.core.patch" in text or "core import patch" in text or "refusals.registry" in text:
            assert module in reached, f"{module}: name it in its service's descriptor"
