"""Which pages of other origins may call the endpoints for programs (Q5 allowed origins, Fetch standard).

An origin is allowed if a client of this tenant lists it, or if this tenant approved it with another tenant's client. It
is repeated only when it is on a list, never reflected.
"""

from collections.abc import Iterable

from django.http import HttpResponse
from django.utils.cache import patch_vary_headers

from .models import ClientOrigin
from .policy import redirect_uris
from .requests import HostRequest

MAX_AGE = "600"


def allow(request: HostRequest, answer: HttpResponse, *, cookies: bool = True) -> HttpResponse:
    """Adds the headers that let an allowed page read `answer`, and send cookies along unless they are of no use.

    Requests without Origin cost nothing.
    """
    origin = request.headers.get("Origin")
    if origin is None:
        return answer
    patch_vary_headers(answer, ["Origin"])
    if is_allowed(request, origin):
        answer["Access-Control-Allow-Origin"] = origin
        if cookies:
            answer["Access-Control-Allow-Credentials"] = "true"
        answer["Access-Control-Expose-Headers"] = "WWW-Authenticate, Retry-After"
    return answer


def preflight(request: HostRequest, methods: Iterable[str], *, cookies: bool = True) -> HttpResponse:
    """Answers OPTIONS. Without an allowed origin it says nothing, and the browser stops there."""
    answer = allow(request, HttpResponse(status=204), cookies=cookies)
    if answer.has_header("Access-Control-Allow-Origin"):
        answer["Access-Control-Allow-Methods"] = ", ".join(methods)
        answer["Access-Control-Allow-Headers"] = "authorization, content-type"
        answer["Access-Control-Max-Age"] = MAX_AGE
    return answer


def is_allowed(request: HostRequest, origin: str) -> bool:
    """Whether pages of `origin` may call this host: the whole decision, whoever writes the headers.

    The region's host serves the published clients of every tenant; once a token request has said which tenant it is
    for, that tenant's own decision counts for its answer.
    """
    try:
        redirect_uris.check_origin(origin)  # what could not be registered is not looked up
    except redirect_uris.Refused:
        return False
    if request.tenant is None:
        return ClientOrigin.counts_in_region(origin)
    return ClientOrigin.counts_in(request.tenant, origin)


def public(answer: HttpResponse) -> HttpResponse:
    """Metadata and keys are for everyone, pages of any origin included."""
    answer["Access-Control-Allow-Origin"] = "*"
    return answer
