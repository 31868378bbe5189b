"""A client as it is in one tenant: what its owner registered, as far as this tenant has approved it (S9, N5).

The authorization server and our API work on this value alone. The row of a client belongs to its owner, and nothing
that another tenant approved or refused is ever written into it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from . import publication, redirect_uris, scopes
from .client_types import AuthMethod, GrantType, Origin
from .consent_rules import ConsentMethod
from .publication import Terms
from .registration import Registration


class Generation(NamedTuple):
    """How often a client was switched off: everywhere, in this tenant, and for all tenants but its owner's.

    What the client is given names these numbers and lives while they are the same. The connection's own number is
    among them, because a connection that was removed and made again counts from 0.
    """

    client: int
    connection_id: int
    connection: int
    shared: int
    foreign: bool

    def __str__(self) -> str:
        """As codes, families and tokens keep it. The owner's own tenant is not concerned by `shared`."""
        own = f"{self.client}.{self.connection_id}.{self.connection}"
        return f"{own}/{self.shared}" if self.foreign and self.shared else own


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectiveClient:
    """An OAuth client in the tenant `tenant_id`. `registration` is what its owner offers; the rest holds here."""

    pk: int
    client_id: str
    tenant_id: UUID
    publisher_id: UUID  # the tenant that owns it
    publisher: str  # its name; of a metadata document its host; "" if the client registered itself
    origin: str = Origin.TENANT
    created_at: datetime
    enabled: bool
    registration: Registration
    scopes: tuple[str, ...]
    redirect_uris: tuple[str, ...]
    post_logout_redirect_uris: tuple[str, ...]
    grants: frozenset[str]
    generation: Generation
    # "" while the tenant has no connection to the client: nothing may be given to it then.
    consent_method: str = ""
    last_used_at: datetime | None = None
    last_used_here_at: datetime | None = None
    approved_until: datetime | None = None  # None: for as long as nobody ends it

    def narrowed(self, approved: Terms, allowed: Iterable[str]) -> "EffectiveClient":
        """What is left of it in a tenant that approved these terms, and of their scopes only `allowed`."""
        offered, hosts = self.registration, approved.redirect_hosts
        return replace(
            self,
            scopes=tuple(publication.scopes_here(offered.allowed_scopes, allowed)),
            redirect_uris=tuple(publication.redirect_uris_here(offered.redirect_uris, hosts)),
            post_logout_redirect_uris=tuple(
                publication.redirect_uris_here(offered.post_logout_redirect_uris, hosts)
            ),
            # Machine grants and the device grant are approved. Whether people sign in with it in the browser that it
            # opens is the owner's registration alone.
            grants=offered.grants - (set(offered.grant_types) - set(approved.grants)),
        )

    def is_approved_at(self, moment: datetime) -> bool:
        """Whether the tenant's approval has not expired by then."""
        return self.approved_until is None or moment < self.approved_until

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The name that people read."""
        return self.registration.name

    @property
    def is_foreign(self) -> bool:
        """Whether another tenant owns it."""
        return self.publisher_id != self.tenant_id

    @property
    def has_owner(self) -> bool:
        """Whether an organisation registered it, and reads what happens to it."""
        return self.origin == Origin.TENANT

    @property
    def confidential(self) -> bool:
        return self.registration.confidential

    @property
    def trusted(self) -> bool:
        """Whether nobody is asked for consent here."""
        return self.consent_method == ConsentMethod.TRUSTED

    @property
    def terms(self) -> Terms:
        """What its owner offers, as a tenant approves it."""
        return self.registration.terms(self.publisher)

    @property
    def default_redirect_uri(self) -> str | None:
        """The address to use when a request names none: only if there is exactly one (OAuth 2.1 §4.1.1)."""
        return self.redirect_uris[0] if len(self.redirect_uris) == 1 else None

    @property
    def needs_pkce(self) -> bool:
        """Whether every authorization request must carry a PKCE challenge (RFC 9700 §2.1.1)."""
        return not (self.registration.accepts_no_pkce and self.confidential and not self.is_foreign)

    @property
    def has_offline_access(self) -> bool:
        """Whether it gets tokens while the person is away; if not, its refresh tokens are refused."""
        return self.allows_scopes([scopes.OFFLINE_ACCESS])

    def allows_redirect_uri(self, uri: str) -> bool:
        """Whether a code may be sent to `uri` (RFC 9700 §4.1.3, RFC 8252 §7.3)."""
        return any(redirect_uris.matches(uri, registered) for registered in self.redirect_uris)

    def allows_post_logout_redirect_uri(self, uri: str) -> bool:
        """Whether a person may be sent to `uri` after signing out (RP-Initiated Logout 1.0 §3)."""
        return any(redirect_uris.matches(uri, registered) for registered in self.post_logout_redirect_uris)

    def allows_grant(self, grant: GrantType | str) -> bool:
        """Whether the client may use this grant here, named as in RFC 6749."""
        return grant in self.grants

    def allows_auth_method(self, method: AuthMethod) -> bool:
        """Whether the client may prove who it is in this way."""
        return self.registration.allows_auth_method(method)

    def allows_scopes(self, names: Iterable[str]) -> bool:
        """Whether every scope is within what the client has here (Q4)."""
        return scopes.within(names, self.scopes)
