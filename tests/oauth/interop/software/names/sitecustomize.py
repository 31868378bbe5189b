"""Read by Python before anything else: every *.localhost name is this machine, as it is in browsers (RFC 6761 §6.3).

Python asks the system's resolver, which on a plain Linux machine does not know; the software stays unmodified.
"""

import socket
from typing import Any

_resolve = socket.getaddrinfo


def _getaddrinfo(host: Any, *arguments: Any, **options: Any) -> Any:
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    local = isinstance(name, str) and name.endswith(".localhost")
    return _resolve("127.0.0.1" if local else host, *arguments, **options)


socket.getaddrinfo = _getaddrinfo
