"""Which pages of other origins may call the endpoints for programs (Q5 allowed origins, Fetch standard).

An origin is allowed if a client of this tenant lists it. It is repeated only when it is on a list, never reflected.
"""

from collections.abc import Iterable

from django.db.models import Q
from django.http import HttpResponse
from django.utils.cache import patch_vary_headers

from .models import Client, Connection
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
    """Whether an enabled client that this tenant is connected to lists `origin`."""
    live = Client.with_deleted_anywhere.filter(deleted_at=None, disabled_at=None).exclude(allowed_origins=[])
    if request.tenant is None:  # the region host serves the published clients of every tenant
        lists = live.filter(Q(published_at__isnull=False) | Q(stays_connected=True))
    else:
        lists = live.filter(pk__in=Connection.usable(request.tenant.pk).values("client"))
    return any(
        origin in origins
        for origins in lists.exclude(allowed_origins=[]).values_list("allowed_origins", flat=True)
    )


def public(answer: HttpResponse) -> HttpResponse:
    """Metadata and keys are for everyone, pages of any origin included."""
    answer["Access-Control-Allow-Origin"] = "*"
    return answer
