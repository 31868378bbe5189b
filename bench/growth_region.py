"""A region that is grown once and then measured as often as wanted: its database server, its secrets, its size."""

import json
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg

from tests import postgres

from .operations import Client
from .region import Region, found

# As much memory as such a region is given, and nothing that a disk of ours would be measured by.
SETTINGS = {"shared_buffers": "1GB", "max_wal_size": "16GB", "work_mem": "16MB", "random_page_cost": "1.1"}
NOTES = "region.json"
ENVIRONMENT = ("QLIKAUTH_VAR", "QLIKAUTH_SECRET_KEY", "PORT", "DATABASE_URL")


@contextmanager
def kept(directory: Path | None) -> Iterator[tuple[Region, bool]]:
    """The region of `directory`, made there the first time; without a directory, one that is gone afterwards.

    Yields it, and whether its rows have been made.
    """
    with TemporaryDirectory(prefix="qlikauth-growth-") as temporary:
        place = directory or Path(temporary)
        place.mkdir(parents=True, exist_ok=True)
        place.chmod(0o755)
        postgres.SETTINGS.update(SETTINGS)
        again = (place / NOTES).exists()
        server = _served_again(place) if again else postgres.launch(place)
        try:
            _await(server)
            yield (_read(place) if again else _made(place, server.url)), again and _is_grown(place)
        finally:
            server.process.send_signal(signal.SIGINT)  # ends connections, and writes everything to the disk
            server.process.wait()


def note_grown(made: Region) -> None:
    """Its rows have been made."""
    (made.directory.parent / "grown").touch()


def _is_grown(place: Path) -> bool:
    return (place / "grown").exists()


def _served_again(place: Path) -> postgres.Server:
    (place / "data" / "postmaster.pid").unlink(missing_ok=True)
    return postgres.serve(place, *postgres.prepare(place))


def _await(server: postgres.Server) -> None:
    """Returns when the server takes connections. It may have to recover first; it is never given up and removed."""
    while server.process.poll() is None:
        try:
            psycopg.connect(server.url).close()
            return
        except psycopg.OperationalError:
            time.sleep(0.1)
    raise RuntimeError((server.directory / "log").read_text(errors="replace"))


def _made(place: Path, url: str) -> Region:
    (place / "var").mkdir()
    made = found(place / "var", url)
    told = asdict(made)
    told["environment"] = {name: made.environment[name] for name in ENVIRONMENT}
    (place / NOTES).write_text(json.dumps(told, default=str))
    return made


def _read(place: Path) -> Region:
    told: dict[str, Any] = json.loads((place / NOTES).read_text())
    told["directory"] = Path(told["directory"])
    for name in ("machine", "application", "machine_of_api"):
        told[name] = Client(**told[name])
    return Region(**told)
