"""Most authorization requests are answered with a redirect: nothing is made ready for a page that nobody draws."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import add_never_cache_headers

from ..http.addresses import AUTHORIZE_PATH
from . import authorization
from .delivery import redirected
from .outcome import Answered


class AnsweredAtOnceMiddleware:
    """Judges an authorization request when its session and its person are known. A redirect to the application is the
    answer; any other outcome is `request.outcome`, which the page draws.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        if not _is_judged_here(request):
            return self.get_response(request)
        outcome = authorization.outcome(request)
        response = redirected(request, outcome) if isinstance(outcome, Answered) else None
        if response is None:
            request.outcome = outcome
            return self.get_response(request)
        add_never_cache_headers(response)
        return response


def _is_judged_here(request: Any) -> bool:
    """A link to a tenant. A form is looked at by its page (CSRF), and the region only asks for the tenant."""
    return (
        request.method == "GET"
        and request.path_info == AUTHORIZE_PATH
        and request.tenant is not None
        and settings.OAUTH_CLIENTS_SUPPORTED
    )
