"""A request as WSGI hands it over (PEP 3333)."""

import sys
from io import BytesIO
from typing import Any
from urllib.parse import unquote_to_bytes

from .bodies import Body


def environ_of(scope: dict[str, Any], body: Body) -> dict[str, Any]:
    """What Django reads a request from.

    A header that stands more than once is one, with commas (RFC 9110 §5.2), a cookie with semicolons (RFC 9113 §8.2.3).
    A value that is not ASCII counts as empty: no header that is read here has such a value, and every reader would take
    it for something else. A name with an underscore is left out: here it could not be told from the one with a hyphen,
    which a proxy has set or taken away.
    """
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
    seen: set[bytes] = set()
    for name, value in scope["headers"]:
        if b"_" in name:
            continue
        key = name.decode("latin-1").upper().replace("-", "_")
        if key not in {"CONTENT_TYPE", "CONTENT_LENGTH"}:
            key = f"HTTP_{key}"
        text = value.decode("latin-1") if value.isascii() else ""
        between = "; " if name == b"cookie" else ","
        environ[key] = f"{environ[key]}{between}{text}" if name in seen else text
        seen.add(name)
    if len(body.content) < body.length:
        environ["CONTENT_LENGTH"] = str(
            body.length
        )  # too long: Django refuses it by its length, as each view does it
    return environ
