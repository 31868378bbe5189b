"""Who calls the REST API: the holder of an access token of this tenant, checked to be still alive."""

from collections.abc import Callable
from functools import wraps

from django.db import OperationalError
from django.http import HttpResponse
from django.views.decorators.csrf import csrf_exempt

from .. import access_tokens
from ..access import open_to
from ..models import LiveToken
from ..programs import problem
from ..requests import TenantRequest

View = Callable[[TenantRequest, LiveToken], HttpResponse]


def bearer(*methods: str) -> Callable[[View], Callable[[TenantRequest], HttpResponse]]:
    """Gives the view the live token of the request; 401 with a challenge without one (RFC 6750 §3)."""

    def decorate(view: View) -> Callable[[TenantRequest], HttpResponse]:
        @open_to("the holder of an access token")
        @csrf_exempt
        @wraps(view)
        def answered(request: TenantRequest) -> HttpResponse:
            answer: HttpResponse
            if request.method not in methods:
                answer = problem(405, "HTTP-405", "Method not allowed")
                answer["Allow"] = ", ".join(methods)
                return answer
            try:
                token = access_tokens.presented(request)
                live = access_tokens.live(request.tenant, token) if token else None
                if live is None:
                    answer = problem(401, "HTTP-401", "Unauthorized", "Send a live access token as Bearer.")
                    answer["WWW-Authenticate"] = 'Bearer realm="api"' + (
                        ', error="invalid_token"' if token else ""
                    )
                    return answer
                answer = view(request, live)
            except OperationalError:
                answer = problem(503, "HTTP-503", "Temporarily unavailable")
                answer["Retry-After"] = "1"
            answer["Cache-Control"] = "no-store"
            return answer

        return answered  # type: ignore[return-value]

    return decorate
