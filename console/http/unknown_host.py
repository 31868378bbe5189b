"""The answer at an unknown host: a page for people, a line of text for programs.

Anybody can ask for any host: nothing is looked up for it, no session begins, no cookie is set, and nothing about who is
here is said.
"""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import translation

from . import programs
from .addresses import region_issuer

LONGEST = 100  # of a host, as the page repeats it
PHRASES = {400: "Bad Request", 404: "Not Found"}
# The page has a style sheet and a mark, and nothing else.
RULES = "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; frame-ancestors 'none'"


def answer(request: HttpRequest, status: int, host: str = "") -> HttpResponse:
    """404 for an unknown `host`; 400 for an invalid one, which is not repeated in the answer."""
    if programs.asks(request) or "text/html" not in request.headers.get("Accept", ""):
        response = HttpResponse(
            f"{PHRASES[status]}\n", status=status, content_type="text/plain; charset=utf-8"
        )
    else:
        response = HttpResponse(_page(request, host), status=status)
        response["Content-Security-Policy"] = RULES
        response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _page(request: HttpRequest, host: str) -> str:
    language = translation.get_language_from_request(request)
    with translation.override(language):
        context = {
            "LANGUAGE_CODE": language,
            "host": host if len(host) <= LONGEST else f"{host[:LONGEST]}…",
            "region": region_issuer(),
            "region_host": settings.REGION_HOST,
        }
        return render_to_string("failures/unknown_host.html", context)
