"""What a fetch meets outside (outbound.py): name servers, connections, certificates. Tests bring another world."""

import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache


def look_up(host: str) -> list[str]:
    """The addresses of a host name, each once, in the resolver's order. Raises OSError.

    The dot at the end says that the name is complete: no search domain of this network is tried behind it.
    """
    found = socket.getaddrinfo(f"{host}.", None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[4][0]) for address in found))


def open_socket(address: str, port: int, timeout: float) -> socket.socket:
    """A TCP connection to an IP address, written as one: no name is looked up. Raises OSError."""
    made = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    try:
        made.settimeout(timeout)
        made.connect((address, port))
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:
        made.close()
        raise
    return made


@cache
def public_trust() -> ssl.SSLContext:
    """Whose certificates count: those of the machine's authorities, each for its name."""
    return ssl.create_default_context()


@dataclass(frozen=True, slots=True)
class World:
    """The three things that a fetch asks of the outside."""

    look_up: Callable[[str], list[str]] = look_up
    open_socket: Callable[[str, int, float], socket.socket] = open_socket
    trust: Callable[[], ssl.SSLContext] = public_trust
