"""Command line: `python -m tests.static_layout [--check]`."""

import subprocess
import sys
from pathlib import Path

from tests import node

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PLACES = ["static/js", "static/css"]


def main(check: bool) -> int:
    """Exit status of Biome: 0 if everything is laid out and nothing is wrong."""
    program = node.packages(HERE) / "@biomejs" / "biome" / "bin" / "biome"
    command = [str(node.executable()), str(program), "check", "--error-on-warnings", f"--config-path={HERE}"]
    if not check:
        command.append("--write")
    done = subprocess.run([*command, *PLACES], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        print(done.stdout + done.stderr, file=sys.stderr)
    return done.returncode


if __name__ == "__main__":
    raise SystemExit(main(check="--check" in sys.argv[1:]))
