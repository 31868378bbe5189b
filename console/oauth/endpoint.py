"""What every protocol endpoint for programs has in common: no session, no CSRF, errors as JSON, never cached."""

import json
import logging
from collections.abc import Callable, Mapping
from functools import wraps

from django.db import OperationalError
from django.http import HttpResponse
from django.views.decorators.csrf import csrf_exempt

from ..http import cors
from ..http.access import open_to
from ..http.requests import TenantRequest
from ..models import NoSigningKey
from .errors import OAuthError, response

log = logging.getLogger(__name__)
NOT_KEPT = {"Content-Type": "application/json", "Cache-Control": "no-store", "Pragma": "no-cache"}
View = Callable[..., HttpResponse]


def endpoint(*methods: str, who: str) -> Callable[[View], View]:
    """Makes a view a protocol endpoint. `who` says how its caller is authenticated.

    An OAuthError becomes the answer of RFC 6749 §5.2; a database that cannot be reached or a lock that is not had in
    time becomes 503 with Retry-After, never a 500 and never a half-done change. Every answer with a body is JSON.
    """
    methods = _with_head(methods)

    def decorate(view: View) -> View:
        @open_to(who)
        @csrf_exempt
        @wraps(view)
        def answered(request: TenantRequest, **place: str) -> HttpResponse:
            try:
                if request.method == "OPTIONS":
                    return cors.options(methods)
                return _answer(view, request, methods, place)
            except OperationalError:
                return response(OAuthError("temporarily_unavailable", "Try again in a moment.", reason=None))

        return answered  # type: ignore[return-value]

    return decorate


def _with_head(methods: tuple[str, ...]) -> tuple[str, ...]:
    """HEAD goes wherever GET does (RFC 9110 §9.1)."""
    return tuple(each for method in methods for each in ((method, "HEAD") if method == "GET" else (method,)))


def _answer(
    view: View, request: TenantRequest, methods: tuple[str, ...], place: Mapping[str, str]
) -> HttpResponse:
    try:
        if request.method not in methods:
            raise OAuthError("invalid_request", f"Use {' or '.join(methods)}.", reason=None, status=405)
        return view(request, **place)
    except NoSigningKey as algorithm:  # nothing has been used up: tokens are signed before anything is stored
        log.error(
            "Tenant %s has no signing key for %s, so it can issue no tokens. Run: manage.py rotate_signing_key %s",
            *(request.tenant.alias, algorithm, request.tenant.alias),
        )
        return response(
            OAuthError(
                "temporarily_unavailable",
                "This server has no key to sign tokens with. It must be repaired.",
                reason=None,
            )
        )
    except OAuthError as error:
        answer = response(error)
        if error.status == 405:
            answer["Allow"] = ", ".join([*methods, "OPTIONS"])
        return answer


def no_store(body: object) -> HttpResponse:
    """A JSON answer that nothing may keep (RFC 6749 §5.1)."""
    return HttpResponse(json.dumps(body), headers=NOT_KEPT)
