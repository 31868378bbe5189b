"""Nothing in the tree belongs to one machine: no place where packages are fetched, no path of a person's own."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MADE_HERE = {
    ".git", ".venv", "var", "node_modules", "test-results", "__pycache__",
    ".mypy_cache", ".pytest_cache", ".ruff_cache", ".import_linter_cache",
}  # fmt: skip
LOCK_FILES = re.compile(r"(\.lock|package-lock\.json|\.npmrc|pyproject\.toml|Makefile)$")
WHERE_PACKAGES_COME_FROM = re.compile(
    r"""^\s*(--?(extra-)?index-url|--find-links|-[if])\b   # an option of pip in a requirements file
      | ^\s*registry\s*=                                   # an option of npm
      | "resolved"\s*:                                     # the address of one package
      | (https?|file)://[^\s"]*/(simple|packages|wheels)\b
      | @\s+(https?|file)://                               # a requirement by address
    """,
    re.VERBOSE | re.MULTILINE,
)
SOMEBODYS_HOME = re.compile(r"(?<![\w.~-])/(home/[a-z][\w-]*|Users/[A-Za-z][\w-]*|root)/")


def files() -> Iterator[Path]:
    for folder, subfolders, names in os.walk(ROOT):
        subfolders[:] = [name for name in subfolders if name not in MADE_HERE]
        yield from (Path(folder, name) for name in names)


def texts() -> Iterator[tuple[str, str]]:
    """Every text file of the tree, by its name."""
    for path in files():
        try:
            yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def test_no_lock_file_says_where_packages_come_from():
    found = [
        f"{name}: {match.group().strip()}"
        for name, text in texts()
        if LOCK_FILES.search(name)
        for match in WHERE_PACKAGES_COME_FROM.finditer(text)
    ]

    assert found == []


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-demo.lock", "requirements-dev.lock"])
def test_every_python_package_is_pinned_with_hashes(lock: str):
    requirements = (ROOT / lock).read_text().replace("\\\n", " ").splitlines()

    assert [line for line in requirements if not re.match(r"[\w.\[\],-]+==\S+ .*--hash=sha256:", line)] == []


def test_every_npm_package_is_pinned_with_a_hash():
    locks = [path for path in files() if path.name == "package-lock.json"]
    packages = [
        (lock, name, package)
        for lock in locks
        for name, package in json.loads(lock.read_text())["packages"].items()
        if name  # the empty name is what asks for them
    ]

    assert {lock.parent.name for lock in locks} == {"interop", "peer", "static_layout"}
    assert [(lock, name) for lock, name, package in packages if "integrity" not in package] == []


def test_no_npm_package_runs_a_script_when_it_is_installed():
    """A script could fetch what no lock file names."""
    folders = [path.parent for path in files() if path.name == "package-lock.json"]

    assert [
        folder for folder in folders if "ignore-scripts=true" not in (folder / ".npmrc").read_text().split()
    ] == []


def test_no_file_names_a_path_of_one_machine():
    here = re.compile(rf"{re.escape(str(ROOT))}\b")
    found = [name for name, text in texts() if here.search(text) or SOMEBODYS_HOME.search(text)]

    assert found == []
