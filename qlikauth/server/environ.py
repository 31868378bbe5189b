"""A request as WSGI hands it over (PEP 3333)."""

import sys
from collections.abc import Iterable
from io import BytesIO
from typing import Any
from urllib.parse import unquote_to_bytes

from .bodies import Body


def environ_of(scope: dict[str, Any], body: Body) -> dict[str, Any]:
    """The WSGI environment from which Django reads a request. `scope` is the request's connection scope (ASGI)."""
    server, client = scope["server"], scope["client"]
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(scope["raw_path"]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": client[0],
        "HTTP_HOST": "",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": BytesIO(body.content),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    environ |= _headers(scope["headers"])
    if len(body.content) < body.length:  # too long: Django refuses it by its length, where a view reads it
        environ["CONTENT_LENGTH"] = str(body.length)
    return environ


def _headers(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """The headers by their names in WSGI.

    A repeated header becomes one, joined with commas (RFC 9110 §5.2), or with semicolons if it is Cookie (RFC 9113
    §8.2.3). A value that is not ASCII becomes "": no header that is read here has one, and each reader would decode it
    in another way. A name with an underscore is left out: in WSGI it is the same as the one with a hyphen, which a
    proxy may have set or removed.
    """
    environ: dict[str, str] = {}
    seen: set[bytes] = set()
    for name, value in headers:
        if b"_" in name:
            continue
        key = name.decode("latin-1").upper().replace("-", "_")
        if key not in {"CONTENT_TYPE", "CONTENT_LENGTH"}:
            key = f"HTTP_{key}"
        text = value.decode("latin-1") if value.isascii() else ""
        between = "; " if name == b"cookie" else ","
        environ[key] = f"{environ[key]}{between}{text}" if name in seen else text
        seen.add(name)
    return environ
