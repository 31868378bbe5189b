"""The state of one token request: the client, the grant, the user, the token family.

oauthlib's request falls back to the caller's own parameters for any attribute that was not set: reading
`request.user` before setting it would believe the caller. So everything of ours hangs on one object that is only ever
read from where we put it.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from oauthlib.common import Request

from ..models import Actor, AuthorizationCode, DeviceAuthorization, RefreshToken
from ..policy.apis import TokenRules
from ..policy.reasons import Reason
from .authentication_outcome import Authenticated
from .errors import OAuthError

# What a client may say about a token it asks for; shown in the list of tokens (Q6).
LABELS = frozenset({"deviceType", "description"})
MAX_LABEL = 200


@dataclass(slots=True)
class Issuance:
    """The state of one token request."""

    authenticated: Authenticated | None = None
    authorization_code: AuthorizationCode | None = None
    refresh_token: RefreshToken | None = None
    device: DeviceAuthorization | None = None
    impersonating: bool = False
    asked_in_json: bool = False
    # The API that the request names; None if it names none. And what it asks for, as it is on the wire.
    resource: str | None = None
    asked_scopes: list[str] = field(default_factory=list)
    # What was decided (resource_indicators.aim): the API that the token is for, None for this server's own, and the
    # scopes that it carries, as they are written inside.
    api: TokenRules | None = None
    granted: list[str] = field(default_factory=list)
    new_family: UUID = field(default_factory=uuid4)
    actor: Actor = field(default_factory=Actor.anonymous)
    # For the audit log: why no client authenticated, or else why the rest of the request is refused.
    unauthenticated: OAuthError | None = None
    refusal: Reason | None = None
    refusal_details: dict[str, Any] = field(default_factory=dict)

    def authenticate(self, found: Authenticated) -> None:
        """Notes which client has proven who it is: it acts from now on."""
        self.authenticated, self.actor = found, replace(self.actor, client=found.client)

    @property
    def family_id(self) -> UUID | None:
        """The family that the tokens will belong to; None for client credentials, which have none."""
        if self.authorization_code is not None:
            return self.authorization_code.family_id
        if self.refresh_token is not None:
            return self.refresh_token.family_id
        if self.device is not None:
            return self.device.pk
        return self.new_family if self.impersonating else None

    @property
    def auth_time(self) -> datetime | None:
        """When the person last proved who they are."""
        if self.authorization_code is not None:
            return self.authorization_code.auth_time
        if self.device is not None:
            return self.device.auth_time
        return self.refresh_token.family.auth_time if self.refresh_token is not None else None


def issuance(request: Request) -> Issuance:
    """The state of `request`; made at the first call."""
    state: Issuance = request.__dict__.setdefault("issuance", Issuance())
    return state
