"""Runs operations on a WSGI application in this very process: for counting statements and for profiling."""

import io
from collections.abc import Callable
from typing import Any

from .exchange import Answer, Ask
from .operations import Script

Application = Callable[[dict[str, Any], Callable[..., Any]], Any]


def call(application: Application, ask: Ask) -> Answer:
    """One request, as a WSGI server would hand it over (PEP 3333)."""
    path, _, query = ask.path.partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": ask.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(ask.body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in ask.headers:
        key = name.upper().replace("-", "_")
        environ[key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"] = value
    heads: list[bytes] = []

    def start_response(status: str, headers: list[tuple[str, str]], *_: object) -> None:
        lines = "".join(f"\r\n{name}: {value}" for name, value in headers)
        heads.append(f"HTTP/1.1 {status}{lines}".encode("latin-1"))

    response = application(environ, start_response)
    try:
        body = b"".join(response)
    finally:
        close = getattr(response, "close", None)
        if close:
            close()
    return Answer(heads[0], body)


def run(script: Script, perform: Callable[[Ask], Answer]) -> None:
    """Works through a script."""
    try:
        ask = next(script)
        while True:
            ask = script.send(perform(ask))
    except StopIteration:
        return


def name_of(ask: Ask) -> str:
    """How a step of an operation is called in a table."""
    path = ask.path.partition("?")[0].rstrip("/").rpartition("/")[2]
    for grant in ("authorization_code", "refresh_token", "client_credentials"):
        if f"grant_type={grant}".encode() in ask.body:
            return f"{path} ({grant})"
    return path
