"""An address of the REST API, made of operations: one for each method that it offers.

Every operation states with `needs_right` who may call it and, if it changes something, about which client that is: no
client decides about itself (subjects.py). It states with `exchanges` what it reads and answers (exchange.py). The view
that `resource` makes checks all of it, and nothing else does.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps

from django.conf import settings
from django.db import OperationalError
from django.http import HttpResponse
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt

from ..http import cors
from ..http.access import open_to
from ..http.programs import problem
from ..http.requests import TenantRequest
from .authentication import Caller, Right, live_token
from .errors import ApiError
from .exchange import Exchange
from .schema import Given
from .subjects import About

Operation = Callable[..., Given | None]  # (request, caller, **what stands in the address, sent=, asked=)
READS = frozenset({"GET", "HEAD"})
METHODS = ["GET", "HEAD", "POST", "PATCH", "DELETE"]


def needs_right(*rights: Right, about: About | None = None) -> Callable[[Operation], Operation]:
    """States who may call an operation: whoever has one of `rights`. Without any, whoever has a live token.

    `about` finds the client that the operation changes something about. An operation that only reads has none.
    """

    def decorate(operation: Operation) -> Operation:
        operation.rights, operation.about = rights, about  # type: ignore[attr-defined]
        return operation

    return decorate


@dataclass(frozen=True, slots=True)
class _Stated:
    """An operation with what its decorators state."""

    operation: Operation
    rights: tuple[Right, ...]
    about: About | None
    exchange: Exchange

    @classmethod
    def of(cls, method: str, operation: Operation) -> "_Stated":
        """Raises TypeError, when the module is loaded, if a statement is missing."""
        stated = vars(operation)
        missing = {"rights", "about", "exchange"} - stated.keys()
        if missing:
            raise TypeError(f"{operation.__qualname__} does not state its {', '.join(sorted(missing))}")
        if method not in READS and stated["about"] is None:
            raise TypeError(f"{operation.__qualname__} does not state whose client it is about")
        return cls(operation, stated["rights"], stated["about"], stated["exchange"])

    def answer(self, request: TenantRequest, address: dict[str, str]) -> HttpResponse:
        """The answer to a call, whether it is carried out or refused."""
        try:
            caller = Caller.of(request, live_token(request), self.rights)
            subject = self.about(address) if self.about else None
            if subject is not None:
                subject.check_not_decided_by(caller.live.client, request.tenant)
            # In English: the thread may have a page's language from an earlier request.
            with translation.override(settings.LANGUAGE_CODE):
                sent = self.exchange.read(request)
                return self.exchange.answer(self.operation(request, caller, **address, **sent))
        except ApiError as error:
            return error.answer


def resource(**operations: Operation) -> Callable[..., HttpResponse]:
    """The view of an address: an operation for each method that it offers, e.g. `resource(GET=show, DELETE=remove)`.

    It answers 401 with a challenge without a live token (RFC 6750 §3), 403 without a right, 405 for another method. A
    page of an allowed origin may call it too (http/cors.py). Raises TypeError, when the module is loaded, for an
    operation that lacks a statement.
    """
    if "GET" in operations:
        operations["HEAD"] = operations["GET"]
    stated = {method: _Stated.of(method, operation) for method, operation in operations.items()}
    methods = sorted(operations, key=METHODS.index)

    @open_to(_in_words(stated))
    @csrf_exempt
    @wraps(operations[methods[0]])
    def view(request: TenantRequest, **address: str) -> HttpResponse:
        try:
            if request.method == "OPTIONS":
                return cors.options(methods)
            if request.method in stated:
                answer = stated[request.method].answer(request, address)
            else:
                answer = problem(405, "HTTP-405", "Method not allowed")
                answer["Allow"] = ", ".join([*methods, "OPTIONS"])
        except OperationalError:
            answer = problem(503, "HTTP-503", "Temporarily unavailable")
            answer["Retry-After"] = "1"
        answer["Cache-Control"] = "no-store"
        return answer

    view.operations = operations  # type: ignore[attr-defined]
    view.rights = {method: each.rights for method, each in stated.items()}  # type: ignore[attr-defined]
    view.about = {method: each.about for method, each in stated.items()}  # type: ignore[attr-defined]
    return view  # type: ignore[return-value]


def _in_words(stated: dict[str, _Stated]) -> str:
    """Who may call which method, as the list of addresses shows it."""
    each = {
        method: " or ".join(f"{right.permission} with {right.scope}" for right in one.rights) or "everyone"
        for method, one in stated.items()
    }
    methods = ", ".join(f"{method}: {who}" for method, who in each.items())
    return f"the holder of an access token; {methods}"
