"""What is checked before a commit is what `make lint` checks: there is one list, written in two places."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def commands_of_make(target: str) -> list[str]:
    """The commands of one target of the Makefile, as they are run."""
    rule = re.search(rf"^{target}:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert rule is not None
    lines = rule.group(1).replace("$(BIN)", ".venv/bin").splitlines()
    return [line.strip().removeprefix("@") for line in lines]


def commands_of_hooks() -> list[str]:
    """The commands of the hooks, in their order."""
    return re.findall(r"^ +entry: (.+)$", (ROOT / ".pre-commit-config.yaml").read_text(), re.MULTILINE)


def test_the_hooks_run_what_make_lint_runs() -> None:
    commands = commands_of_make("lint")

    assert len(commands) >= 4
    assert commands_of_hooks() == commands


def test_nothing_is_fetched_for_a_hook() -> None:
    configuration = (ROOT / ".pre-commit-config.yaml").read_text()
    hooks = len(commands_of_hooks())

    assert re.findall(r"repo: (.+)", configuration) == ["local"]
    assert len(re.findall(r"^ +language: system$", configuration, re.MULTILINE)) == hooks
    assert len(re.findall(r"^ +pass_filenames: false$", configuration, re.MULTILINE)) == hooks
