"""Who calls the REST API, and by which right.

A caller holds an access token of this tenant that is still alive. It is a person, or the bot of a machine client, which
is an administrator within the scopes of its token.
"""

from dataclasses import dataclass

from ..http.requests import TenantRequest
from ..http.sessions import client_address
from ..models import Actor, LiveToken
from ..oauth import bearer_tokens
from ..policy import scopes
from ..policy.roles import Permission, Role, may
from .errors import ApiError


@dataclass(frozen=True, slots=True)
class Right:
    """What an operation can need: a permission of the person or bot, and a scope of the token. Both must be there."""

    permission: Permission
    scope: str


MANAGING = Right(Permission.MANAGE_CLIENTS, "admin_classic")
READING = Right(Permission.READ_CONSOLE, "admin_classic")
# For what is the person's own, `user_default` is enough. `admin_classic` includes it.
OWN = (Right(Permission.OWN_ACCOUNT, "user_default"), Right(Permission.OWN_ACCOUNT, "admin_classic"))


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, with which token, and by which right. `right` is None if the operation needs only a token."""

    live: LiveToken
    actor: Actor
    right: Right | None

    @classmethod
    def of(cls, request: TenantRequest, live: LiveToken, rights: tuple[Right, ...]) -> "Caller":
        """The holder of the token, by the first of `rights` that they have. Raises ApiError with 403 without one."""
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
            raise ApiError(403, "Your role in this tenant does not allow this.")
        raise ApiError(
            403,
            f"The access token needs the scope {missing.scope}.",
            challenge=f'Bearer realm="api", error="insufficient_scope", scope="{missing.scope}"',
        )


def _may(live: LiveToken, permission: Permission) -> bool:
    """Whether the caller has the permission. A bot has those of an administrator, and no account of its own."""
    if live.user is not None:
        return live.user.may(permission)
    return permission != Permission.OWN_ACCOUNT and may(Role.ADMINISTRATOR, permission)


def live_token(request: TenantRequest) -> LiveToken:
    """The live token of the request. Raises ApiError with 401 and a challenge (RFC 6750 §3) if it has none."""
    token = bearer_tokens.presented(request)
    live = bearer_tokens.live(request.tenant, token) if token else None
    if live is None:
        if token:
            bearer_tokens.note_refused(request, request.tenant, token)
        why = ', error="invalid_token"' if token else ""
        raise ApiError(401, "Invalid or missing bearer token.", challenge=f'Bearer realm="api"{why}')
    return live
