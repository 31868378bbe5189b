"""Runs the worker processes, and a new one for each that dies: `python -m qlikauth.server --help`."""

import argparse
import os
import resource
import socket
import time
from contextlib import suppress
from functools import partial

from uvicorn import Config
from uvicorn.supervisors import Multiprocess

from .front import load

SETTLE_SECONDS = 0.2


class Workers(Multiprocess):
    """The processes that serve, and a new one for each that dies."""

    def terminate_all(self) -> None:
        """Lets nobody wait in the system's queue first: what is there when the socket is closed would be lost."""
        for listening in self.sockets:
            listening.listen(0)
        time.sleep(SETTLE_SECONDS)  # in which the workers accept what is there already
        for listening in self.sockets:
            listening.close()
        super().terminate_all()


def main() -> None:
    parser = argparse.ArgumentParser(prog="qlikauth.server")
    parser.add_argument("application", help="module:name of a WSGI application")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--grace", type=int, default=20, help="seconds for what is under way at the end")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qlikauth.settings")
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with suppress(
        OSError, ValueError
    ):  # a connection takes a file; a system can have a lower limit than it states
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    config = Config(
        partial(load, options.application, options.threads),
        factory=True,
        interface="asgi3",
        http="qlikauth.server.connections:Connection",
        loop="asyncio",
        ws="none",
        lifespan="on",
        workers=options.workers,
        proxy_headers=False,  # whom to believe is a setting of ours
        server_header=False,
        access_log=False,  # front.py writes it, without query strings
        log_config=None,
        log_level="error",
        timeout_graceful_shutdown=options.grace,
    )
    Workers(config, sockets=[listener(options.host, options.port)]).run()


def listener(host: str, port: int) -> socket.socket:
    """A socket that is marked as TCP's: on others asyncio leaves Nagle's algorithm on, which delays every answer."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((host, port))
    return made


if __name__ == "__main__":
    main()
