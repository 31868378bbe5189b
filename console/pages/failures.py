"""Error pages. They say what happened and what to do, and never how the server is built.

A program gets the same in JSON.
"""

import sys
from http import HTTPStatus
from typing import cast

from django.conf import settings
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseServerError
from django.shortcuts import render
from django.utils.translation import gettext as _

from .. import trace
from ..http import expired_forms, programs
from ..http.requests import VisitorRequest
from . import client_lookup, sign_in


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, 400, _("The request was not valid"), _("Go back, reload the page and try again."))


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(
        request,
        403,
        _("You do not have access to this page"),
        _("It needs a role that your account does not have. Ask one of your tenant administrators."),
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The page was made before the person signed in, in this tab or another, or is older than the browser's memory."""
    if _is_too_long(request):
        return _page(
            request,
            413,
            _("The file is too large"),
            _("Nothing was saved. Go back and choose a smaller one: a logo can have at most 512 kB."),
        )
    matched = request.resolver_match
    if matched is not None and matched.url_name == "login" and not programs.asks(request):
        return sign_in.expired(cast("VisitorRequest", request))
    return expired_forms.expired(request)


def _is_too_long(request: HttpRequest) -> bool:
    """Whether so much was sent that none of it was kept (qlikauth/server/bodies.py), the form's token included."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    return length.isdecimal() and int(length) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if isinstance(exception, client_lookup.Deleted):
        return _page(
            request,
            404,
            _("This client has been deleted"),
            _(
                "Nothing about it can be changed. It is listed under “Deleted clients” as long as it can be restored."
            ),
        )
    return _page(
        request,
        404,
        _("Page not found"),
        _("It may have been moved or deleted, or the address is not complete."),
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """A mistake of ours; or a database that cannot be reached or has no time, which passes and is worth a retry."""
    try:
        if isinstance(sys.exc_info()[1], OperationalError):
            return _unavailable(request)
        return _page(
            request,
            500,
            _("Something went wrong on our side"),
            _(
                "You have not lost anything. Try again in a moment. If it happens again, contact the people "
                "who run this service."
            ),
        )
    except Exception:  # the 500 page must not depend on the database or the session
        text = f"Internal Server Error\nReference: {trace.current()}\n"
        return HttpResponseServerError(text, content_type="text/plain; charset=utf-8")


def _unavailable(request: HttpRequest) -> HttpResponse:
    answer = _page(
        request,
        503,
        _("The service cannot be reached right now"),
        _("Nothing is lost. Try again in a moment."),
    )
    answer["Retry-After"] = "1"
    answer["Cache-Control"] = "no-store"
    return answer


# RFC 6749's names for what can go wrong before an endpoint of the protocol is reached.
ERRORS = {500: "server_error", 503: "temporarily_unavailable"}


def _page(request: HttpRequest, status: int, title: str, advice: str) -> HttpResponse:
    if programs.asks(request):
        error = ERRORS.get(status, "invalid_request")
        return programs.problem(status, f"HTTP-{status}", HTTPStatus(status).phrase, error=error)
    return render(
        request, "failures/failure.html", {"title": title, "advice": advice, "status": status}, status=status
    )
