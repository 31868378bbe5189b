"""Which pages of other origins may call the endpoints for programs (Q5 allowed origins, Fetch standard §3.2).

An origin is allowed if a client of this tenant lists it, or if this tenant approved it with another tenant's client. It
is repeated only when it is on a list, never reflected. Metadata, keys and the API's description are for every page, and
so is registration where it is open to every program.

Of an allowed page every answer can be read, also 404, 405 and 500: else its program cannot know what is wrong.
django-cors-headers does not fit: its methods, headers and credentials are one list for the whole site.
"""

import re
from collections.abc import Iterable

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from .. import trace
from ..models import ClientOrigin, RegistrationPolicy
from ..policy import redirect_uris
from .addresses import REGISTER_PATH
from .requests import HostRequest

MAX_AGE = "600"  # seconds that a browser need not ask again
PUBLIC = ("/.well-known/", "/api/v1/openapi.json")
WITH_COOKIES = "/oauth/"  # of the REST API a token says who calls, never a cookie
EXPOSED = f"WWW-Authenticate, Retry-After, {trace.HEADER}"
METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE"  # of an address that does not exist: the 404 is to be read
ALWAYS = ("authorization", "content-type")
MAX_HEADERS = 50
MAX_NAMES_LENGTH = 2000  # characters
NAME = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+")  # a token (RFC 9110 §5.6.2), in lower case
# What a reverse proxy says about the caller. "_" and "-" are the same to WSGI.
OF_PROXIES = re.compile(r"forwarded|x-forwarded-.*|x-real-ip|x-client-ip|true-client-ip")


def options(methods: Iterable[str]) -> HttpResponse:
    """The answer to OPTIONS of an address with these methods; `allow` makes it a preflight's."""
    answer = HttpResponse(status=204)
    answer["Allow"] = ", ".join([*methods, "OPTIONS"])
    return answer


def allow(request: HostRequest, answer: HttpResponse) -> HttpResponse:
    """The answer of an endpoint for programs, with the headers that let an allowed page read it.

    OPTIONS from an allowed page becomes a preflight's answer, with the methods of `Allow`. Another page, and an
    answer for which the database cannot say whether the page is allowed, gets no header. Without Origin nothing is
    looked up.
    """
    origin = request.headers.get("Origin")
    public = request.path_info.startswith(PUBLIC) or _registers_anybody(request, origin)
    if not public:
        patch_vary_headers(answer, ["Origin"])
        if origin is None or not _is_known_to_be_allowed(request, origin):
            return answer
    if request.method == "OPTIONS" and origin is not None and answer.status_code < 500:
        answer = _preflight(request, answer)
    if public:
        answer["Access-Control-Allow-Origin"] = "*"
    else:
        answer["Access-Control-Allow-Origin"] = str(origin)
        if request.path_info.startswith(WITH_COOKIES):
            answer["Access-Control-Allow-Credentials"] = "true"
    answer["Access-Control-Expose-Headers"] = EXPOSED
    return answer


def _registers_anybody(request: HostRequest, origin: str | None) -> bool:
    """Whether pages of every origin may register clients here, as every program may: no cookie is read for it."""
    if origin is None or request.tenant is None or not request.path_info.startswith(REGISTER_PATH):
        return False
    try:
        return RegistrationPolicy.of(request.tenant).mode == RegistrationPolicy.Mode.OPEN
    except OperationalError:
        return False


def _preflight(request: HttpRequest, options: HttpResponse) -> HttpResponse:
    """What may be sent. A browser goes on only after a 2xx, so an address without OPTIONS gets one here."""
    answer = HttpResponse(status=204)
    if options.has_header("Allow"):
        answer["Allow"] = options["Allow"]
    methods = [method for method in options.get("Allow", METHODS).split(", ") if method != "OPTIONS"]
    answer["Access-Control-Allow-Methods"] = ", ".join(methods)
    answer["Access-Control-Allow-Headers"] = ", ".join(allowed_headers(request))
    answer["Access-Control-Max-Age"] = MAX_AGE
    patch_vary_headers(answer, ["Origin", "Access-Control-Request-Headers"])
    return answer


def allowed_headers(request: HttpRequest) -> list[str]:
    """The names of the headers that the page may send: those it asks for, besides the usual ones.

    Tracing, monitoring and client libraries add headers of their own to every request (traceparent, sentry-trace,
    mcp-protocol-version, qlik-api-version). No list of them is ever complete, and none says who calls. Left out are
    those by which a reverse proxy does. `*` would not do: with cookies it is a name like any other (Fetch §3.2.5).
    """
    asked = request.headers.get("Access-Control-Request-Headers", "")[:MAX_NAMES_LENGTH].lower().split(",")
    names = [name.strip() for name in asked[:MAX_HEADERS]]
    fit = [
        name for name in names if NAME.fullmatch(name) and not OF_PROXIES.fullmatch(name.replace("_", "-"))
    ]
    return list(dict.fromkeys([*ALWAYS, *fit]))


def _is_known_to_be_allowed(request: HostRequest, origin: str) -> bool:
    try:
        return is_allowed(request, origin)
    except OperationalError:
        return False


def is_allowed(request: HostRequest, origin: str) -> bool:
    """Whether pages of `origin` may call this host: the whole decision, whoever writes the headers.

    The region's host serves the published clients of every tenant; once a token request has said which tenant it is
    for, that tenant's own decision counts for its answer.
    """
    try:
        redirect_uris.check_origin(origin)  # what could not be registered is not looked up
    except redirect_uris.InvalidAddress:
        return False
    if request.tenant is None:
        return ClientOrigin.counts_in_region(origin)
    return ClientOrigin.counts_in(request.tenant, origin)
