"""Who calls the REST API, and whether they may.

A caller is the holder of an access token of this tenant that is still alive: a person, or the bot of a machine client,
which is an administrator within its scopes. Every operation states with `needs` by which right it may be called and,
if it changes anything, about which client that is: no client decides about itself (`subjects.py`). An address is made
of operations by `resource`. Nothing else in here checks anything.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.conf import settings
from django.db import OperationalError
from django.http import HttpResponse
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt

from ..http import cors
from ..http.access import open_to
from ..http.programs import problem
from ..http.requests import TenantRequest
from ..http.sessions import client_address
from ..models import Actor, LiveToken
from ..oauth import bearer_tokens
from ..policy import scopes
from ..policy.roles import Permission, Role, may
from .errors import Refused
from .exchange import Exchange
from .schema import Given
from .subjects import About


@dataclass(frozen=True, slots=True)
class Right:
    """What lets a caller in: a permission of the person or bot, and a scope of the token. Both, since scopes narrow."""

    permission: Permission
    scope: str


MANAGING = Right(Permission.MANAGE_CLIENTS, "admin_classic")
READING = Right(Permission.READ_CONSOLE, "admin_classic")
# What is a person's own belongs to `user_default`; a token for all of the tenant has it too.
OWN = (Right(Permission.OWN_ACCOUNT, "user_default"), Right(Permission.OWN_ACCOUNT, "admin_classic"))


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, with what token, and by which right; None if the operation needs none but the token."""

    live: LiveToken
    actor: Actor
    right: Right | None

    @classmethod
    def of(cls, request: TenantRequest, live: LiveToken, rights: tuple[Right, ...]) -> "Caller":
        """The holder of the token, by the first right that is theirs. Raises Refused with 403 if none is."""
        actor = Actor(
            user=live.user,
            client=live.client if live.user is None else None,
            address=client_address(request),
        )
        if not rights:
            return cls(live, actor, None)
        given = scopes.closure(live.scopes)
        held = [right for right in rights if _may(live, right.permission)]
        for right in held:
            if right.scope in given:
                return cls(live, actor, right)
        missing = next((right for right in held or rights if right.scope not in given), None)
        if missing is None:
            raise Refused(403, "Your role in this tenant does not allow this.")
        raise Refused(
            403,
            f"The access token needs the scope {missing.scope}.",
            challenge=f'Bearer realm="api", error="insufficient_scope", scope="{missing.scope}"',
        )


def _may(live: LiveToken, permission: Permission) -> bool:
    """A bot is an administrator, but nobody: it has no account of its own."""
    if live.user is not None:
        return live.user.may(permission)
    return permission != Permission.OWN_ACCOUNT and may(Role.ADMINISTRATOR, permission)


Operation = Callable[..., Given | None]  # (request, caller, **what stands in the address, sent=, asked=)
READS = frozenset({"GET", "HEAD"})


def needs(*rights: Right, about: About | None = None) -> Callable[[Operation], Operation]:
    """States who may call an operation: whoever has one of `rights`; without any, whoever has a live token.

    `about` finds the client that the operation changes something about; one that only reads has none.
    """

    def decorate(operation: Operation) -> Operation:
        operation.rights, operation.about = rights, about  # type: ignore[attr-defined]
        return operation

    return decorate


def resource(**operations: Operation) -> Callable[..., HttpResponse]:
    """The view of an address: an operation for each method that it offers, e.g. `resource(GET=show, DELETE=remove)`.

    401 with a challenge without a live token (RFC 6750 §3), 403 without a right. A page of an allowed origin may call
    too: it has the token that its person let it have. An operation that states no right, or not what it exchanges,
    cannot be part of one, and neither can one that changes something and does not state about which client: an error
    when the module is loaded.
    """
    if "GET" in operations:
        operations["HEAD"] = operations["GET"]
    rights: dict[str, tuple[Right, ...]] = _stated(operations, "rights")
    about: dict[str, About | None] = _stated(operations, "about")
    unstated = [method for method in operations if method not in READS and about[method] is None]
    if unstated:
        raise TypeError(f"{operations[unstated[0]].__qualname__} does not state whose client it is about")
    exchanged: dict[str, Exchange] = _stated(operations, "exchange")
    methods = sorted(operations, key=["GET", "HEAD", "POST", "PATCH", "DELETE"].index)

    @open_to(_in_words(rights))
    @csrf_exempt
    @wraps(operations[methods[0]])
    def answered(request: TenantRequest, **address: str) -> HttpResponse:
        try:
            if request.method == "OPTIONS":
                return cors.options(methods)
            answer = _answer(request, address)
        except OperationalError:
            answer = problem(503, "HTTP-503", "Temporarily unavailable")
            answer["Retry-After"] = "1"
        answer["Cache-Control"] = "no-store"
        return answer

    def _answer(request: TenantRequest, address: dict[str, str]) -> HttpResponse:
        method = request.method or ""
        if method not in operations:
            answer = problem(405, "HTTP-405", "Method not allowed")
            answer["Allow"] = ", ".join([*methods, "OPTIONS"])
            return answer
        try:
            caller = Caller.of(request, _live(request), rights[method])
            subject = find(address) if (find := about.get(method)) else None
            if subject is not None:
                subject.check_not_decided_by(caller.live.client, request.tenant)
            # Whatever page this thread has answered before.
            with translation.override(settings.LANGUAGE_CODE):
                exchange = exchanged[method]
                return exchange.answer(
                    operations[method](request, caller, **address, **exchange.read(request))
                )
        except Refused as refused:
            return refused.answer

    answered.rights, answered.about = rights, about  # type: ignore[attr-defined]
    answered.operations = operations  # type: ignore[attr-defined]
    return answered  # type: ignore[return-value]


def _stated(operations: dict[str, Operation], what: str) -> dict[str, Any]:
    return {method: getattr(operation, what) for method, operation in operations.items()}


def _in_words(rights: dict[str, tuple[Right, ...]]) -> str:
    """Who may call which method."""
    each = {
        method: " or ".join(f"{right.permission} with {right.scope}" for right in stated) or "everyone"
        for method, stated in rights.items()
    }
    methods = ", ".join(f"{method}: {who}" for method, who in each.items())
    return f"the holder of an access token; {methods}"


def _live(request: TenantRequest) -> LiveToken:
    """The live token of the request. Raises Refused with 401 and a challenge without one."""
    token = bearer_tokens.presented(request)
    live = bearer_tokens.live(request.tenant, token) if token else None
    if live is None:
        if token:
            bearer_tokens.note_refused(request, request.tenant, token)
        why = ', error="invalid_token"' if token else ""
        raise Refused(401, "Invalid or missing bearer token.", challenge=f'Bearer realm="api"{why}')
    return live
