"""The floors of the house: what stands on each, and that imports go downwards only."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONSOLE = ROOT / "console"
DRAWERS = {"utils", "util", "helpers", "common", "services", "misc"}
OF_REQUESTS = (
    "django.forms",
    "django.http",
    "django.shortcuts",
    "django.template",
    "django.urls",
    "django.views",
)
CLOCKS = {"now", "utcnow", "today", "monotonic", "perf_counter"}


def modules_of(folder: str) -> list[Path]:
    return sorted((CONSOLE / folder).rglob("*.py"))


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imported(tree: ast.Module) -> Iterator[str]:
    """The dotted names that a module imports from outside its own package."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_imports_go_downwards_only():
    program = Path(sys.executable).with_name("lint-imports")
    lint = subprocess.run([program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert lint.returncode == 0, lint.stdout + lint.stderr


@pytest.mark.parametrize("path", modules_of("models"), ids=named)
def test_a_model_knows_no_request_and_no_template(path: Path):
    names = list(imported(ast.parse(path.read_text())))

    assert [name for name in names if name.startswith(OF_REQUESTS)] == []


@pytest.mark.parametrize("path", modules_of("policy"), ids=named)
def test_a_policy_is_told_the_time_and_never_asks_a_clock(path: Path):
    tree = ast.parse(path.read_text())
    asked = [node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr in CLOCKS]

    assert asked == []
    assert "time" not in imported(tree)


@pytest.mark.parametrize("folder", ["qlikauth", "console", "tests", "bench", "examples", "templates"])
def test_there_is_no_drawer(folder: str):
    assert [
        named(path) for path in (ROOT / folder).rglob("*") if path.stem in DRAWERS and not_installed(path)
    ] == []


def not_installed(path: Path) -> bool:
    return "node_modules" not in path.parts
