"""How a host is written: `name` or `name:port`, in lower case, the port only where it is not the usual one."""

import re

LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"  # RFC 1123 §2.1
HOST = re.compile(rf"(?=.{{1,253}}(?::|$)){LABEL}(?:\.{LABEL})*(?::(?P<port>[1-9][0-9]{{0,4}}))?")
USUAL_PORTS = {"", "80", "443"}


class NotAHost(ValueError):
    """Not a valid host. The message says why."""


def normalize_host(raw: str) -> str:
    """A Host header as hostnames are stored: lower case, no trailing dot, no usual port."""
    host = raw.strip().lower()
    name, separator, port = host.rpartition(":")
    if not separator or not port.isdigit():
        name, port = host, ""
    name = name.rstrip(".")
    return name if port in USUAL_PORTS else f"{name}:{port}"


def parse_host(raw: str) -> str:
    """The normal form of a host that an operator wrote. Raises NotAHost for everything else, such as an address."""
    host = normalize_host(raw)
    if not host.isascii():
        raise NotAHost(f"Write {raw!r} in its ASCII form, which begins with xn--.")
    match = HOST.fullmatch(host)
    if match is None or int(match["port"] or 1) > 65535:
        raise NotAHost(f"{raw!r} is not a host: write name or name:port.")
    return host
