"""How the code is laid out, before and after: `python -m bench.structure [REVISION]` prints a table in Markdown.

REVISION is unpacked in a temporary directory and measured beside the working tree. Lines are lines of files, comments
and blank ones included; a module is a Python file of the application. Migrations are left out: they are generated.
"""

import ast
import json
import statistics
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grimp

ROOT = Path(__file__).parents[1]
FLOORS = ("policy", "models", "http", "mail", "oauth", "api", "pages", "management")
LONGEST = 5
LAYERS = "layers"


def sources(root: Path, folder: str) -> dict[str, str]:
    """The Python files below a folder, by name."""
    return {
        str(path.relative_to(root)): path.read_text(encoding="utf-8")
        for path in sorted((root / folder).rglob("*.py"))
        if "migrations" not in path.parts and "node_modules" not in path.parts
    }


def functions(node: ast.AST, inside: str) -> Iterator[tuple[str, int]]:
    """Every function below a node by its dotted name, with its number of lines."""
    for child in ast.iter_child_nodes(node):
        name = f"{inside}{child.name}" if hasattr(child, "name") else inside
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield name, (child.end_lineno or child.lineno) - child.lineno + 1
        is_scope = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        yield from functions(child, f"{name}." if is_scope else inside)


def inner_imports(tree: ast.Module) -> int:
    """How many imports stand inside functions: the usual sign of a circle."""
    found = {
        node
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    return len(found)


def largest_circle(root: Path) -> list[str]:
    """The most modules that all reach one another by imports, those for type checkers left out."""
    sys.path.insert(0, str(root))
    graph = grimp.build_graph("console", exclude_type_checking_imports=True, cache_dir=None)
    reached = {module: graph.find_upstream_modules(module) for module in graph.modules}
    circles = [
        sorted({module} | {other for other in others if module in reached[other]})
        for module, others in reached.items()
    ]
    largest = max(circles, key=len)
    return largest if len(largest) > 1 else []


def number_of_tests(root: Path) -> int:
    """The tests that pytest finds, each set of parameters for itself."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-n", "0", "-p", "no:cacheprovider"]
    found = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    return sum("::" in line for line in found.stdout.splitlines())


def measured(root: Path) -> dict[str, Any]:
    """The figures of one tree, by the names that they have in the table."""
    code = sources(root, "console") | sources(root, "qlikauth")
    trees = {name: ast.parse(text) for name, text in code.items()}
    lines = {name: len(text.splitlines()) for name, text in code.items()}
    lengths = dict(pair for name, tree in trees.items() for pair in functions(tree, f"{name}: "))
    circle = largest_circle(root)
    contracts = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layered = next(each for each in contracts if each["type"] == "layers")
    rows: dict[str, Any] = {"modules, lines of the application": _sum(lines, "")}
    rows |= {f"{floor}: modules, lines": _sum(lines, f"console/{floor}/") for floor in FLOORS}
    loose = {name: count for name, count in lines.items() if Path(name).parent == Path("console")}
    return rows | {
        "on no floor (`console/*.py`)": _sum(loose, ""),
        "modules that import-linter leaves out": str(len(layered["exhaustive_ignores"])),
        "median, longest module": f"{statistics.median(lines.values()):.0f}, {max(lines.values())}",
        "modules of more than 300 lines": str(sum(count > 300 for count in lines.values())),
        "functions": str(len(lengths)),
        "median, longest function": f"{statistics.median(lengths.values()):.0f}, {max(lengths.values())}",
        "functions of more than 40 lines": str(sum(count > 40 for count in lengths.values())),
        "imports inside functions": str(sum(map(inner_imports, trees.values()))),
        "largest import circle": f"{len(circle)} modules",
        "tests": f"{number_of_tests(root):,}",
        "modules, lines of tests": _sum({n: len(t.splitlines()) for n, t in sources(root, "tests").items()}, ""),
        "longest modules": _longest(lines),
        "longest functions": _longest(lengths),
        LAYERS: layered["layers"],
    }  # fmt: skip


def _sum(lines: dict[str, int], prefix: str) -> str:
    chosen = [count for name, count in lines.items() if name.startswith(prefix)]
    return f"{len(chosen)}, {sum(chosen):,}" if chosen else "–"


def _longest(lengths: dict[str, int]) -> str:
    longest = sorted(lengths.items(), key=lambda pair: -pair[1])[:LONGEST]
    return "<br>".join(f"`{name.removeprefix('console/')}` {count}" for name, count in longest)


def of_revision(revision: str) -> dict[str, Any]:
    """The figures of a revision, measured in a process of its own: its modules have the same names as ours."""
    with tempfile.TemporaryDirectory() as directory:
        archive = subprocess.run(["git", "archive", revision], cwd=ROOT, capture_output=True, check=True)
        subprocess.run(["tar", "x", "-C", directory], input=archive.stdout, check=True)
        command = [sys.executable, str(Path(__file__)), "--json", directory]
        answer = subprocess.run(command, cwd=directory, capture_output=True, check=True)
        return dict(json.loads(answer.stdout))


def main(arguments: list[str]) -> None:
    if arguments[:1] == ["--json"]:
        print(json.dumps(measured(Path(arguments[1]))))
        return
    trees = {revision: of_revision(revision) for revision in arguments} | {"now": measured(ROOT)}
    print("| | " + " | ".join(trees) + " |")
    print("|---|" + "---|" * len(trees))
    for name in [each for each in trees["now"] if each != LAYERS]:
        print(f"| {name} | " + " | ".join(tree[name] for tree in trees.values()) + " |")
    for name, tree in trees.items():
        print(f"\nLayers, {name}: imports go downwards only.\n\n```", *tree[LAYERS], "```", sep="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
