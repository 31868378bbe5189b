"""Who calls the REST API: the holder of an access token of this tenant, checked to be still alive."""

from collections.abc import Callable
from functools import wraps

from django.db import OperationalError
from django.http import HttpResponse
from django.views.decorators.csrf import csrf_exempt

from .. import access_tokens, cors
from ..access import open_to
from ..models import LiveToken
from ..programs import problem
from ..requests import TenantRequest

View = Callable[[TenantRequest, LiveToken], HttpResponse]


def bearer(*methods: str) -> Callable[[View], Callable[[TenantRequest], HttpResponse]]:
    """Gives the view the live token of the request; 401 with a challenge without one (RFC 6750 §3).

    A page of an allowed origin may call too: it has the token that its person let it have.
    """

    def decorate(view: View) -> Callable[[TenantRequest], HttpResponse]:
        @open_to("the holder of an access token")
        @csrf_exempt
        @wraps(view)
        def answered(request: TenantRequest) -> HttpResponse:
            try:
                if request.method == "OPTIONS":
                    return cors.preflight(request, methods, cookies=False)
                answer = cors.allow(request, _answer(view, request, methods), cookies=False)
            except OperationalError:  # without CORS headers: the origins are in that database too
                answer = problem(503, "HTTP-503", "Temporarily unavailable")
                answer["Retry-After"] = "1"
            answer["Cache-Control"] = "no-store"
            return answer

        return answered  # type: ignore[return-value]

    return decorate


def _answer(view: View, request: TenantRequest, methods: tuple[str, ...]) -> HttpResponse:
    if request.method not in methods:
        answer = problem(405, "HTTP-405", "Method not allowed")
        answer["Allow"] = ", ".join([*methods, "OPTIONS"])
        return answer
    token = access_tokens.presented(request)
    live = access_tokens.live(request.tenant, token) if token else None
    if live is not None:
        return view(request, live)
    answer = problem(401, "HTTP-401", "Unauthorized", "Send a live access token as Bearer.")
    why = ', error="invalid_token"' if token else ""
    answer["WWW-Authenticate"] = f'Bearer realm="api"{why}'
    return answer
