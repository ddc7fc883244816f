"""How long functions of Python are; what else is held of its form stands in pyproject.toml and internal/tidy."""

import ast
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LINES = 60

# Functions that are longer, such as tables of tests, each with the reason. What is not any more has to go.
LONGER: dict[str, str] = {}


def longer(name: str, text: str) -> list[str]:
    """Return the functions of a file that no screen holds, as path::name."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [
        f"{name}::{node.name}"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, functions) and (node.end_lineno or node.lineno) - node.lineno >= LINES
    ]


def test_functions_are_short() -> None:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.py"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    names = [name for name in listed.split("\0") if name and (ROOT / name).is_file()]
    assert len(names) > 300
    found = [one for name in names for one in longer(name, (ROOT / name).read_text(encoding="utf-8"))]
    assert sorted(found) == sorted(LONGER), f"want at most {LINES} lines"


def test_a_long_function_is_found() -> None:
    body = "    one = 1\n" * (LINES - 1)
    assert longer("a.py", f"def short() -> None:\n{body}") == []
    assert longer("a.py", f"async def long() -> None:\n{body}    two = 2\n") == ["a.py::long"]
