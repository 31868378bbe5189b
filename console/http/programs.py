"""Requests of programs, as opposed to people: which they are, and how a program is told that something is wrong.

A person gets a page. A program gets JSON in which both RFC 6749 clients and Qlik's libraries find what they look for.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from .. import trace
from .addresses import AUTHORIZE_PATH, BRAND_PATH, LOGOUT_PATH

PREFIXES = ("/oauth/", "/api/", "/.well-known/")
SLASHES = re.compile("/{2,}")
HEALTH = frozenset({"/healthz", "/readyz"})  # answered on every host
PAGES_AMONG_THEM = frozenset({AUTHORIZE_PATH, LOGOUT_PATH})


def asks(request: HttpRequest) -> bool:
    """Whether a program asks. The address says so: it needs no session, no language and no form protection.

    A base address with a slash behind it makes two in a row: nothing is there, and the program reads so in JSON.
    """
    path = SLASHES.sub("/", request.path_info)
    return (path.startswith(PREFIXES) and path not in PAGES_AMONG_THEM) or path in HEALTH


def goes_past_pages(request: HttpRequest) -> bool:
    """Whether the answer depends on no session and no language: that of a program, or a file that is the same for
    everybody, which browsers may keep."""
    return asks(request) or request.path_info.startswith(BRAND_PATH)


# An answer for programs loads nothing, and nothing shows it in a frame.
CONTENT_SECURITY_POLICY = "default-src 'none'; frame-ancestors 'none'"


def finished(response: HttpResponse) -> HttpResponse:
    """The answer of a view as a program gets it: in JSON, and never taken for a page."""
    response = _in_json(response)
    response["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    return response


def _in_json(response: HttpResponse) -> HttpResponse:
    """Django calls an answer without a body HTML too, such as that to a wrong method."""
    if response.status_code in {204, 304}:
        del response["Content-Type"]
    if response.status_code != 405 or response.content:
        return response
    answer = problem(405, "HTTP-405", "Method not allowed", error="invalid_request")
    answer["Allow"] = response["Allow"]
    return answer


def problem(status: int, code: str, title: str, detail: str = "", *, error: str = "") -> JsonResponse:
    """Qlik's error envelope with one error, which nothing may keep; with `error`, RFC 6749 §5.2's members beside it.

    `traceId` is the ID of the request, by which the audit log and the log find it (trace.py).
    """
    rfc_6749 = {"error": error, "error_description": detail or title} if error else {}
    return problems(status, [(code, title, detail, {})], rfc_6749)


def problems(
    status: int,
    errors: Iterable[tuple[str, str, str, Mapping[str, str]]],
    beside: Mapping[str, str] | None = None,
) -> JsonResponse:
    """The envelope with several errors, each a code, a title, a detail and what it is about: its `source`.

    `beside` are other members of the body.
    """
    envelopes: list[dict[str, Any]] = []
    for code, title, detail, source in errors:
        about = {"detail": detail, "source": dict(source)}
        envelope = {"code": code, "title": title, "status": str(status)}
        envelopes.append(envelope | {name: value for name, value in about.items() if value})
    body = {**(beside or {}), "errors": envelopes, "traceId": trace.current()}
    answer = JsonResponse(body, status=status)
    answer["Cache-Control"] = "no-store"
    return answer
