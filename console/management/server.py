"""How the application server is started: by `manage.py serve`, and by the demonstration in the same way."""

import os
import socket
import sys
from ipaddress import ip_address

from django.core.management.base import CommandError

GRACE_SECONDS = 20  # for requests that are under way when the server is told to stop


def command(*, host: str, port: int, workers: int, threads: int) -> list[str]:
    """The command line of the application server (bench/README.md says why this one, and why these numbers)."""
    return [
        *(sys.executable, "-m", "qlikauth.server", "qlikauth.wsgi:application"),
        *("--host", host, "--port", str(port)),
        *("--workers", str(workers), "--threads", str(threads)),
        *("--grace", str(GRACE_SECONDS)),
    ]


def default_workers() -> int:
    """One process for each core this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def check_free(host: str, port: int) -> None:
    """CommandError if nothing can listen at `host`:`port`: one sentence now, instead of the server's backtrace."""
    try:
        address = ip_address(host)
    except ValueError:
        raise CommandError(f"{host!r} is not an IP address, such as 127.0.0.1 or 0.0.0.0.") from None
    if not 1 <= port <= 65535:
        raise CommandError(f"The port must be a number from 1 to 65535, not {port}.")
    with socket.socket(socket.AF_INET6 if address.version == 6 else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError(f"Nothing can listen on {host} port {port}: {error.strerror}.") from None
