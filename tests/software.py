"""Client software from PyPI, each in a virtual environment of its own. `python -m tests.software` installs all of it.

Beside `tests/oauth/interop/software/NAME.in`, which says what is wanted, stands NAME.lock, which `make lock` writes.
"""

import fcntl
import hashlib
import shutil
import subprocess
import sys
import venv
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

FOLDER = Path(__file__).parent / "oauth" / "interop" / "software"
INSTALLED = Path(sys.prefix) / "software"
AT_ONCE = 3  # pip waits for the network and for the disk in turn


def executable(name: str, program: str = "python") -> Path:
    """A program of the software NAME. Installs what its lock file names, if that has not been done."""
    INSTALLED.mkdir(exist_ok=True)
    with (INSTALLED / f"{name}.installing").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)  # one process installs, those beside it wait
        return _environment(name) / "bin" / program


def _environment(name: str) -> Path:
    lock = FOLDER / f"{name}.lock"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    folder = INSTALLED / name
    stamp = folder / "installed"
    if not stamp.exists() or stamp.read_text() != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, symlinks=True)
        # Compiled when it is imported: most of what comes along never is.
        options = ["--quiet", "--disable-pip-version-check", "--require-hashes", "--no-compile"]
        target = ["--python", str(folder / "bin" / "python")]
        command = [sys.executable, "-m", "pip", *target, "install", *options, "--requirement", str(lock)]
        subprocess.run(command, check=True, stdout=sys.stderr)
        stamp.write_text(wanted)
    return folder


def from_debian(name: str, packages: Sequence[str]) -> Path | None:
    """The folder that packages of Debian are unpacked in, for which nobody needs to be root; None if apt lacks them."""
    folder = INSTALLED / name
    INSTALLED.mkdir(exist_ok=True)
    with (INSTALLED / f"{name}.installing").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not folder.exists() and shutil.which("apt-get") and shutil.which("dpkg-deb"):
            with TemporaryDirectory() as downloaded:
                for package in packages:
                    command = ["apt-get", "-qq", "download", package]
                    if subprocess.run(command, cwd=downloaded, stdout=sys.stderr, check=False).returncode:
                        return None
                for archive in Path(downloaded).glob("*.deb"):
                    subprocess.run(["dpkg-deb", "--extract", str(archive), f"{downloaded}/root"], check=True)
                shutil.copytree(f"{downloaded}/root", folder, symlinks=True)
    return folder if folder.exists() else None


def names() -> list[str]:
    """Every software there is a lock file for, the largest first."""
    return [lock.stem for lock in sorted(FOLDER.glob("*.lock"), key=lambda lock: -lock.stat().st_size)]


if __name__ == "__main__":
    with ThreadPoolExecutor(AT_ONCE) as installers:
        list(installers.map(executable, names()))
