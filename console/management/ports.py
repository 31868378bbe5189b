"""The ports of the demonstration, and whether they are free.

`make run` runs this file before anything is installed, with whatever Python there is: it imports nothing but the
standard library. `manage.py demonstrate` asks again, with the same words.
"""

import errno
import os
import socket
import sys
from typing import Dict, List, Mapping  # noqa: UP035  read by older versions of Python too, which are then refused

HOST = "127.0.0.1"
USUAL = 8000
# What each setting is unless it is set: so much after PORT.
AFTER = {"PORT": 0, "DEMONSTRATION_PORT": 100, "PORTAL_PORT": 200, "MCP_PORT": 300}
MOST = 65535


def wanted(environment: Mapping[str, str]) -> Dict[str, int]:  # noqa: UP006
    """Setting -> port. ValueError, with a sentence, for what is no port."""
    ports: Dict[str, int] = {}  # noqa: UP006
    for name, after in AFTER.items():
        value = environment.get(name, "").strip() or str(ports.get("PORT", USUAL) + after)
        if not (value.isascii() and value.isdigit() and len(value) < 10 and 1 <= int(value) <= MOST):
            raise ValueError(f"{name} must be a whole number from 1 to {MOST}, not {value!r}.")
        ports[name] = int(value)
    return ports


def problems(environment: Mapping[str, str]) -> List[str]:  # noqa: UP006
    """A sentence for each port that is taken, with the setting that changes it. Empty if all are free."""
    try:
        ports = wanted(environment)
    except ValueError as error:
        return [str(error)]
    found = []
    taken: Dict[int, str] = {}  # noqa: UP006
    for name, port in ports.items():
        if port in taken:
            found.append(f"Port {port} is both {taken[port]} and {name}. Set {name}=… to use another.")
            continue
        taken[port] = name
        if reason := _in_the_way(port):
            found.append(f"Port {port} {reason}. Set {name}=… to use another.")
    return found


def _in_the_way(port: int) -> str:
    """Why nothing can listen at the port; "" if something can."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
            probe.listen(1)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return "is in use by another program"
            return f"cannot be used ({error.strerror})"
    return ""


if __name__ == "__main__":
    sys.exit("\n".join(problems(os.environ)) or 0)
